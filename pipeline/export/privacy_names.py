"""Which words of a transcript or a title are most likely names, by rules and without a model.

A name is a capitalised word inside a sentence, or after a title such as "Mr.". That misses names
that only begin sentences, names in lower case or that are words ("Will"), and scripts without
capitals. German capitalises every noun: there only words after a title count.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache

from auricle.schemas.audioset import LABELS

_TITLES = (
    "mr", "mrs", "ms", "miss", "mister", "dr", "doctor", "prof", "professor", "sir", "lady", "lord",
    "captain", "herr", "frau", "monsieur", "madame", "señor", "señora", "signor", "signora",
)  # fmt: skip
_TITLED = re.compile(rf"\b(?:{'|'.join(each.capitalize() for each in _TITLES)})\b\.?\s+")
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_NEXT = re.compile(r"([^\W\d_][\w'’-]*)\s*")
_NOUNS_ARE_CAPITAL = ("de", "lb")
_OPENING = "\"'“”‘’«»„(¿¡ "
_SENTENCE = re.compile(r"[.!?…:]$")
_COMMON = """
    a about after all also am an and any are as at be because been before but by can could did do
    does down even every few first for from get go had has have he hello her here hers hey hi him
    his how i i'd i'll i'm i've if in into is it it's its just let like may maybe me more most
    much my never no nor not now of off oh ok okay on once one only or other our out over please
    right said say she should since so some such than thank thanks that that's the their them then
    there these they this those through to too tv two under until up upon us very was we well were
    what when where which while who whom whose why will with without would yes yet you you're your
    arabic american british chinese dutch english french german italian japanese latin portuguese
    russian spanish monday tuesday wednesday thursday friday saturday sunday january february
    march april june july august september october november december
"""
_ORDINARY = frozenset(_COMMON.split()) | frozenset(_TITLES)
"""Words that are no names even where they have a capital."""


def names_in(transcript: str, language: str | None) -> frozenset[str]:
    """Return the words of a transcript that are most likely names."""
    found = set(_after_titles(transcript))
    if language not in _NOUNS_ARE_CAPITAL:
        found |= {
            match.group()
            for match in _WORD.finditer(transcript)
            if match.group()[0].isupper() and not _begins(transcript[: match.start()])
        }
    return _names(found)


def names_in_title(told: str, texts: str) -> frozenset[str]:
    """Return the words of a title, or of an uploader's name, that are most likely names.

    Titles capitalise ordinary words too. Left out are those that names of AudioSet classes have,
    and those that `texts` of the clip have in lower case.
    """
    ordinary = _heard() | {word for word in _WORD.findall(texts) if word.islower()}
    words = (word for word in _WORD.findall(told) if word[0].isupper() and len(word) > 2)
    return _names(word for word in words if word.lower() not in ordinary)


def _names(words: Iterable[str]) -> frozenset[str]:
    bare = (re.sub(r"['’]s$", "", word) for word in words)
    return frozenset(word for word in bare if len(word) > 1 and word.lower() not in _ORDINARY)


def _begins(before: str) -> bool:
    """Tell whether a sentence begins after this."""
    before = before.rstrip(_OPENING)
    return not before or bool(_SENTENCE.search(before))


def _after_titles(transcript: str) -> Iterator[str]:
    """Yield the capitalised words that follow titles."""
    for title in _TITLED.finditer(transcript):
        word = _NEXT.match(transcript, title.end())
        while word and word.group(1)[0].isupper():
            yield word.group(1)
            word = _NEXT.match(transcript, word.end())


@cache
def _heard() -> frozenset[str]:
    """Return the words of the names of the AudioSet classes."""
    return frozenset(word.lower() for label in LABELS for word in _WORD.findall(label))
