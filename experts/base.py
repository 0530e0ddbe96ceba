"""What an expert is: waveforms in, one typed record a clip out, in order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from auricle.schemas.annotation import Domain, Vad
from auricle.schemas.base import Row

Waveform = NDArray[np.float32]
Gate = Literal["none", "speech", "music"]
NO_SOUND = 0
"""The `sample_rate` of an expert that goes by what others said and gets an empty waveform."""

R = TypeVar("R", bound=Row)
R_co = TypeVar("R_co", bound=Row, covariant=True)


@dataclass(frozen=True)
class Heard:
    """A clip as an expert meets it: its sound and what earlier experts said of it.

    `waveform` is mono float32 in -1..1, shape [samples], at the expert's own rate. Experts whose
    `sample_rate` is None get the native sound instead, shape [samples] or [samples, channels].
    It may be empty, and it may be shorter than an expert would like.
    """

    clip_id: str
    waveform: Waveform
    sample_rate: int
    said: tuple[Row, ...] = ()

    @property
    def seconds(self) -> float:
        """Length of the clip in seconds."""
        return len(self.waveform) / self.sample_rate if self.sample_rate else 0.0

    def get(self, record: type[R]) -> R | None:
        """Return what was said in this kind of record, or None if it was not said or is not ok."""
        for row in self.said:
            if isinstance(row, record) and row.status == "ok":
                return row
        return None


class Expert(Protocol[R_co]):
    """A model or DSP worker. Its dataclass fields are its configuration and enter provenance."""

    role: ClassVar[str]
    backend: ClassVar[str]
    sample_rate: ClassVar[int | None]
    needs: ClassVar[tuple[str, ...]]
    gate: ClassVar[Gate]
    code_licence: ClassVar[str]
    packages: ClassVar[tuple[str, ...]]
    """What it imports in `load()`, as names to import."""
    memory: ClassVar[float]
    """GB of RAM that a worker needs for it: weights and work."""
    gpu_memory: ClassVar[float]
    """GB of GPU memory for weights and a batch; 0 where it runs on the CPU."""

    @property
    def models(self) -> tuple[str, ...]:
        """The weights it loads: names of the lock file, folders, or ids of a model hub."""

    @property
    def record(self) -> type[R_co]:
        """The record it emits."""

    def load(self) -> None:
        """Import what is heavy and read the weights; called once a worker."""

    def annotate(self, clips: Sequence[Heard]) -> Sequence[R_co]:
        """Return one record for each clip, in order.

        It may raise: the caller finds the culprit and keeps its neighbours.
        """


def closed_gate(gate: Gate, clip: Heard) -> str | None:
    """Return why a gate keeps a clip out, or None when it lets it in."""
    return GATES[gate](clip)


def _speech(clip: Heard) -> str | None:
    domain, vad = clip.get(Domain), clip.get(Vad)
    if domain is None or domain.code is None or domain.code[0] != "S":
        return "no_speech"
    if vad is None or not vad.spans:
        return "no_speech_spans"
    return None


def _music(clip: Heard) -> str | None:
    domain = clip.get(Domain)
    return None if domain and domain.code and domain.code[1] == "M" else "no_music"


GATES: dict[Gate, Callable[[Heard], str | None]] = {
    "none": lambda clip: None,
    "speech": _speech,
    "music": _music,
}
