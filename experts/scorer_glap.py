"""GLAP as a scorer, through its authors' package `glap-model`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from auricle.experts import models as store
from auricle.experts.base import Waveform
from auricle.experts.torch_runtime import autocast, torch_device, with_torchaudio
from auricle.experts.vectors import Vectors, read_by_length, unit
from auricle.experts.windows import Values, mean_over, run_full
from auricle.schemas.errors import UserError

CHECKPOINT, TOKENIZER = "glap_checkpoint.pt", "sentencepiece.source.256000.model"
_WINDOW = 160_000
_SHORTEST = 16_000  # the network wants some frames
_TEXTS = 32
_BASE = {"embed_dim": 768, "depth": 12, "num_heads": 12}


@dataclass
class GlapScorer:
    """GLAP (Dinkel et al., arXiv 2506.11350): sound, music and speech, in many languages.

    Dasheng hears, SONAR reads. SONAR's weights are not for commercial use (CC BY-NC 4.0). The
    folder of the model holds the authors' checkpoint and SONAR's tokenizer. The checkpoint is
    read as data: one that holds anything but tensors and plain values is refused.
    """

    role: ClassVar[str] = "score"
    backend: ClassVar[str] = "glap"
    sample_rate: ClassVar[int] = 16_000
    code_licence: ClassVar[str] = "Apache-2.0"
    packages: ClassVar[tuple[str, ...]] = ("torch", "glap_model")
    memory: ClassVar[float] = 5.0
    gpu_memory: ClassVar[float] = 5.0

    model: str = "glap"
    device: str = "auto"
    batch: int = 32
    """Windows at once on a GPU."""
    _model: Any = field(init=False, repr=False, compare=False)

    @property
    def models(self) -> tuple[str, ...]:
        """The weights."""
        return (self.model,)

    def load(self) -> None:
        """Load the checkpoint.

        Raises:
            UserError: the folder lacks a file, or the checkpoint is of something else.
            MissingModel: the weights are not here.
        """
        folder = store.find(self.model)
        for name in (CHECKPOINT, TOKENIZER):
            if not (folder / name).is_file():
                raise UserError(f"{folder} holds no {name}; the model glap is made of both")
        self._model = _read(folder).eval().to(torch_device(self.device))

    def audio(self, waveforms: Sequence[Waveform]) -> Vectors:
        """Return a vector for each mono 16 kHz waveform, [N, D]; windows of 10 s are averaged."""
        padded = [np.pad(sound, (0, max(0, _SHORTEST - len(sound)))) for sound in waveforms]
        return unit(mean_over(padded, _WINDOW, self._hear))

    def text(self, texts: Sequence[str]) -> Vectors:
        """Return a vector for each text, [N, D]; texts of like length are read together."""
        return read_by_length(texts, _TEXTS, self._model.embed_size, self._read_some)

    def _hear(self, windows: Sequence[Waveform]) -> Values:
        """Return a vector for each window; a GPU hears full ones together."""
        size = 1 if next(self._model.parameters()).device.type == "cpu" else self.batch
        return run_full(windows, _WINDOW, size, self._hear_some)

    def _hear_some(self, windows: Values) -> Values:
        import torch

        device = next(self._model.parameters()).device
        sound = torch.from_numpy(np.ascontiguousarray(windows, np.float32)).to(device)
        with torch.inference_mode(), autocast(device):
            return np.asarray(self._model.encode_audio(sound).float().cpu().numpy())

    def _read_some(self, texts: Sequence[str]) -> Vectors:
        import torch

        device = next(self._model.parameters()).device
        with torch.inference_mode(), autocast(device):
            found = self._model.encode_text(list(texts), device=device)
        return unit(found.float().cpu().numpy())


def _read(folder: Path) -> Any:
    """Return the authors' network with the weights of a folder."""
    with_torchaudio()
    import torch
    from dasheng.pretrained.pretrained import Dasheng
    from glap_model.models import GLAP
    from glap_model.models.audioencoders import dasheng_audioencoder

    # The wrapper would download Dasheng's weights, only to have them replaced by those below.
    dasheng_audioencoder.dasheng_base = lambda **settings: Dasheng(**{**_BASE, **settings})
    path = folder / CHECKPOINT
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
        told = dict(loaded["config"]).get("model_args", {})
        state = loaded["model"]
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise UserError(f"{path}: not a checkpoint of GLAP: {error}") from None
    except Exception as error:  # torch raises pickle's own errors for what is not data
        raise UserError(f"{path}: holds more than weights, and is not opened: {error}") from None
    text = {**told.get("text_encoder_args", {}), "tokenizer_path": str(folder / TOKENIZER)}
    model = GLAP(**{**told, "text_encoder_args": text})
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        raise UserError(f"{path}: not the weights of this GLAP: {error}") from None
    return model
