"""Clip vectors by the sound half of CLAP (through transformers)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from auricle.experts import models as store
from auricle.experts.base import Gate, Heard
from auricle.experts.clap_model import SAMPLE_RATE, clap
from auricle.experts.embedding import embed, kind_of
from auricle.schemas.annotation import Embedding

_SHORTEST = 0.1


@dataclass
class ClapEmbedding:
    """CLAP's vector of the clip: near for sounds that the same words describe."""

    role: ClassVar[str] = "embedding"
    backend: ClassVar[str] = "clap"
    sample_rate: ClassVar[int | None] = SAMPLE_RATE
    needs: ClassVar[tuple[str, ...]] = ()
    gate: ClassVar[Gate] = "none"
    code_licence: ClassVar[str] = "Apache-2.0"
    packages: ClassVar[tuple[str, ...]] = ("torch", "transformers")
    memory: ClassVar[float] = 2.0
    gpu_memory: ClassVar[float] = 2.0
    record: ClassVar[type[Embedding]] = Embedding

    model: str = "clap-general"
    device: str = "auto"
    _clap: Any = field(init=False, repr=False, compare=False)
    _kind: str = field(init=False, repr=False, compare=False)

    @property
    def models(self) -> tuple[str, ...]:
        """The weights."""
        return (self.model,)

    def load(self) -> None:
        """Load the model, or take the one that this process has loaded already.

        Raises:
            UserError: the weights are of something else.
            MissingModel: the weights are not here.
        """
        self._clap = clap(store.find(self.model), self.device)
        self._kind = kind_of(self)

    def annotate(self, clips: Sequence[Heard]) -> list[Embedding]:
        """Return the vector of each clip; silent clips and those under 0.1 s are skipped."""
        return embed(clips, self._kind, _SHORTEST, self._clap.audio)
