"""Languages: the English name of an ISO 639 code."""


def language_name(code: str | None) -> str | None:
    """Return the English name of a code such as `fr`, `pt-BR` or `yue`; None if it is not known."""
    if not code:
        return None
    return _NAMES.get(code.lower().replace("_", "-").split("-")[0])


_TABLE = """
af Afrikaans|am Amharic|ar Arabic|arb Arabic|as Assamese|ast Asturian|az Azerbaijani|ba Bashkir
be Belarusian|bg Bulgarian|bn Bengali|bo Tibetan|br Breton|bs Bosnian|ca Catalan|ceb Cebuano
ckb Kurdish|cmn Mandarin Chinese|cs Czech|cy Welsh|da Danish|de German|el Greek|en English
eo Esperanto|es Spanish|et Estonian|eu Basque|fa Persian|fi Finnish|fil Filipino|fo Faroese
fr French|fy Frisian|ga Irish|gd Scottish Gaelic|gl Galician|gn Guarani|gsw Swiss German
gu Gujarati|gv Manx|ha Hausa|haw Hawaiian|he Hebrew|hi Hindi|hr Croatian|ht Haitian Creole
hu Hungarian|hy Armenian|ia Interlingua|id Indonesian|ig Igbo|ilo Ilocano|is Icelandic|it Italian
iw Hebrew|ja Japanese|jv Javanese|jw Javanese|ka Georgian|kab Kabyle|kk Kazakh|km Khmer|kn Kannada
ko Korean|ku Kurdish|ky Kyrgyz|la Latin|lb Luxembourgish|lg Ganda|ln Lingala|lo Lao|lt Lithuanian
lv Latvian|mg Malagasy|mi Maori|mk Macedonian|ml Malayalam|mn Mongolian|mr Marathi|ms Malay
mt Maltese|my Burmese|nan Hokkien|nb Norwegian|ne Nepali|nl Dutch|nn Norwegian Nynorsk
no Norwegian|ny Chichewa|oc Occitan|om Oromo|or Odia|pa Punjabi|pl Polish|ps Pashto|pt Portuguese
qu Quechua|ro Romanian|ru Russian|rw Kinyarwanda|sa Sanskrit|sco Scots|sd Sindhi|si Sinhala
sk Slovak|sl Slovenian|sn Shona|so Somali|sq Albanian|sr Serbian|su Sundanese|sv Swedish|sw Swahili
ta Tamil|te Telugu|tg Tajik|th Thai|ti Tigrinya|tk Turkmen|tl Tagalog|tn Tswana|tr Turkish|tt Tatar
ug Uyghur|uk Ukrainian|ur Urdu|uz Uzbek|vi Vietnamese|war Waray|wo Wolof|wuu Wu Chinese|xh Xhosa
yi Yiddish|yo Yoruba|yue Cantonese|zh Chinese|zu Zulu
"""

_NAMES = dict(entry.split(" ", 1) for line in _TABLE.split("\n") for entry in line.split("|")
              if entry)  # fmt: skip

LANGUAGES = frozenset(_NAMES.values())
"""The English names of all languages."""
