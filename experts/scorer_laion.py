"""LAION's CLAP as a scorer, through its authors' own package.

For checkpoints that exist only in the authors' format, such as their music and fusion models.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from auricle.experts import models as store
from auricle.experts.base import Waveform
from auricle.experts.torch_runtime import torch_device
from auricle.experts.vectors import Vectors, unit
from auricle.experts.windows import mean_over
from auricle.schemas.errors import UserError

_TEXTS = 64
_WINDOW = 480_000


@dataclass
class LaionClapScorer:
    """CLAP by the package laion-clap, which wants numpy below 2: give it its own environment.

    A checkpoint is read as data: one that holds anything but tensors is refused.
    """

    role: ClassVar[str] = "score"
    backend: ClassVar[str] = "laion-clap"
    sample_rate: ClassVar[int] = 48_000
    code_licence: ClassVar[str] = "CC0-1.0"
    packages: ClassVar[tuple[str, ...]] = ("torch", "laion_clap")
    memory: ClassVar[float] = 2.5
    gpu_memory: ClassVar[float] = 2.5

    model: str = "laion-clap-audioset"
    audio_model: str = "HTSAT-tiny"
    device: str = "auto"
    _module: Any = field(init=False, repr=False, compare=False)

    @property
    def models(self) -> tuple[str, ...]:
        """The weights."""
        return (self.model,)

    def load(self) -> None:
        """Load the checkpoint, a `.pt` file or a folder that holds one.

        Raises:
            UserError: the checkpoint is of another model.
            MissingModel: the weights are not here.
        """
        place = store.find(self.model)
        path = next(iter(sorted(place.glob("*.pt"))), None) if place.is_dir() else place
        if path is None:
            raise UserError(f"{place} holds no checkpoint (*.pt) of laion-clap")
        import laion_clap
        import torch

        module = laion_clap.CLAP_Module(
            enable_fusion=False, device=str(torch_device(self.device)), amodel=self.audio_model
        )
        loaded = torch.load(path, map_location="cpu", weights_only=True)
        state = loaded.get("state_dict", loaded)
        state = {name.removeprefix("module."): value for name, value in state.items()}
        state.pop("text_branch.embeddings.position_ids", None)  # newer transformers have none
        try:
            module.model.load_state_dict(state)
        except RuntimeError as error:
            raise UserError(f"{path}: not a checkpoint of {self.audio_model}: {error}") from None
        self._module = module.eval()

    def audio(self, waveforms: Sequence[Waveform]) -> Vectors:
        """Return a vector for each mono 48 kHz waveform, [N, D]; windows of 10 s are averaged."""
        return unit(mean_over(waveforms, _WINDOW, self._hear))

    def _hear(self, windows: Sequence[Waveform]) -> Vectors:
        """Return the vector of each window; of a longer sound the package draws one by lot."""
        found = [self._module.get_audio_embedding_from_data(x=[window]) for window in windows]
        return np.concatenate(found)

    def text(self, texts: Sequence[str]) -> Vectors:
        """Return a vector for each text, [N, D], in order."""
        found = [
            self._module.get_text_embedding([*texts[at : at + _TEXTS], ""])[:-1]  # one fails alone
            for at in range(0, len(texts), _TEXTS)
        ]
        return unit(np.concatenate(found))
