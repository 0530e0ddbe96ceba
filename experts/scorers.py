"""Scorers: sound and text as vectors of one space, so that a text can be held against a sound."""

from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

from auricle.experts.base import Waveform
from auricle.experts.scorer_clap import ClapScorer
from auricle.experts.scorer_glap import GlapScorer
from auricle.experts.scorer_laion import LaionClapScorer
from auricle.experts.vectors import Vectors


class Scorer(Protocol):
    """A model that embeds both. Its dataclass fields are its configuration, as an expert's are."""

    role: ClassVar[str]
    backend: ClassVar[str]
    sample_rate: ClassVar[int]
    code_licence: ClassVar[str]
    packages: ClassVar[tuple[str, ...]]
    memory: ClassVar[float]
    gpu_memory: ClassVar[float]

    @property
    def models(self) -> tuple[str, ...]:
        """The weights."""

    def load(self) -> None:
        """Load the weights.

        Raises:
            UserError: the weights are of something else.
            MissingModel: the weights are not here.
        """

    def audio(self, waveforms: Sequence[Waveform]) -> Vectors:
        """Return a vector of unit length for each mono waveform at `sample_rate`, [N, D]."""

    def text(self, texts: Sequence[str]) -> Vectors:
        """Return a vector of unit length for each text, [N, D], in order."""


SCORERS: dict[str, Any] = {
    "clap": ClapScorer,
    "laion-clap": LaionClapScorer,
    "glap": GlapScorer,
}
"""The scorers by the name that `score.scorer` takes."""
