"""The network of Silero VAD: its layers of convolution as matrix products, then its LSTM.

A runtime convolves each chunk of 32 ms by itself, which is a product of small matrices. All chunks
of a clip go through one product here, in a third of the time.
"""

from pathlib import Path
from typing import Any

import numpy as np

from auricle.experts.base import Waveform
from auricle.experts.onnx_cut import read_weights, rest_from

RATE = 16_000
CHUNK = 512
"""Samples of a chunk; there is one probability for each."""
_CONTEXT = 64  # samples before it that are heard with it
_FRAME, _HOP = 256, 128  # of the spectrum
_STRIDES = (1, 2, 2, 1)  # of the layers of convolution
_STATE = (1, 1, 128)


class SileroNet:
    """The network, loaded from the ONNX file; it must be of Silero VAD v6."""

    def __init__(self, path: Path, threads: int) -> None:
        import onnxruntime

        weights = read_weights(path)
        # Its rows are the cosines, then the sines of a Fourier transform, under a window.
        self._window = weights["encoder.feature_extractor.forward_basis_buffer"][0, 0]
        self._layers = [
            (
                weights[f"encoder.conv_layers.{i}.weight"].transpose(2, 1, 0).copy(),
                weights[f"encoder.conv_layers.{i}.bias"],
                stride,
            )
            for i, stride in enumerate(_STRIDES)
        ]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = threads
        model, self._input = rest_from(path, "LSTM")
        self._rest: Any = onnxruntime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"]
        )

    def probabilities(self, waveform: Waveform) -> Waveform:
        """Return the probability of speech in each chunk of a sound.

        The last chunk is filled with zeros.
        """
        chunks = np.pad(waveform, (0, -len(waveform) % CHUNK)).reshape(-1, CHUNK)
        heard = np.zeros((len(chunks), _CONTEXT + CHUNK + _CONTEXT), np.float32)
        heard[1:, :_CONTEXT] = chunks[:-1, -_CONTEXT:]
        heard[:, _CONTEXT:-_CONTEXT] = chunks
        heard[:, -_CONTEXT:] = heard[:, -_CONTEXT - 2 : -2 * _CONTEXT - 2 : -1]  # as in a mirror
        x = self._spectrum(heard)
        for weight, bias, stride in self._layers:
            x = _convolve(x, weight, bias, stride)
        state = np.zeros(_STATE, np.float32)
        found = self._rest.run(None, {self._input: x, "h": state, "c": state})[0]
        return np.asarray(found, np.float32).ravel()

    def _spectrum(self, heard: Waveform) -> Waveform:
        """Return magnitudes, [chunks, frames, bins]."""
        from scipy import fft

        frames = np.lib.stride_tricks.sliding_window_view(heard, _FRAME, axis=1)[:, ::_HOP]
        return np.asarray(np.abs(fft.rfft(frames * self._window, axis=2)))


def _convolve(x: Waveform, weight: Waveform, bias: Waveform, stride: int) -> Waveform:
    """Return the rectified convolution of [chunks, places, channels] with [3, channels, out].

    What a place hears lies side by side in a row of `x`, so that nothing is copied.
    """
    chunks, places, channels = x.shape
    rows, kernel = x.reshape(chunks, -1), weight.reshape(-1, weight.shape[2])
    y = np.empty((chunks, -(-places // stride), len(bias)), np.float32)
    for to, place in enumerate(range(0, places, stride)):
        first, last = max(0, place - 1), min(places, place + 2)
        heard = slice(first * channels, last * channels)
        used = slice((first - place + 1) * channels, (last - place + 1) * channels)
        np.matmul(rows[:, heard], kernel[used], out=y[:, to])
    y += bias
    return np.asarray(np.maximum(y, 0, out=y))
