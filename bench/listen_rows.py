"""A labelled recording with what was heard of it, and the figures made of many."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

Spans = tuple[tuple[float, float], ...]


class Figure(NamedTuple):
    """A figure over so many rows; None is not measured."""

    name: str
    value: float | None
    rows: int


class Who(NamedTuple):
    """A stretch in which somebody speaks; seconds from the start of the clip."""

    start: float
    end: float
    speaker: str


class Diarized(NamedTuple):
    """A clip with who speaks when: as heard, and by the labels; seconds from its start."""

    seconds: float
    turns: tuple[Who, ...]
    true_turns: tuple[Who, ...]
    """Of a recording with one speaker and no times: empty."""
    speakers: int | None
    true_speakers: int
    sure: bool
    timed: bool
    """True when the labels say who speaks when, not only how many."""


@dataclass(frozen=True)
class Listened:
    """A labelled recording with what was heard, its clips pooled (see `listen_read.pooled`)."""

    path: str
    labels: Mapping[str, str]
    code: str | None = None
    tags: tuple[tuple[str, float], ...] = ()
    tagged: bool = True
    """False when no tagger ran: the fallback knows no classes."""
    language: str | None = None
    text: str = ""
    voiced: Spans = ()
    spoken: Spans | None = None
    """Where somebody speaks by the labels; None when they do not say."""
    diarized: tuple[Diarized, ...] = ()
    """The clips of which the labels say who, or how many, speak."""
    gender: str | None = None
    arousal: float | None = None
    quality: float | None = None
    clean_quality: float | None = None
    """Of the clean recording that this one was made from."""
    genres: tuple[str, ...] = ()
    instruments: tuple[str, ...] = ()
    tempo: float | None = None
    rt60: float | None = None
    snr: float | None = None

    def label(self, column: str) -> str:
        """Return a label, empty where the manifest has none."""
        return self.labels.get(column, "")

    @property
    def derived(self) -> bool:
        """Tell whether it was cut, mixed or re-coded from other recordings."""
        return self.label("derived") not in ("", "no")


class Share(NamedTuple):
    """How many of `rows` were right; of none, 0."""

    value: float
    rows: int


def share(right: Iterable[bool]) -> Share:
    """Return the share that is true."""
    answers = list(right)
    return Share(sum(answers) / max(len(answers), 1), len(answers))
