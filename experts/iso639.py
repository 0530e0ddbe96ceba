"""Codes of languages: the two-letter code of a three-letter one, and what counts as the same."""

_PAIRS = """
aar aa abk ab afr af aka ak amh am ara ar arg an asm as ava av aym ay aze az bak ba bam bm bel be
ben bn bih bh bis bi bod bo bos bs bre br bul bg cat ca ces cs cha ch che ce chv cv cor kw cos co
cre cr cym cy dan da deu de div dv dzo dz ell el eng en epo eo est et eus eu ewe ee fao fo fas fa
fij fj fin fi fra fr fry fy ful ff gla gd gle ga glg gl glv gv grn gn guj gu hat ht hau ha heb he
her hz hin hi hmo ho hrv hr hun hu hye hy ibo ig ido io iii ii iku iu ina ia ind id ipk ik isl is
ita it jav jv jpn ja kal kl kan kn kas ks kat ka kau kr kaz kk khm km kik ki kin rw kir ky kom kv
kon kg kor ko kua kj kur ku lao lo lat la lav lv lim li lin ln lit lt ltz lb lub lu lug lg mah mh
mal ml mar mr mkd mk mlg mg mlt mt mon mn mri mi msa ms mya my nau na nav nv nbl nr nde nd ndo ng
nep ne nld nl nno nn nob nb nor no nya ny oci oc oji oj ori or orm om oss os pan pa pli pi pol pl
por pt pus ps que qu roh rm ron ro run rn rus ru sag sg san sa sin si slk sk slv sl sme se smo sm
sna sn snd sd som so sot st spa es sqi sq srd sc srp sr ssw ss sun su swa sw swe sv tah ty tam ta
tat tt tel te tgk tg tgl tl tha th tir ti ton to tsn tn tso ts tuk tk tur tr twi tw uig ug ukr uk
urd ur uzb uz ven ve vie vi vol vo wln wa wol wo xho xh yid yi yor yo zha za zho zh zul zu
als sq arb ar ayr ay azj az cmn zh ekk et fuv ff gaz om gug gn khk mn kmr ku knc kr lvs lv npi ne
ory or pbt ps pes fa plt mg quy qu swh sw uzn uz ydd yi zlm ms zsm ms
"""
"""ISO 639-3 and 639-1 in turn. The last lines are the language that a wide code mostly means."""

_WORDS = _PAIRS.split()
_SHORT = dict(zip(_WORDS[::2], _WORDS[1::2], strict=True))
_OLD = {"iw": "he", "jw": "jv", "in": "id", "ji": "yi"}
_ALIKE = {"nn": "no", "nb": "no", "yue": "zh", "fil": "tl"}


def iso(code: str) -> str:
    """Return the ISO 639-1 code of a language; the code itself where there is none."""
    return _OLD.get(code) or _SHORT.get(code, code)


def alike(code: str) -> str:
    """Return what a code is compared by: models part Norwegian, Chinese and Filipino otherwise."""
    return _ALIKE.get(code, code)
