"""The speaker encoder of Resemblyzer in numpy: voices in, directions in a space of 256 out.

Network and training: Wan, Wang, Papir and Lopez Moreno, "Generalized end-to-end loss for speaker
verification", ICASSP 2018, arXiv 1710.10467. Settings and weights: Resemblyzer 0.1.4 (Resemble AI).
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from auricle.experts.base import Waveform
from auricle.experts.musicnn_net import mel_filters

SAMPLE_RATE = 16_000
HOP = 160
"""Samples from frame to frame."""
SIZE = 256
"""Numbers in an embedding."""

_FFT, _MELS, _LAYERS = 400, 40, 3
_TYPICAL_DB = (
    *(-15.2, -9.3, -6.7, -7.9, -9.5, -8.9, -9.0, -10.0, -11.4, -13.0),
    *(-14.9, -16.7, -17.5, -18.0, -18.5, -18.7, -19.4, -19.4, -19.7, -20.0),
    *(-20.8, -21.8, -23.0, -24.0, -24.4, -24.6, -25.3, -26.1, -26.7, -27.5),
    *(-28.5, -28.5, -28.9, -29.0, -29.3, -30.4, -31.7, -33.4, -35.0, -36.2),
)
"""Mel power of speech, the mean in dB over 56 clips of 41 speakers of LibriSpeech (CC BY 4.0)."""

Array = NDArray[np.float32]


def mel_frames(waveform: Waveform) -> Array:
    """Return mel power (not its logarithm), [frames, 40], for samples at 16 kHz.

    Frame i looks at 25 ms around sample 160 i. The same figures as librosa's `melspectrogram`
    with Resemblyzer's settings, zeros beyond the edges.
    """
    padded = np.pad(waveform, _FFT // 2)
    frames = sliding_window_view(padded, _FFT)[::HOP]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_FFT) / _FFT)
    power = np.abs(np.fft.rfft(frames * hann)) ** 2
    return np.asarray(power.astype(np.float32) @ mel_filters(SAMPLE_RATE, _FFT, _MELS))


def equalised(mel: Array, spoken: NDArray[np.bool_]) -> Array:
    """Return mel frames in the level and half-way in the colour of read speech close by.

    `spoken` says which frames hold speech. The network hears power, not its logarithm, so that a
    far or dull microphone makes all its voices alike. On meeting windows of 1.2 s the area under
    the curve of same against other speaker rises from .89 to .98; on read speech it stays. The
    whole way would take out what sets a lone voice apart from others.
    """
    typical = 10 ** (np.array(_TYPICAL_DB) / 10)
    mean = (mel[spoken] if spoken.any() else mel).mean(0) + 1e-10
    factors = np.sqrt(typical / mean)
    return np.asarray(mel * factors * (typical.sum() / (factors * mean).sum()), np.float32)


class SpeakerNet:
    """Three LSTM layers and a projection; its weights are its checkpoint's tensors, by name."""

    def __init__(self, tensors: Mapping[str, Array]):
        self._layers = [_Layer(tensors, index) for index in range(_LAYERS)]
        self._kernel = np.ascontiguousarray(tensors["linear.weight"].T)
        self._bias = np.array(tensors["linear.bias"])

    def __call__(self, windows: Sequence[Array]) -> Array:
        """Return the embedding of each window of mel frames, unit length: [windows, 256].

        Windows may differ in length; none may be empty.
        """
        lengths = np.array([len(window) for window in windows])
        sound = np.zeros((lengths.max(), len(windows), _MELS), np.float32)
        for index, window in enumerate(windows):
            sound[: len(window), index] = window
        for layer in self._layers:
            sound = layer(sound)
        last = sound[lengths - 1, np.arange(len(windows))]
        raw = np.maximum(last @ self._kernel + self._bias, 0)
        return np.asarray(raw / np.maximum(np.linalg.norm(raw, axis=1, keepdims=True), 1e-9))


class _Layer:
    """A layer of long short-term memory, in PyTorch's order of gates: in, forget, new, out."""

    def __init__(self, tensors: Mapping[str, Array], index: int):
        self._from_below = _halved(tensors[f"lstm.weight_ih_l{index}"]).T.copy()
        self._from_before = _halved(tensors[f"lstm.weight_hh_l{index}"]).T.copy()
        bias = tensors[f"lstm.bias_ih_l{index}"] + tensors[f"lstm.bias_hh_l{index}"]
        self._bias = _halved(bias)

    def __call__(self, below: Array) -> Array:
        """Return the hidden state after each frame, [frames, windows, 256]."""
        frames, windows, _ = below.shape
        driven = below @ self._from_below + self._bias
        out = np.empty((frames, windows, SIZE), np.float32)
        hidden = np.zeros((windows, SIZE), np.float32)
        cell = np.zeros((windows, SIZE), np.float32)
        for frame in range(frames):
            gates = np.tanh(driven[frame] + hidden @ self._from_before)
            entering, kept, new, leaving = np.split(gates, 4, axis=1)
            cell = (0.5 + 0.5 * kept) * cell + (0.5 + 0.5 * entering) * new
            hidden = (0.5 + 0.5 * leaving) * np.tanh(cell)
            out[frame] = hidden
        return out


def _halved(weights: Array) -> Array:
    """Return weights with those of three gates halved: a sigmoid is a tanh of half its input.

    sigmoid(x) = 0.5 + 0.5 tanh(x / 2), so one tanh serves all four gates.
    """
    factors = np.repeat(np.array([0.5, 0.5, 1.0, 0.5], np.float32), SIZE)
    return weights * factors.reshape(-1, *[1] * (weights.ndim - 1))
