"""CED and Dasheng in torch: waveforms in, AudioSet probabilities or a vector of the clip out.

Both are transformers over patches of a mel spectrogram that start with a batch normalisation of
its bands. Written from the papers and the names of the published tensors: Dinkel et al., "CED:
Consistent ensemble distillation for audio tagging", ICASSP 2024, arXiv 2308.11957, and Dinkel et
al., "Scaling up masked audio encoder learning for general audio classification", Interspeech
2024, arXiv 2406.06992. Imports torch: only for what loads the networks.
"""

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

from auricle.experts.torch_runtime import autocast
from auricle.schemas.errors import UserError

SAMPLE_RATE = 16_000
_FFT, _HOP, _BANDS = 512, 160, 64
_FLOOR = 120.0  # dB below the loudest point of a spectrogram

_HEADS = {192: 3, 256: 4, 384: 6, 768: 12, 1280: 16, 1536: 24}
"""Attention heads by width: CED tiny to base, Dasheng base, 0.6B and 1.2B."""

_PREFIX = re.compile(r"^(encoder|audio_encoder)\.")


class AudioTransformer:
    """One network; its weights are the tensors of a checkpoint, by name.

    Tensors in these docstrings are torch's; waveforms are float32 at 16 kHz, of equal length, at
    least 2400 samples (one patch of CED). On a GPU the transformer computes in 16 bits, the
    spectrogram and its normalisation in 32.
    """

    def __init__(
        self, tensors: dict[str, Any], heads: int, longest: int, device: Any = "cpu"
    ) -> None:
        """Take the tensors under the authors' names or the hub's; `longest` is in frames.

        Raises:
            UserError: a tensor is missing.
        """
        self._device = torch.device(device)
        self._tensors = {
            # A copy lies aligned, which a mapped file need not: kernels and last bits depend on it.
            _PREFIX.sub("", name).replace("init_bn.1.", "init_bn."): tensor.to(
                self._device, torch.float32, copy=True
            )
            for name, tensor in tensors.items()
        }
        self._heads, self._longest = heads, longest
        self._depth = sum(name.endswith(".attn.qkv.weight") for name in self._tensors)
        self._window = torch.hann_window(_FFT, device=self._device)
        self._filters = _mel_filters().to(self._device)
        for name in ("init_bn.running_var", "patch_embed.proj.weight", "norm.weight"):
            self._of(name)

    @property
    def width(self) -> int:
        """Length of a vector."""
        return int(self._of("norm.weight").shape[0])

    @property
    def classes(self) -> int:
        """How many probabilities it gives; 0 for a network that only gives vectors."""
        bias = self._tensors.get("outputlayer.1.bias")
        return 0 if bias is None else int(bias.shape[0])

    def probabilities(self, waveforms: Any) -> Any:
        """Return the probability of each class in each sound, [N, samples] to [N, classes].

        A sound of more than `longest` frames is cut there, and the mean of its parts returned.
        """
        with torch.inference_mode():
            normal = self._normal(self.mel(waveforms))
            parts = [self._head(self._grid(part)) for part in self._parts(normal)]
            return torch.stack(parts).mean(0)

    def vectors(self, waveforms: Any) -> Any:
        """Return the mean of the network's output over time, [N, samples] to [N, width]."""
        with torch.inference_mode():
            normal = self._normal(self.mel(waveforms))
            grid = torch.cat([self._grid(part) for part in self._parts(normal)], 2)
            heard = normal.shape[-1] // self._of("patch_embed.proj.weight").shape[-1]
            return grid[:, :, : max(1, heard)].mean((1, 2))

    def mel(self, waveforms: Any) -> Any:
        """Return mel power in dB, [N, samples] to [N, 64, frames]; 100 frames a second."""
        with torch.inference_mode():
            spectrum = torch.stft(
                waveforms.to(self._device),
                _FFT,
                _HOP,
                window=self._window,
                pad_mode="reflect",
                return_complex=True,
            )
            power = self._filters @ (spectrum.real.square() + spectrum.imag.square())
            decibels = 10 * power.clamp(min=1e-10).log10()
            loudest: Any = decibels.amax((1, 2), keepdim=True)
            return decibels.maximum(loudest - _FLOOR)

    def _normal(self, mel: Any) -> Any:
        names = ("running_mean", "running_var", "weight", "bias")
        mean, variance, weight, bias = (self._of(f"init_bn.{name}") for name in names)
        return functional.batch_norm(mel, mean, variance, weight, bias)

    def _parts(self, normal: Any) -> Iterator[Any]:
        """Yield a spectrogram in parts the network can take; the last is padded with zeros."""
        frames = normal.shape[-1]
        for start in range(0, frames, self._longest):
            part = normal[..., start : start + self._longest]
            missing = self._longest - part.shape[-1]
            yield functional.pad(part, (0, missing)) if start and missing else part

    def _grid(self, normal: Any) -> Any:
        """Return the output at each patch, [N, 64, frames] to [N, rows, columns, width]."""
        with autocast(self._device):
            weight = self._of("patch_embed.proj.weight")
            x = functional.conv2d(
                normal.unsqueeze(1),
                weight,
                self._of("patch_embed.proj.bias"),
                stride=tuple(weight.shape[2:]),
            )
            rows, columns = x.shape[2:]
            x = x + self._of("time_pos_embed")[..., :columns] + self._of("freq_pos_embed")
            x = x.flatten(2).transpose(1, 2)
            for index in range(self._depth):
                x = self._block(x, f"blocks.{index}")
            return self._layer_norm(x, "norm", 1e-6).float().unflatten(1, (rows, columns))

    def _block(self, x: Any, name: str) -> Any:
        x = x + self._scaled(self._attention(x, name), f"{name}.ls1")
        hidden = self._linear(self._layer_norm(x, f"{name}.norm2", 1e-6), f"{name}.mlp.fc1")
        return x + self._scaled(
            self._linear(functional.gelu(hidden), f"{name}.mlp.fc2"), f"{name}.ls2"
        )

    def _attention(self, x: Any, name: str) -> Any:
        normal = self._layer_norm(x, f"{name}.norm1", 1e-6)
        sizes = (3, self._heads, x.shape[-1] // self._heads)
        query, key, value = (
            self._linear(normal, f"{name}.attn.qkv").unflatten(-1, sizes).permute(2, 0, 3, 1, 4)
        )
        mixed = functional.scaled_dot_product_attention(query, key, value)
        return self._linear(mixed.transpose(1, 2).flatten(2), f"{name}.attn.proj")

    def _head(self, grid: Any) -> Any:
        pooled = self._layer_norm(grid.mean((1, 2)), "outputlayer.0", 1e-5)
        return self._linear(pooled, "outputlayer.1").sigmoid()

    def _layer_norm(self, x: Any, name: str, epsilon: float) -> Any:
        weight, bias = self._of(f"{name}.weight"), self._of(f"{name}.bias")
        return functional.layer_norm(x, weight.shape, weight, bias, epsilon)

    def _linear(self, x: Any, name: str) -> Any:
        return functional.linear(x, self._of(f"{name}.weight"), self._of(f"{name}.bias"))

    def _scaled(self, x: Any, name: str) -> Any:
        gamma = self._tensors.get(f"{name}.gamma")  # the encoder of MiDashengLM has it
        return x if gamma is None else x * gamma

    def _of(self, name: str) -> Any:
        if name not in self._tensors:
            raise UserError(f"there is no tensor {name}: this is no checkpoint of CED or Dasheng")
        return self._tensors[name]


def read_network(folder: Path, longest: int, device: Any) -> tuple[AudioTransformer, list[str]]:
    """Return the network of a folder and the names of its classes, [] if it does not say them.

    The folder holds `model.safetensors` and `config.json` as the hub has them, or the authors'
    own checkpoint (a .pt file). `longest` is how many frames it takes where the configuration
    does not say.

    Raises:
        UserError: what the folder holds is not that.
    """
    config: dict[str, Any] = {}
    if (path := folder / "config.json").is_file():
        config = json.loads(path.read_text("utf-8"))
        config |= config.get("encoder_kwargs") or {}
    tensors = _tensors(folder)
    width = next((len(t) for name, t in tensors.items() if name.endswith("proj.bias")), 0)
    heads = config.get("num_heads") or _HEADS.get(width)
    if not heads:
        raise UserError(f"{folder}: config.json does not say num_heads")
    longest = config.get("target_length") or longest
    names = config.get("id2label") or {}
    try:
        network = AudioTransformer(tensors, heads, longest, device)
    except UserError as error:
        raise UserError(f"{folder}: {error}") from None
    return network, [str(names[key]) for key in sorted(names, key=int)]


def _tensors(folder: Path) -> dict[str, Any]:
    """Return the weights by name; no code of the file is run."""
    for path in sorted(folder.glob("*.safetensors")):
        from safetensors.torch import load_file

        return dict(load_file(path))
    for path in sorted(folder.glob("*.pt")):
        found = torch.load(path, map_location="cpu", weights_only=True)
        return dict(found.get("model", found))
    raise UserError(f"{folder} holds no .safetensors or .pt file")


def _mel_filters() -> Any:
    """Return triangular filters of height 1 on the HTK mel scale, [64, 257].

    In 32 bits throughout, as in training: where a band is quiet the rounding shows in its decibels.
    """
    top = 2595 * math.log10(1 + SAMPLE_RATE / 2 / 700)
    edges = 700 * (10 ** (torch.linspace(0, top, _BANDS + 2) / 2595) - 1)
    bins = torch.linspace(0, SAMPLE_RATE // 2, _FFT // 2 + 1)
    widths = edges.diff()[:, None]
    rising = (bins - edges[:-2, None]) / widths[:-1]
    falling = (edges[2:, None] - bins) / widths[1:]
    return rising.minimum(falling).clamp(min=0)
