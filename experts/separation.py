"""Voices without the music: one Demucs a process, which remembers what it parted last.

Hybrid Transformer Demucs: Rouard et al., "Hybrid Transformers for Music Source Separation",
arXiv 2211.08553. It hears 44.1-kHz stereo; our mono clips are resampled and put on both channels.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auricle.experts.base import Waveform
from auricle.experts.sound import resample
from auricle.schemas.errors import UserError

_REMEMBERED = 64  # clips: 0.6 MB for each 10 s
_CLASS = "demucs.htdemucs.HTDemucs"
_SHORTEST = 0.1  # seconds; less is returned as it is

Separate = Callable[[NDArray[np.float32]], NDArray[np.float32]]


class Vocals:
    """Parts voices, spoken and sung, from everything else."""

    def __init__(self, separate: Separate, sample_rate: int):
        self._separate = separate
        self._rate = sample_rate
        self._recent: dict[bytes, Waveform] = {}

    def __call__(self, waveforms: Sequence[Waveform], sample_rate: int) -> list[Waveform]:
        """Return the voices of each mono waveform, as long and at the same rate."""
        keys = [hashlib.blake2b(w.tobytes(), digest_size=16).digest() for w in waveforms]
        parted = {key: self._recent[key] for key in keys if key in self._recent}
        for key, waveform in zip(keys, waveforms, strict=True):
            if key not in parted:
                parted[key] = self._part(waveform, sample_rate)
                if len(self._recent) == _REMEMBERED:
                    del self._recent[next(iter(self._recent))]
                self._recent[key] = parted[key]
        return [parted[key] for key in keys]

    def _part(self, waveform: Waveform, sample_rate: int) -> Waveform:
        if len(waveform) < _SHORTEST * sample_rate:
            return waveform
        voice = resample(self._separate(resample(waveform, sample_rate, self._rate)),
                         self._rate, sample_rate)  # fmt: skip
        missing = len(waveform) - len(voice)
        return np.pad(voice, (0, max(missing, 0)))[: len(waveform)].astype(np.float32)


@lru_cache(maxsize=1)
def vocals(directory: Path, device: str = "auto") -> Vocals:
    """Return the separation of a folder that holds one `*.safetensors` of HTDemucs.

    Raises:
        UserError: demucs is not installed, or the file is of another model.
    """
    from auricle.experts.torch_runtime import torch_device

    try:
        from demucs.apply import apply_model
        from demucs.htdemucs import HTDemucs
    except ImportError as error:
        raise UserError(
            f'separate_vocals needs {error.name}: pip install "auricle[separation]"'
        ) from error
    import torch

    about, tensors = _read(directory)
    model = HTDemucs(*about["args"], **about["kwargs"])
    model.load_state_dict(tensors)
    on = torch_device(device)
    model.to(on).eval()
    voice = model.sources.index("vocals")

    def separate(waveform: NDArray[np.float32]) -> NDArray[np.float32]:
        mono = torch.from_numpy(np.ascontiguousarray(waveform))
        mean, spread = mono.mean(), mono.std() + 1e-8
        mix = ((mono - mean) / spread).expand(1, model.audio_channels, -1)
        with torch.inference_mode():
            # Without its random shifts, so that the same clip sounds the same twice.
            parts = apply_model(model, mix, shifts=0, split=True, device=on)
        out = parts[0, voice].mean(0) * spread + mean
        return np.asarray(out.float().cpu().numpy(), np.float32)

    return Vocals(separate, model.samplerate)


def _read(directory: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return how the model is built and its tensors.

    The file says which class to build; only one is built, whatever it says.
    """
    from safetensors import safe_open

    files = sorted(directory.glob("*.safetensors"))
    if len(files) != 1:
        raise UserError(f"{directory}: one .safetensors of HTDemucs is needed, {len(files)} found")
    with safe_open(str(files[0]), framework="pt") as file:
        about = file.metadata() or {}
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    if about.get("klass") != _CLASS or "structure" in about:
        raise UserError(f"{files[0]}: not a plain {_CLASS}")
    return {name: _plain(json.loads(about[name])) for name in ("args", "kwargs")}, tensors


def _plain(value: Any) -> Any:
    """Return Demucs's JSON with its fractions as fractions."""
    if isinstance(value, dict):
        if value.get("_type") == "fraction":
            return Fraction(value["numerator"], value["denominator"])
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value
