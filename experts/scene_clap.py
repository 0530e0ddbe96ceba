"""Scene by zero-shot comparison: which description of a place the sound is nearest to (CLAP)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from auricle.experts import models as store
from auricle.experts.base import Gate, Heard
from auricle.experts.clap_model import SAMPLE_RATE, Clap, clap
from auricle.experts.hearing import each_heard
from auricle.experts.places import Where
from auricle.schemas.annotation import LabelScore, Scene

_SCENES: tuple[tuple[str, Where | None], ...] = (
    ("an airport", "indoors"),
    ("a shopping mall", "indoors"),
    ("a metro station", "indoors"),
    ("a supermarket", "indoors"),
    ("a restaurant or cafe", "indoors"),
    ("a library", "indoors"),
    ("a desk or office", "indoors"),
    ("a home", "indoors"),
    ("a kitchen", "indoors"),
    ("a bathroom", "indoors"),
    ("a small room", "indoors"),
    ("a large room or hall", "indoors"),
    ("a church", "indoors"),
    ("a sports hall", "indoors"),
    ("a factory", "indoors"),
    ("a street", "outdoors"),
    ("a street with heavy traffic", "outdoors"),
    ("a public square", "outdoors"),
    ("a park", "outdoors"),
    ("a forest", "outdoors"),
    ("the open countryside", "outdoors"),
    ("a farm", "outdoors"),
    ("the seaside", "outdoors"),
    ("a stream or river", "outdoors"),
    ("a building site", "outdoors"),
    ("a playground", "outdoors"),
    ("a stadium", "outdoors"),
    ("the inside of a car", "vehicle"),
    ("the inside of a bus", "vehicle"),
    ("the inside of a tram", "vehicle"),
    ("the inside of a train", "vehicle"),
    ("the inside of an aeroplane", "vehicle"),
    ("a boat", None),
    ("a concert", None),
)
"""The classes of TAU Urban Acoustic Scenes and of DCASE 2016, with AudioSet's places."""
_NOWHERE = (
    "a person speaking close to a microphone in a recording studio",
    "a studio recording of music",
    "a single sound effect in silence",
    "noise without any place",
)
"""What a clip may be that tells of no place: belief that goes here is belief in nothing."""
_SIDES: tuple[Where, ...] = ("indoors", "outdoors", "vehicle")

Vectors = NDArray[np.float32]


@dataclass
class ClapScene:
    """Compares the clip with descriptions of places, and of recordings that tell of none.

    Beliefs are a softmax over all descriptions with the scale that the model learned; that of a
    place is summed over its kinds. Without a clear winner nothing is told. The thresholds are not
    calibrated on recordings of known places.
    """

    role: ClassVar[str] = "scene"
    backend: ClassVar[str] = "clap"
    sample_rate: ClassVar[int | None] = SAMPLE_RATE
    needs: ClassVar[tuple[str, ...]] = ()
    gate: ClassVar[Gate] = "none"
    code_licence: ClassVar[str] = "Apache-2.0"
    packages: ClassVar[tuple[str, ...]] = ("torch", "transformers")
    memory: ClassVar[float] = 3.0
    gpu_memory: ClassVar[float] = 2.0
    record: ClassVar[type[Scene]] = Scene

    model: str = "clap-general"
    device: str = "auto"
    template: str = "This is a sound of {}."
    named: float = 0.1
    """The belief from which a kind of place is listed."""
    sure: float = 0.6
    """The belief from which indoors, outdoors or a vehicle is told."""
    _clap: Clap = field(init=False, repr=False, compare=False)
    _texts: Vectors = field(init=False, repr=False, compare=False)

    @property
    def models(self) -> tuple[str, ...]:
        """The weights it loads."""
        return (self.model,)

    def load(self) -> None:
        """Load the model and read the descriptions."""
        self._clap = clap(store.find(self.model), self.device)
        names = [name for name, _ in _SCENES] + list(_NOWHERE)
        self._texts = self._clap.text([self.template.format(name) for name in names])

    def annotate(self, clips: Sequence[Heard]) -> list[Scene]:
        """Return where each clip seems to be recorded."""
        return each_heard(clips, Scene, self._rows)

    def _rows(self, clips: list[Heard]) -> Iterable[Scene]:
        return map(self._scene, clips, self._clap.audio([clip.waveform for clip in clips]))

    def _scene(self, clip: Heard, vector: Vectors) -> Scene:
        likeness = self._clap.scale * (self._texts @ vector).astype(np.float64)
        weights = np.exp(likeness - likeness.max())
        beliefs = (weights / weights.sum())[: len(_SCENES)].tolist()
        of_side = dict.fromkeys(_SIDES, 0.0)
        for (_, side), belief in zip(_SCENES, beliefs, strict=True):
            if side is not None:
                of_side[side] += belief
        best = max(_SIDES, key=lambda side: of_side[side])
        told = of_side[best] >= self.sure
        named = sorted(zip(beliefs, _SCENES, strict=True), key=lambda entry: -entry[0])
        return Scene(
            clip_id=clip.clip_id,
            # Sums of floats end differently in larger batches: such digits are cut off.
            labels=tuple(
                LabelScore(label=name, score=round(belief, 3))
                for belief, (name, _) in named
                if belief >= self.named
            ),
            place=best if told else None,
            probability=round(of_side[best], 3) if told else None,
        )
