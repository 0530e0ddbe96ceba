"""Clip vectors by Dasheng, an encoder of sound in general (our own network, through torch)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from auricle.experts import models as store
from auricle.experts.base import Gate, Heard, Waveform
from auricle.experts.embedding import Vectors, embed, kind_of
from auricle.experts.torch_runtime import torch_device
from auricle.experts.windows import mean_over, run_full
from auricle.schemas.annotation import Embedding

_RATE = 16_000
_FRAMES = 1008
"""What the network was trained on: 10.08 s."""
_WINDOW = 10 * _RATE
_SHORTEST = 0.1


@dataclass
class DashengEmbedding:
    """The mean of Dasheng's output over a clip; of a clip over 10 s, the mean of its windows.

    The hub's repositories ask to run their own code. This does not: the network is ours, of the
    parts of which CED is made, and reads the same weights.
    """

    role: ClassVar[str] = "embedding"
    backend: ClassVar[str] = "dasheng"
    sample_rate: ClassVar[int | None] = _RATE
    needs: ClassVar[tuple[str, ...]] = ()
    gate: ClassVar[Gate] = "none"
    code_licence: ClassVar[str] = "Apache-2.0"
    packages: ClassVar[tuple[str, ...]] = ("torch", "safetensors")
    memory: ClassVar[float] = 1.5
    gpu_memory: ClassVar[float] = 1.5
    record: ClassVar[type[Embedding]] = Embedding

    model: str = "dasheng-base"
    device: str = "auto"
    batch: int = 32
    """Windows at once on a GPU."""
    _network: Any = field(init=False, repr=False, compare=False)
    _batch: int = field(init=False, repr=False, compare=False)
    _kind: str = field(init=False, repr=False, compare=False)

    @property
    def models(self) -> tuple[str, ...]:
        """The weights."""
        return (self.model,)

    def load(self) -> None:
        """Load the network.

        Raises:
            UserError: the weights are of something else.
            MissingModel: the weights are not here.
        """
        folder = store.find(self.model)
        from auricle.experts.ced_net import read_network

        device = torch_device(self.device)
        self._network, _ = read_network(folder, _FRAMES, device)
        self._batch = 1 if device.type == "cpu" else self.batch
        self._kind = kind_of(self)

    def annotate(self, clips: Sequence[Heard]) -> list[Embedding]:
        """Return the vector of each clip; silent clips and those under 0.1 s are skipped."""
        return embed(clips, self._kind, _SHORTEST, self._vectors)

    def _vectors(self, waveforms: Sequence[Waveform]) -> Vectors:
        return mean_over(
            waveforms, _WINDOW, lambda cut: run_full(cut, _WINDOW, self._batch, self._hear)
        )

    def _hear(self, windows: Vectors) -> Vectors:
        import torch

        sound = torch.from_numpy(windows.astype(np.float32))
        return np.asarray(self._network.vectors(sound).float().cpu().numpy())
