"""Foreign text: words from outside, made safe to quote on one line of evidence.

Transcripts, titles, descriptions and free impressions come from people and models that nobody
vouches for. They stand between one pair of plain double quotes. Nothing in them can end the
quotation, break the line, hide from the eye, or pass for markup or a control token of a language
model. The words stay as they are, in every script; quoted, an order is only words.
"""

import re
import unicodedata
from functools import cache
from html import unescape

from auricle.pipeline.text.addresses import without_addresses

_MOST_READ = 10_000
"""Characters that are looked at, of a text that may never end."""
_JOINERS = "\u200c\u200d"
_MOST_MARKS, _MOST_STACKED = 8, 3
"""Marks on one letter: of any kind (Tibetan and Burmese need six), and of the general ones."""
_LAST_WORD, _LAST_LETTER = 24, 32
"""How far back from its limit a text is cut, to end with a whole word or a whole letter."""


def clean(text: str, addresses: bool = True) -> str:
    """Return a text as it may be quoted: one line, without double quotes, markup and tokens.

    Args:
        text: anything, of any length and in any script.
        addresses: whether links, e-mail addresses and telephone numbers stay.
    """
    shown = "".join(map(_harmless, _unveiled(text[:_MOST_READ])))
    shown = _whole_letters(" ".join(shown.split()))
    if not addresses:
        shown = without_addresses(shown)
    for pattern, instead in _TOKENS:
        shown = pattern.sub(instead, shown)
    return " ".join(shown.split())


def cut(text: str, most: int) -> str:
    """Return a clean text of at most `most` characters, and an ellipsis where more is left out.

    It ends with a whole word, or else between two letters and their marks.
    """
    if len(text) <= most:
        return text
    end = text.rfind(" ", max(0, most - _LAST_WORD), most + 1)
    if end <= 0:
        nearest = range(most, max(0, most - _LAST_LETTER), -1)
        fits = [at for at in nearest if not _inside_letter(text, at)] or [0]
        end = next((at for at in fits if not _inside_cluster(text, at)), fits[0])
    return text[:end].rstrip() + "…"


def _unveiled(text: str) -> str:
    """Return what a reader sees: no hidden characters, no HTML entities, plain Latin letters."""
    for _ in range(3):
        seen = "".join(map(_seen, text))
        text = _ENTITY.sub(lambda entity: unescape(entity.group()), seen)
        if text == seen:
            break
    return unicodedata.normalize("NFC", text)


_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


@cache
def _seen(char: str) -> str:
    category = unicodedata.category(char)
    if char in _UNSEEN or category == "Me" or (category == "Cf" and char not in _JOINERS):
        return ""
    if "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef":
        return ""
    if unicodedata.decomposition(char).startswith(("<font>", "<wide>", "<circle>", "<square>")):
        plain = unicodedata.normalize("NFKC", char)
        if plain.isascii() and plain.isalnum():
            return plain
    return char


_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffc\ufffd")
"""Fillers and blanks that show nothing, but are no format characters to Unicode."""


@cache
def _harmless(char: str) -> str:
    """Return a character, or what stands for it: a bracket, a quote, a space."""
    if char in _INSTEAD:
        return _INSTEAD[char]
    if char in _JOINERS or char in _ORDINARY:
        return char
    if "\uff01" <= char <= "\uff5e" or "\ufe50" <= char <= "\ufe6b":
        return _harmless(unicodedata.normalize("NFKC", char)[0])
    category = unicodedata.category(char)
    if category[0] in "LMN" or category == "Sc":
        return char
    if category[0] == "P":
        return {"Ps": "(", "Pe": ")", "Pi": "'", "Pf": "'"}.get(category, char)
    if category[0] == "S" and any(first <= char <= last for first, last in _SCRIPTS):
        return char
    return " "


_INSTEAD = {
    **dict.fromkeys('"„‟″‴⁗‶‷〃〝〞〟⹂ʺˮ˝״`´‵', "'"),
    **dict.fromkeys("|¦‖", "·"),
    "\\": " ", "⁄": "/", "∕": "/", "∶": ":", "∗": "*",
}  # fmt: skip
_ORDINARY = frozenset("$+=^~°©®±×÷¬№℃℉™−∞≈√♯♭♮‘’，！？：；（）％「」『』《》〈〉﴾﴿")
"""Symbols that texts of any script hold, and the signs of East Asian and Arabic texts."""
_SCRIPTS = (("\u0370", "\u1fff"), ("\u2e80", "\u33ff"), ("\ua480", "\uabff"), ("\ufb50", "\ufdff"))
"""Where the symbols belong to scripts; those of other places are pictures."""


