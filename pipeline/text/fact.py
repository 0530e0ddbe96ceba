"""A fact: one thing that is known of a clip, with the word the writers use and how sure it is."""

from dataclasses import dataclass
from typing import Literal

from auricle.schemas.text import Evidence, Topic

Kind = Literal[
    "speech", "count", "speaker", "exchange", "turn", "age", "language", "accent", "words",
    "manner", "emotion", "arousal", "valence", "pitch", "melody", "timbre", "health",
    "pace", "fluency", "clarity", "noise_floor",
    "music", "singing", "instrumental", "genre", "instrument", "mood", "tempo", "beat", "key",
    "era",
    "sound", "unnamed_sound",
    "silent", "indistinct", "level", "dynamics", "silence", "overload", "band", "flaw", "place",
    "setting", "noise", "echo", "reverb", "alone",
    "title", "description", "impression",
]  # fmt: skip

TOLD = 0.2
"""What is less sure than this is not told at all."""

ASSERTED = 0.5
"""What is less sure than this is told as a possibility."""


@dataclass(frozen=True)
class Fact:
    """One thing that is known of a clip; no times means throughout, or that none are known.

    `value` is what the writers build on: a label, a name, a word of the calibrated vocabulary.
    """

    kind: Kind
    topic: Topic
    value: str
    text: str
    confidence: float
    start: float | None = None
    end: float | None = None
    id: str = ""

    @property
    def sure(self) -> bool:
        """Whether it can be stated without hedging."""
        return self.confidence >= ASSERTED

    @property
    def evidence(self) -> Evidence:
        """The same as a row of evidence."""
        return Evidence(
            id=self.id,
            topic=self.topic,
            text=self.text,
            confidence=self.confidence,
            start=self.start,
            end=self.end,
        )


@dataclass(frozen=True)
class Stretch:
    """A stretch of time in seconds, and how sure it is that something is heard in it."""

    start: float
    end: float
    score: float


def merged(stretches: list[Stretch], gap: float) -> list[Stretch]:
    """Return stretches in time order, those closer than `gap` seconds joined at the best score."""
    joined: list[Stretch] = []
    for stretch in sorted(stretches, key=lambda s: (s.start, s.end)):
        if joined and stretch.start - joined[-1].end <= gap:
            last = joined[-1]
            end, score = max(last.end, stretch.end), max(last.score, stretch.score)
            joined[-1] = Stretch(last.start, end, score)
        else:
            joined.append(stretch)
    return joined


def agreed(*beliefs: float) -> float:
    """Return how sure a thing is that several say independently: surer than the surest of them."""
    doubt = 1.0
    for belief in beliefs:
        doubt *= 1.0 - unit(belief)
    return 1.0 - doubt


def unit(value: float) -> float:
    """Return a belief kept between 0 and 1."""
    return max(0.0, min(1.0, value))


HEDGED = 0.4
"""How sure a thing is that one expert says and another one denies."""


def bounded(start: float, end: float, duration: float) -> tuple[float | None, float | None]:
    """Return a stretch kept inside the clip, or no times where it fills nine tenths of it."""
    start, end = max(0.0, min(start, duration)), max(0.0, min(end, duration))
    if end < start or end - start >= 0.9 * duration:
        return None, None
    return round(start, 2), round(end, 2)
