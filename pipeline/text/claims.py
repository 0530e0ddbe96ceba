"""Claims: what a text says is heard, and whether the evidence says so too.

A text is looked through for guarded words (`claim_words`). What it denies ("no music", "without
reverberation") is no claim; quoted words are somebody else's.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from auricle.pipeline.text.claim_words import (
    GENRE,
    GROUPS,
    KIN,
    PLAYED,
    STEMMED_SOURCES,
    STYLE_WORDS,
    SYNONYMS,
    TONGUES,
    classes_of,
    evidence_words,
    stem,
)
from auricle.pipeline.text.english import word_set
from auricle.pipeline.text.fact import ASSERTED, Fact
from auricle.pipeline.text.facts import Facts
from auricle.pipeline.text.telltales import unquoted
from auricle.schemas.audioset import LABELS

_HINTS = ("title", "description", "impression")
_WORD = re.compile(r"[^\W\d_]+(?:[-'][^\W\d_]+)*")
_DENIED = re.compile(
    r"\b(?:no|without|free (?:of|from)|not|never|nor|neither|lacks?|lacking|absence of|hardly any|"
    r"barely any|little|rather than|instead of|isn't|aren't|doesn't)\b[^.;:!?]{0,60}?"
    r"(?=[,.;:!?]|\b(?:but|while|and|as|though|although|with)\b|$)",
    re.IGNORECASE,
)
_HEDGE = re.compile(
    r"\b(?:may|might|could|perhaps|possibl[ey]|probabl[ey]|seems?|seemingly|appears?|apparently|"
    r"maybe|likely|suggests?|something like|sounds? like|what sounds|as if|unclear|hard to place|"
    r"what may|or)\b",
    re.IGNORECASE,
)
_MANY = re.compile(
    r"\b(two|three|four|five|several|multiple|many)\s+(?:[\w-]+\s+)?"
    r"(?:speakers|voices|people|men|women|persons|children)\b",
    re.IGNORECASE,
)
_TALK = re.compile(r"\b(conversations?|dialogues?|interviews?|discussions?|debates?)\b", re.I)
_NUMBERS = frozenset(["two", "three", "four", "five", "several", "multiple", "many"])
_EXCHANGES = word_set(
    """
    conversation conversations dialogue dialogues interview interviews discussion
    discussions debate debates
    """
)
_DENIALS = word_set(
    """
    no without free not never nor neither lack lacks lacking absence hardly barely little
    rather instead isn't aren't doesn't
    """
)
_ALIKE = {"several": ("two", "three", "four", "several", "people"), "multiple": ("two", "three",
          "four", "several", "people"), "many": ("several", "people", "crowd")}  # fmt: skip


_SEVERAL = ("conversation", "turn", "two", "three", "four", "several", "exchang", "peopl")


@dataclass(frozen=True)
class Known:
    """The evidence of a clip as claims are held against it; hints are not in it."""

    facts: Facts

    @cached_property
    def heard(self) -> tuple[Fact, ...]:
        """What was heard."""
        return tuple(fact for fact in self.facts.all if fact.kind not in _HINTS)

    @cached_property
    def words(self) -> dict[str, float]:
        """The stems of the words of the evidence, each with the surest line that has it."""
        found: dict[str, float] = {}
        for fact in self.heard:
            if fact.kind == "words":
                continue
            for part in _stems(f"{fact.text} {fact.value}"):
                found[part] = max(found.get(part, 0.0), fact.confidence)
        return found

    @cached_property
    def hinted(self) -> frozenset[str]:
        """The stems of the words of hints."""
        hints = (fact.value for fact in self.facts.all if fact.kind in _HINTS)
        return frozenset(stem(word) for hint in hints for word in _WORD.findall(hint))

    @cached_property
    def labels(self) -> dict[str, float]:
        """The AudioSet labels of the evidence, with how sure they are."""
        sounds = (fact for fact in self.heard if fact.kind == "sound")
        return {fact.value: fact.confidence for fact in sounds if fact.value in LABELS}

    def of_words(self, *stems: str) -> float:
        """Return how sure the evidence is of any of some words; 0 if it has none."""
        return max((self.words.get(each, 0.0) for each in stems), default=0.0)

    def of_source(self, word: str) -> float:
        """Return how sure the evidence is of a source of sound."""
        named = classes_of(word)
        sure = max((c for label, c in self.labels.items() if label in named), default=0.0)
        return max(sure, self.of_words(stem(word)))


@lru_cache(maxsize=20_000)
def _stems(evidence: str) -> frozenset[str]:
    """Return the stems of the words of a line of evidence, without what it denies."""
    found = _WORD.findall(_DENIED.sub(" ", evidence))
    return frozenset(stem(part) for word in found for part in (word, *word.split("-")))


@dataclass(frozen=True)
class Said:
    """A text as the checks read it: without what it quotes, in words."""

    text: str

    @cached_property
    def own(self) -> str:
        """The text without its quotes."""
        return unquoted(self.text)

    @cached_property
    def words(self) -> frozenset[str]:
        """Its words in lower case."""
        return frozenset(_WORD.findall(self.own.lower()))

    @cached_property
    def stated(self) -> str:
        """The text without its quotes and without what it denies."""
        return self.own if self.words.isdisjoint(_DENIALS) else _DENIED.sub(" ", self.own)

    @property
    def hedged(self) -> bool:
        """Whether it leaves room for doubt."""
        return _HEDGE.search(self.own) is not None


def unsupported(said: Said, known: Known) -> Iterator[str]:
    """Yield what is wrong with the claims of a text, worded for its writer."""
    told: set[str] = set()
    for word, sure in claims(said, known):
        if word in told:
            continue
        told.add(word)
        if sure == 0.0:
            yield f'says "{word}", which no evidence supports: leave it out'
        elif sure < ASSERTED and not said.hedged:
            yield f'says "{word}", which is only possible: say that it may be so, or leave it out'


def claims(said: Said, known: Known) -> Iterator[tuple[str, float]]:
    """Yield each guarded word of a text, and how sure the evidence is of it; 0 if not at all."""
    for word in _WORD.findall(said.stated):
        guard = _guard(word)
        if guard is not None:
            by_words, source = guard
            yield word, known.of_source(source) if source else known.of_words(*by_words)
    if not said.words.isdisjoint(STYLE_WORDS):
        for match in GENRE.finditer(said.stated.lower()):
            name = match.group(1) or match.group(2)
            yield name, known.of_words(*map(stem, re.findall(r"[a-z]+", name)[:1]))
    if not said.words.isdisjoint(_NUMBERS):
        for match in _MANY.finditer(said.stated):
            number = match.group(1).lower()
            yield match.group(), known.of_words(*map(stem, _ALIKE.get(number, (number,))))
    if not said.words.isdisjoint(_EXCHANGES):
        for match in _TALK.finditer(said.stated):
            yield match.group(), known.of_words(*_SEVERAL)


@lru_cache(maxsize=50_000)
def _guard(word: str) -> tuple[tuple[str, ...], str] | None:
    """Return the stems that make a guarded word true, or the source that it names; None if free."""
    lower = word.lower()
    if lower in PLAYED:
        name = SYNONYMS.get(lower, lower)
        return (stem(name), *map(stem, KIN.get(name, ()))), ""
    if word in TONGUES:
        return (stem(word),), ""
    if lower in GROUPS:
        return tuple(evidence_words(GROUPS[lower])), ""
    source = STEMMED_SOURCES.get(stem(lower))
    return ((), source) if source else None
