"""A draft: a sentence being written, with the facts it leans on."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from auricle.pipeline.text.english import sentence, words
from auricle.pipeline.text.fact import Fact
from auricle.schemas.text import Text


@dataclass(frozen=True)
class Draft:
    """A text and the facts that support it."""

    text: str
    facts: tuple[Fact, ...]

    @property
    def support(self) -> tuple[str, ...]:
        """The ids of its facts, each once, in the order they are told."""
        return tuple(sorted({fact.id for fact in self.facts}, key=lambda id: int(id[1:])))

    @property
    def confidence(self) -> float:
        """How sure the weakest of its facts is."""
        return round(min(fact.confidence for fact in self.facts), 3)

    def finished(self) -> Text:
        """Return it as a sentence with its support."""
        return Text(text=sentence(self.text), support=self.support, confidence=self.confidence)


def three(drafts: Iterable[Draft], most_words: int | None = None) -> tuple[Text, ...]:
    """Return the first three drafts that differ in words and keep to a length.

    Raises:
        ValueError: there are not three such drafts.
    """
    chosen: dict[str, Text] = {}
    for draft in drafts:
        text = draft.finished()
        if most_words is None or words(text.text) <= most_words:
            chosen.setdefault(bare(text.text), text)
        if len(chosen) == 3:
            return tuple(chosen.values())
    raise ValueError(f"three variants are wanted, {len(chosen)} could be written")


def bare(text: str) -> str:
    """Return a text without case, punctuation and articles, to see whether two are the same."""
    return " ".join(re.findall(r"\w+", re.sub(r"\b(a|an|the)\b", " ", text.lower())))


def facts_of(*parts: Sequence[Fact] | Fact | None) -> tuple[Fact, ...]:
    """Return facts given one by one or in groups as one tuple; None is left out."""
    found: list[Fact] = []
    for part in parts:
        if isinstance(part, Fact):
            found.append(part)
        elif part is not None:
            found.extend(part)
    return tuple(found)
