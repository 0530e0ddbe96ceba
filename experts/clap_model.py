"""CLAP: sound and text as vectors that can be compared; one model a folder and device.

The networks are LAION's (Wu et al., Large-scale contrastive language-audio pretraining with
feature fusion and keyword-to-caption augmentation, ICASSP 2023), through transformers. The model
meant by default is `clap-general`. The hub's copy of LAION's music model, laion/larger_clap_music,
is no choice: its text half gives nearly the same vector for every text.

    found = clap(models.find("clap-general"), "auto")
    likeness = found.audio(waveforms) @ found.text(["a dog barks", "rain"]).T    # cosines, [N, M]
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from auricle.experts.base import Waveform
from auricle.experts.torch_runtime import autocast, torch_device, with_torchaudio
from auricle.experts.vectors import Vectors, read_by_length, unit
from auricle.schemas.errors import UserError

SAMPLE_RATE = 48_000
T = TypeVar("T")

_WINDOW = 10 * SAMPLE_RATE
_SPARE = SAMPLE_RATE // 2  # samples: what may be left over without a window of its own
_TEXTS = 64


@lru_cache(maxsize=4)
def clap(folder: Path, device: str = "auto") -> "Clap":
    """Return the CLAP model of a folder laid out as the model hub does it; loaded once a process.

    `device` is a name of `torch_device`.

    Raises:
        UserError: the folder does not hold a whole CLAP model.
    """
    on = torch_device(device)
    with_torchaudio()
    from transformers import AutoConfig, AutoTokenizer, ClapFeatureExtractor, ClapModel

    try:
        kind = AutoConfig.from_pretrained(folder, local_files_only=True).model_type
        if kind != "clap":
            raise UserError(f"{folder} holds a {kind} model; CLAP was asked for")
        extractor = ClapFeatureExtractor.from_pretrained(folder, local_files_only=True)
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        loaded: Any = ClapModel.from_pretrained(
            folder, local_files_only=True, output_loading_info=True
        )
    except OSError as error:
        raise UserError(f"{folder} does not hold a whole CLAP model: {error}") from error
    model, info = loaded
    if missing := sorted(info["missing_keys"]):
        raise UserError(f"{folder}: the weights lack {', '.join(missing[:3])}")
    return Clap(model.eval().to(on), extractor, tokenizer)


class Clap:
    """A loaded model. Vectors have unit length, so a scalar product of two is their cosine."""

    def __init__(self, model: Any, extractor: Any, tokenizer: Any) -> None:
        self._model, self._extractor, self._tokenizer = model, extractor, tokenizer
        self._texts: dict[str, Vectors] = {}

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return int(self._model.config.projection_dim)

    @property
    def scale(self) -> float:
        """What the model learned to multiply cosines with before a softmax."""
        return float(self._model.logit_scale_a.detach().exp())

    def audio(self, waveforms: Sequence[Waveform], batch: int = 16) -> Vectors:
        """Return a vector for each mono 48 kHz waveform, [N, dimensions].

        A sound under 10 s is repeated and then padded, as in training. A longer one is cut into
        windows of 10 s, spread evenly, and their vectors averaged; the authors take one window
        at random. A vector does not depend on the other sounds of the call. A GPU hears `batch`
        windows at once; a CPU one, which is no slower and gives the same bits in every company.

        Raises:
            ValueError: a waveform is empty.
        """
        if not all(len(waveform) for waveform in waveforms):
            raise ValueError("an empty waveform has no vector")
        cut = [list(_windows(waveform)) for waveform in waveforms]
        size = 1 if self._model.device.type == "cpu" else batch
        every = [window for windows in cut for window in windows]
        parts = [self._heard(some, size) for some in _batches(every, size)]
        rows = iter(np.concatenate(parts) if parts else ())
        means = [np.mean([next(rows) for _ in windows], axis=0) for windows in cut]
        return unit(np.array(means, np.float32).reshape(-1, self.dimensions))

    def text(self, texts: Sequence[str]) -> Vectors:
        """Return a vector for each text, [N, dimensions]; a text is read once and remembered."""
        new = [text for text in dict.fromkeys(texts) if text not in self._texts]
        self._texts |= zip(new, self.read(new), strict=True)
        return np.array([self._texts[text] for text in texts], np.float32).reshape(
            -1, self.dimensions
        )

    def read(self, texts: Sequence[str]) -> Vectors:
        """Return a vector for each text, [N, dimensions]; nothing is remembered."""
        return read_by_length(texts, _TEXTS, self.dimensions, self._read)

    def _heard(self, windows: Sequence[Waveform], size: int) -> Vectors:
        """Return the vectors of at most `size` windows.

        A batch is always full: how many windows there are must not choose the GPU's kernels.
        """
        import torch

        features = self._extractor(
            list(windows), sampling_rate=SAMPLE_RATE, return_tensors="pt"
        ).input_features.float()
        filler = features[:1].expand(size - len(windows), *features.shape[1:])
        full = torch.cat([features, filler]).to(self._model.device)
        whole = torch.zeros(len(full), 1, dtype=torch.bool, device=full.device)
        with torch.inference_mode(), autocast(self._model.device):
            found = self._model.get_audio_features(input_features=full, is_longer=whole)
        return unit(found.pooler_output[: len(windows)].float().cpu().numpy())

    def _read(self, texts: Sequence[str]) -> Vectors:
        import torch

        limit = self._model.config.text_config.max_position_embeddings - 2
        tokens = self._tokenizer(
            list(texts), padding=True, truncation=True, max_length=limit, return_tensors="pt"
        ).to(self._model.device)
        with torch.inference_mode(), autocast(self._model.device):
            found = self._model.get_text_features(**tokens)
        return unit(found.pooler_output.float().cpu().numpy())


def _windows(waveform: Waveform) -> Iterator[Waveform]:
    extra = max(len(waveform) - _WINDOW, 0)
    count = 1 if extra <= _SPARE else 1 + -(-extra // _WINDOW)
    for start in np.linspace(0, extra if count > 1 else 0, count).round().astype(int):
        yield waveform[start : start + _WINDOW]


def _batches(entries: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(entries), size):
        yield entries[start : start + size]
