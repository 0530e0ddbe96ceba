"""The musicnn network in numpy: a mel spectrogram in, 50 tag probabilities out.

Architecture and settings: Pons and Serra, "musicnn: pre-trained convolutional neural networks for
music audio tagging", ISMIR late breaking 2019, arXiv 1909.06654.
"""

from collections.abc import Mapping
from typing import NamedTuple, Self

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from auricle.experts.base import Waveform

SAMPLE_RATE = 16_000
PATCH_FRAMES = 187  # 3 s, what the networks were trained on
HOP = 256  # samples from frame to frame
_FFT, _MELS = 512, 96
_EPSILON = 1e-3  # of batch normalisation in TensorFlow

Array = NDArray[np.float32]


def log_mel(waveform: Waveform) -> Array:
    """Return log10(1 + 10000 mel power), [frames, 96], for samples at 16 kHz.

    The same figures as librosa's `melspectrogram` (Slaney scale and norm, power, reflected edges)
    with n_fft 512 and a hop of 256 samples. Needs more than 256 samples.
    """
    frames = sliding_window_view(np.pad(waveform, _FFT // 2, mode="reflect"), _FFT)[::HOP]
    power = np.abs(np.fft.rfft(frames * _hann(_FFT))) ** 2
    mel: Array = power.astype(np.float32) @ mel_filters(SAMPLE_RATE, _FFT, _MELS)
    return np.log10(1 + 10_000 * mel)


def mel_filters(sample_rate: int, fft: int, mels: int) -> Array:
    """Return triangular filters of equal area on Slaney's mel scale, [fft // 2 + 1, mels]."""
    edges = _slaney_hz(np.linspace(0, _slaney_mel(sample_rate / 2), mels + 2))
    bins = np.fft.rfftfreq(fft, 1 / sample_rate)
    widths = np.diff(edges)
    rising = (bins[:, None] - edges[:-2]) / widths[:-1]
    falling = (edges[2:] - bins[:, None]) / widths[1:]
    area = 2 / (edges[2:] - edges[:-2])
    return (np.maximum(0, np.minimum(rising, falling)) * area).astype(np.float32)


class Musicnn:
    """One musicnn model; its weights are the tensors of its checkpoint, by name."""

    def __init__(self, tensors: Mapping[str, Array]):
        blocks = [_Block.read(tensors, index) for index in range(8)]
        self._front, self._middle = blocks[:5], blocks[5:]
        self._input, self._pooled, self._hidden = (_Norm.read(tensors, i) for i in (0, 9, 10))
        self._dense = _Dense.read(tensors, "dense")
        self._tags = _Dense.read(tensors, "dense_1")

    def __call__(self, patch: Array) -> Array:
        """Return the tag probabilities, [tags], of a log-mel patch, [frames, 96]."""
        sound = self._input(patch)
        front = np.concatenate([block(sound) for block in self._front], 1)
        first = self._middle[0](front)
        second = self._middle[1](first) + first
        third = self._middle[2](second) + second
        features = np.concatenate([front, first, second, third], 1)
        pooled = np.stack([features.max(0), features.mean(0)], 1).ravel()
        hidden = self._hidden(np.maximum(self._dense(self._pooled(pooled)), 0))
        return np.asarray(1 / (1 + np.exp(-self._tags(hidden))), np.float32)


class _Norm(NamedTuple):
    """Batch normalisation as it is used: a scale and a shift."""

    scale: Array
    shift: Array

    @classmethod
    def read(cls, tensors: Mapping[str, Array], index: int) -> Self:
        name = f"batch_normalization_{index}" if index else "batch_normalization"
        scale = tensors[f"{name}/gamma"] / np.sqrt(tensors[f"{name}/moving_variance"] + _EPSILON)
        return cls(scale, tensors[f"{name}/beta"] - tensors[f"{name}/moving_mean"] * scale)

    def __call__(self, values: Array) -> Array:
        return values * self.scale + self.shift


class _Dense(NamedTuple):
    """A fully connected layer."""

    kernel: Array
    bias: Array

    @classmethod
    def read(cls, tensors: Mapping[str, Array], name: str) -> Self:
        return cls(tensors[f"{name}/kernel"], tensors[f"{name}/bias"])

    def __call__(self, values: Array) -> Array:
        return values @ self.kernel + self.bias


class _Block(NamedTuple):
    """Convolution, ReLU, normalisation, and the maximum over frequency: [time, filters].

    ReLU and normalisation act on each filter alone and never turn the order round, except where a
    filter's scale is negative. With the kernels of those filters negated, the maximum can be taken
    first, and the rest is done on a thirtieth of the values.
    """

    kernel: Array
    sign: Array
    bias: Array
    norm: _Norm
    size: tuple[int, int]

    @classmethod
    def read(cls, tensors: Mapping[str, Array], index: int) -> Self:
        name = f"conv2d_{index}" if index else "conv2d"
        norm = _Norm.read(tensors, index + 1)
        kernel = tensors[f"{name}/kernel"]
        frames, bands, _, filters = kernel.shape
        sign = np.where(norm.scale < 0, np.float32(-1), np.float32(1))
        flat = kernel.reshape(frames * bands, filters) * sign
        return cls(flat, sign, tensors[f"{name}/bias"], norm, (frames, bands))

    def __call__(self, image: Array) -> Array:
        frames = self.size[0]
        padded = np.pad(image, (((frames - 1) // 2, frames // 2), (0, 0)))
        windows = sliding_window_view(padded, self.size)
        time, bands = windows.shape[:2]
        products = windows.reshape(time * bands, -1) @ self.kernel
        peaks = products.reshape(time, bands, -1).max(1)
        return self.norm(np.maximum(peaks * self.sign + self.bias, 0))


def _hann(size: int) -> NDArray[np.float64]:
    """Return the periodic Hann window."""
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)


# Slaney's mel scale (Auditory Toolbox, 1998): linear to 1 kHz, then 27 steps for a factor of 6.4.
_LINEAR_STEP, _CORNER_HZ = 200 / 3, 1000.0
_CORNER_MEL, _LOG_STEP = _CORNER_HZ / _LINEAR_STEP, np.log(6.4) / 27


def _slaney_mel(hz: float) -> float:
    if hz < _CORNER_HZ:
        return hz / _LINEAR_STEP
    return float(_CORNER_MEL + np.log(hz / _CORNER_HZ) / _LOG_STEP)


def _slaney_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    logarithmic = _CORNER_HZ * np.exp(_LOG_STEP * (mel - _CORNER_MEL))
    return np.where(mel < _CORNER_MEL, mel * _LINEAR_STEP, logarithmic)
