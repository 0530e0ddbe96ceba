"""LAION's CLAP as a scorer, through transformers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from auricle.experts import models as store
from auricle.experts.base import Waveform
from auricle.experts.clap_model import SAMPLE_RATE, clap
from auricle.experts.vectors import Vectors


@dataclass
class ClapScorer:
    """CLAP (Wu et al., ICASSP 2023). It knows sounds and music better than what is said."""

    role: ClassVar[str] = "score"
    backend: ClassVar[str] = "clap"
    sample_rate: ClassVar[int] = SAMPLE_RATE
    code_licence: ClassVar[str] = "Apache-2.0"
    packages: ClassVar[tuple[str, ...]] = ("torch", "transformers")
    memory: ClassVar[float] = 2.0
    gpu_memory: ClassVar[float] = 2.0

    model: str = "clap-general"
    device: str = "auto"
    _clap: Any = field(init=False, repr=False, compare=False)

    @property
    def models(self) -> tuple[str, ...]:
        """The weights."""
        return (self.model,)

    def load(self) -> None:
        """Load the model, or take the one that this process has loaded already."""
        self._clap = clap(store.find(self.model), self.device)

    def audio(self, waveforms: Sequence[Waveform]) -> Vectors:
        """Return a vector for each mono 48 kHz waveform, [N, D]."""
        vectors: Vectors = self._clap.audio(waveforms)
        return vectors

    def text(self, texts: Sequence[str]) -> Vectors:
        """Return a vector for each text, [N, D]; none is remembered."""
        vectors: Vectors = self._clap.read(texts)
        return vectors