def _whole_letters(text: str) -> str:
    """Return a text without marks that have no letter, and joiners that join nothing."""
    kept: list[str] = []
    base, marks, stacked = " ", 0, 0
    for char in text:
        if unicodedata.category(char)[0] == "M":
            general = any(first <= char <= last for first, last in _GENERAL_MARKS)
            if base == " " or marks == _MOST_MARKS or (general and stacked == _MOST_STACKED):
                continue
            marks, stacked = marks + 1, stacked + general
        elif char not in _JOINERS:
            base, marks, stacked = (char if char.isalnum() else " "), 0, 0
        kept.append(char)
    whole = "".join(
        char
        for at, char in enumerate(kept)
        if char not in _JOINERS or _joins(char, kept[at - 1] if at else "", kept[at + 1 : at + 2])
    )
    return unicodedata.normalize("NFC", whole)


_GENERAL_MARKS = (("\u0300", "\u036f"), ("\u0483", "\u0489"), ("\u1ab0", "\u1aff"),
                  ("\u1dc0", "\u1dff"), ("\u20d0", "\u20ff"), ("\ufe20", "\ufe2f"))  # fmt: skip
_JOINING = (("\u0600", "\u08ff"), ("\u0900", "\u0dff"), ("\u1000", "\u109f"), ("\u1780", "\u18af"),
            ("\u1900", "\u1cff"), ("\ua800", "\uabff"), ("\U00011000", "\U00011fff"))  # fmt: skip
"""Scripts in which a joiner changes how a word is read: Persian and Urdu, the Indic ones."""


def _joins(joiner: str, before: str, after: list[str]) -> bool:
    """Tell whether a joiner stands where a word needs it: within it, or shaping its last letter."""
    if not _is_joining(before):
        return False
    if after and _is_joining(after[0]):
        return True
    shaped = unicodedata.combining(before) == 9 or "\u0600" <= before <= "\u08ff"
    return joiner == "\u200d" and shaped and not (after and after[0] in _JOINERS)


def _is_joining(char: str) -> bool:
    inside = any(first <= char <= last for first, last in _JOINING)
    return inside and unicodedata.category(char)[0] in "LM"


def _inside_letter(text: str, at: int) -> bool:
    """Tell whether a place lies between a letter and its marks, or within a Korean syllable."""
    after = text[at]
    return (
        unicodedata.category(after)[0] == "M"
        or after in _JOINERS
        or after in "\u0e33\u0eb3\uff9e\uff9f"
        or "\u1160" <= after <= "\u11ff"
        or "\ud7b0" <= after <= "\ud7ff"
        or ("\u1100" <= after <= "\u115f" and "\u1100" <= text[at - 1] <= "\u115f")
    )


def _inside_cluster(text: str, at: int) -> bool:
    """Tell whether a place lies within letters written as one, or after a vowel read after it."""
    if text[at - 1] in _LEADING:
        return True
    while at and (text[at - 1] in _JOINERS or unicodedata.category(text[at - 1])[0] == "M"):
        at -= 1
        if text[at] in _JOINERS or unicodedata.combining(text[at]) == 9:
            return True
    return False


_LEADING = "เแโใไເແໂໃໄ"
_ROLES = (
    "system|developer|user|human|assistant|model|ai|bot|gpt|chatgpt|tool|function|instructions?"
    "|prompt|input|output|response|observation|evidence"
)
_TOKENS = (
    (re.compile(r"&(?=#?[a-zA-Z0-9]{1,31};)"), "& "),
    (re.compile(r"[#*=~]{2,}"), " "),
    (re.compile(r"_{2,}"), "_"),
    (re.compile(r"-{3,}"), " - "),
    (re.compile(r"['‘’‚‛ʹʻʼ′]{2,}"), "'"),
    (re.compile(r"(?<=\S)·+(?=\s|$)"), " "),
    (re.compile(rf"(?<!\w)({_ROLES})\s*[:：︓꞉։׃፡፥]", re.IGNORECASE), r"\1, "),
    (re.compile(r"(?<![^\s'(·])[/·]+(?=[^\W\d_])"), ""),
    (re.compile(r"/(?=(?:no_?)?think)", re.IGNORECASE), " "),
)
"""What language models are trained to obey, or to read as structure, wherever it stands.

Entities that were wrapped too often, headings, fences, rules, doubled single quotes, switches such
as `/no_think`, and the names of roles in front of a colon.
"""
