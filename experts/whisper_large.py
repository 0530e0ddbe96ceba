"""Spoken language and transcript by Whisper large-v3: many clips at once, on a GPU if there is one.

Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision", arXiv 2212.04356.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from auricle.experts import models
from auricle.experts.base import Heard, Waveform
from auricle.experts.separation import Vocals, vocals
from auricle.experts.whisper import WhisperLanguage, WhisperTranscript
from auricle.experts.whisper_model import ear
from auricle.schemas.annotation import Domain


@dataclass
class _Large:
    """What the two share. `batch` is how many windows of 30 s go through the model together.

    With `separate_vocals` the voices of clips with music are heard without the music; Demucs
    parts them once for both experts. It needs the extra `separation`.
    """

    memory: ClassVar[float] = 4.0
    gpu_memory: ClassVar[float] = 8.0

    model: str = "whisper-large-v3"
    device: str = "auto"
    batch: int = 16
    threads: int = 1
    separate_vocals: bool = False
    vocals_model: str = "htdemucs"
    _vocals: Vocals | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def models(self) -> tuple[str, ...]:
        """Whisper's weights, and those of the separation where it is on."""
        return (self.model, self.vocals_model) if self.separate_vocals else (self.model,)

    def load(self) -> None:
        """Load the models, or take those that this process has."""
        self._ear = ear(models.find(self.model), self.threads, self.device, self.batch)
        if self.separate_vocals:
            self._vocals = vocals(models.find(self.vocals_model), self.device)

    def _waveforms(self, clips: Sequence[Heard]) -> list[Waveform]:
        waveforms = [clip.waveform for clip in clips]
        mixed = [i for i, clip in enumerate(clips) if self._vocals and _with_music(clip)]
        if self._vocals and mixed:
            parted = self._vocals([waveforms[i] for i in mixed], 16_000)
            for i, voice in zip(mixed, parted, strict=True):
                waveforms[i] = voice
        return waveforms


@dataclass
class WhisperLargeLanguage(_Large, WhisperLanguage):
    """Names the language that is spoken, or abstains; the thresholds are those of Whisper base."""

    backend: ClassVar[str] = "whisper-large-v3"
    memory: ClassVar[float] = _Large.memory
    gpu_memory: ClassVar[float] = _Large.gpu_memory


@dataclass
class WhisperLargeTranscript(_Large, WhisperTranscript):
    """Writes down what is said, with the guards that Whisper base has."""

    backend: ClassVar[str] = "whisper-large-v3"
    memory: ClassVar[float] = _Large.memory
    gpu_memory: ClassVar[float] = _Large.gpu_memory


def _with_music(clip: Heard) -> bool:
    domain = clip.get(Domain)
    return bool(domain and domain.code and domain.code[1] == "M")
