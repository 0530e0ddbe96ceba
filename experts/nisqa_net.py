"""The NISQA network: five opinions of a stretch of speech from its mel spectrogram.

Mittag, Naderi, Chehadi and Moeller, NISQA: a deep CNN-self-attention model for multidimensional
speech quality prediction with crowdsourced datasets, Interspeech 2021. Modules are named so that
the tensors of the authors' checkpoint (github.com/gabrielmittag/NISQA, version 2.0) fit; its
`args` say how large they are. It runs one length of sound at a time, so nothing is masked.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_max_pool2d, relu

OPINIONS = 5
"""Overall quality, noisiness, discontinuity, coloration, loudness: the order of the outputs."""


class Nisqa(nn.Module):
    """Mel segments, [clips, segments, bands, frames], to opinions, [clips, 5]."""

    def __init__(self, args: Mapping[str, Any]) -> None:
        super().__init__()
        self.cnn = _Named(_Convolutions(args))
        self.time_dependency = _Named(_Attention(args))
        self.pool_layers = nn.ModuleList(_Named(_Pool(args)) for _ in range(OPINIONS))

    def forward(self, segments: Tensor) -> Tensor:
        """Return the opinions, 1 to 5 as a rule."""
        frames = self.cnn(segments.flatten(0, 1)[:, None])
        seen = self.time_dependency(frames.unflatten(0, segments.shape[:2]))
        return torch.cat([pool(seen) for pool in self.pool_layers], dim=1)


class _Named(nn.Module):
    """Puts a module under the name `model`, as the checkpoint has it."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> Any:
        return self.model(x)


class _Convolutions(nn.Module):
    """Six convolutions over each segment, each with its normalisation: [N, features]."""

    def __init__(self, args: Mapping[str, Any]) -> None:
        super().__init__()
        self.pools = {1: args["cnn_pool_1"], 2: args["cnn_pool_2"], 4: args["cnn_pool_3"]}
        height, width = _pair(args["cnn_kernel_size"])
        first, second, third = (args[f"cnn_c_out_{number}"] for number in (1, 2, 3))
        channels = (1, first, second, third, third, third, third)
        for layer in range(1, 7):
            last = layer == 6
            kernel = (height, self.pools[4][1]) if last else (height, width)
            padding = (1, 0) if last or height == 1 else (1, 1)
            convolution = nn.Conv2d(channels[layer - 1], channels[layer], kernel, padding=padding)
            self.add_module(f"conv{layer}", convolution)
            self.add_module(f"bn{layer}", nn.BatchNorm2d(channels[layer]))

    def forward(self, x: Tensor) -> Tensor:
        for layer in range(1, 7):
            x = relu(getattr(self, f"bn{layer}")(getattr(self, f"conv{layer}")(x)))
            if layer in self.pools:
                x = adaptive_max_pool2d(x, tuple(self.pools[layer]))
        return x.flatten(1)


class _Attention(nn.Module):
    def __init__(self, args: Mapping[str, Any]) -> None:
        super().__init__()
        size = args["td_sa_d_model"]
        self.norm1 = nn.LayerNorm(size)
        self.linear = nn.Linear(args["cnn_c_out_3"] * args["cnn_pool_3"][0], size)
        self.layers = nn.ModuleList(_Layer(args) for _ in range(args["td_sa_num_layers"]))

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm1(self.linear(x))
        for layer in self.layers:
            x = layer(x)
        return x


class _Layer(nn.Module):
    def __init__(self, args: Mapping[str, Any]) -> None:
        super().__init__()
        size, hidden = args["td_sa_d_model"], args["td_sa_h"]
        self.self_attn = nn.MultiheadAttention(size, args["td_sa_nhead"], batch_first=True)
        self.linear1, self.linear2 = nn.Linear(size, hidden), nn.Linear(hidden, size)
        self.norm1, self.norm2 = nn.LayerNorm(size), nn.LayerNorm(size)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm1(x + self.self_attn(x, x, x, need_weights=False)[0])
        out: Tensor = self.norm2(x + self.linear2(relu(self.linear1(x))))
        return out


class _Pool(nn.Module):
    """Weighs the segments and reads one opinion off their mean: [clips, 1]."""

    def __init__(self, args: Mapping[str, Any]) -> None:
        super().__init__()
        size = args["td_sa_d_model"]
        self.linear1, self.linear2 = (
            nn.Linear(size, args["pool_att_h"]),
            nn.Linear(args["pool_att_h"], 1),
        )
        self.linear3 = nn.Linear(size, 1)

    def forward(self, x: Tensor) -> Tensor:
        weights = self.linear2(relu(self.linear1(x))).softmax(dim=1)
        opinion: Tensor = self.linear3((weights * x).sum(dim=1))
        return opinion


def _pair(kernel: Any) -> tuple[int, int]:
    height, width = (kernel, kernel) if isinstance(kernel, int) else kernel
    return height, width
