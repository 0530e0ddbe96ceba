"""Scene from tags: the kind of place that rooms and telling sounds speak of."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod
from typing import ClassVar

from auricle.experts.base import Gate, Heard
from auricle.experts.places import PLACES, ROOMS, Place, Where
from auricle.schemas.annotation import Domain, LabelScore, Scene, Tags

_BY_SOUND = {sound: place for place in PLACES for sound in place.sounds}
_SIDES: tuple[Where, ...] = ("indoors", "outdoors")


@dataclass
class TagScene:
    """Believes labels that name a place as they are, and telling sounds with a discount.

    A sound is no proof of where the microphone stood: rain is heard indoors as well. Beside speech
    or music alone (a domain without other sound) only the labels that name a place count. Indoors
    and outdoors argue with each other; where neither wins clearly, the place is null. A vehicle is
    never told: its engine is also heard from outside.
    """

    role: ClassVar[str] = "scene"
    backend: ClassVar[str] = "tags"
    sample_rate: ClassVar[int | None] = 16_000
    needs: ClassVar[tuple[str, ...]] = ("tags", "domain")
    gate: ClassVar[Gate] = "none"
    models: ClassVar[tuple[str, ...]] = ()
    code_licence: ClassVar[str] = "Apache-2.0"
    packages: ClassVar[tuple[str, ...]] = ()
    memory: ClassVar[float] = 0.1
    gpu_memory: ClassVar[float] = 0.0
    record: ClassVar[type[Scene]] = Scene

    trust: float = 0.7
    """What a telling sound says of the place, as a share of its own score."""
    heard: float = 0.5
    """The score that a telling sound needs."""
    named: float = 0.2
    """The score that a label that names a place needs."""
    sure: float = 0.5
    """The probability from which indoors or outdoors is told."""

    def load(self) -> None:
        """There is nothing to load."""

    def annotate(self, clips: Sequence[Heard]) -> list[Scene]:
        """Return where each clip seems to be recorded."""
        return [self._annotate(clip) for clip in clips]

    def _annotate(self, clip: Heard) -> Scene:
        tags, domain = clip.get(Tags), clip.get(Domain)
        if tags is None:
            reason = "no_tags" if clip.seconds else "too_short"
            return Scene.skipped(clip.clip_id, reason, "there are no tags to go by")
        if domain is not None and domain.silent:
            return Scene.skipped(clip.clip_id, "silent")
        scores: dict[Place, float] = {}
        for place, score in self._told(tags.labels, domain):
            scores[place] = max(score, scores.get(place, 0.0))
        where, probability = self._where(scores)
        return Scene(
            clip_id=clip.clip_id,
            labels=tuple(
                LabelScore(label=place.name, score=round(score, 3))
                for place, score in sorted(scores.items(), key=lambda told: -told[1])
            ),
            place=where,
            probability=probability,
        )

    def _told(
        self, labels: Sequence[LabelScore], domain: Domain | None
    ) -> Iterable[tuple[Place, float]]:
        """Yield the places that the labels speak of, and how strongly."""
        sounds = domain is None or domain.code is None or domain.code[2] == "A"
        for one in labels:
            if one.label in ROOMS and one.score >= self.named:
                yield ROOMS[one.label], one.score
            elif sounds and one.label in _BY_SOUND and one.score >= self.heard:
                yield _BY_SOUND[one.label], self.trust * one.score

    def _where(self, scores: dict[Place, float]) -> tuple[Where | None, float | None]:
        """Return the side that is believed and not contradicted, or nothing."""
        belief = {
            side: 1 - prod(1 - score for place, score in scores.items() if place.where == side)
            for side in _SIDES
        }
        side = max(_SIDES, key=lambda side: belief[side])
        probability = belief[side] * prod(1 - belief[other] for other in _SIDES if other != side)
        return (side, round(probability, 3)) if probability >= self.sure else (None, None)
