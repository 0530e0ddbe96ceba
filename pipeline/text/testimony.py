"""Testimony: everything that the experts said of one clip, as the writers receive it."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Self

from auricle.schemas.acoustics import Degradations, Quality, Reverb
from auricle.schemas.annotation import Description, Domain, Events, Scene, Tags, Vad
from auricle.schemas.base import Row
from auricle.schemas.clip import Signal, Source
from auricle.schemas.music import Music, Rhythm
from auricle.schemas.speech import (
    Accent,
    Diarization,
    Emotion,
    Language,
    LanguageOpinion,
    Traits,
    Transcript,
    Voice,
)


@dataclass(frozen=True)
class Testimony:
    """What is known of one clip. Rows that are skipped or in error count as not said.

    `duration` is the clip's length in seconds; `recording` is the source it was cut from.
    """

    __test__ = False  # not a test class, whatever pytest makes of its name

    clip_id: str
    duration: float
    recording: Source | None = None
    signal: Signal | None = None
    tags: Tags | None = None
    events: Events | None = None
    vad: Vad | None = None
    domain: Domain | None = None
    diarization: Diarization | None = None
    language: Language | None = None
    language_opinion: LanguageOpinion | None = None
    transcript: Transcript | None = None
    voice: Voice | None = None
    emotion: Emotion | None = None
    traits: Traits | None = None
    accent: Accent | None = None
    quality: Quality | None = None
    music: Music | None = None
    rhythm: Rhythm | None = None
    reverb: Reverb | None = None
    degradations: Degradations | None = None
    scene: Scene | None = None
    description: Description | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            row = getattr(self, field.name)
            if isinstance(row, Row) and row.status != "ok":
                object.__setattr__(self, field.name, None)

    @classmethod
    def of(
        cls, clip_id: str, duration: float, rows: Iterable[Row], recording: Source | None = None
    ) -> Self:
        """Return the testimony that rows of any order make up; rows of other kinds are ignored."""
        said = {_FIELDS[type(row)]: row for row in rows if type(row) in _FIELDS}
        return cls(clip_id, duration, recording, **said)  # type: ignore[arg-type]

    @property
    def code(self) -> str | None:
        """The domain code, or None when no domain was decided."""
        return self.domain.code if self.domain else None


_FIELDS: dict[type[Row], str] = {
    Signal: "signal",
    Tags: "tags",
    Events: "events",
    Vad: "vad",
    Domain: "domain",
    Diarization: "diarization",
    Language: "language",
    LanguageOpinion: "language_opinion",
    Transcript: "transcript",
    Voice: "voice",
    Emotion: "emotion",
    Traits: "traits",
    Accent: "accent",
    Quality: "quality",
    Music: "music",
    Rhythm: "rhythm",
    Reverb: "reverb",
    Degradations: "degradations",
    Scene: "scene",
    Description: "description",
}
