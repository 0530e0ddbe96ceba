"""A picture of a clip's sound: time to the right, frequency upwards, louder is brighter."""

import io
from functools import cache

import numpy as np
from numpy.typing import NDArray

from auricle.experts.sound import decode_flac

WIDTH, HEIGHT = 800, 96
"""Pixels. The time axis has no margins, so that other lanes can share it."""
_WINDOW = 512
_LOWEST, _HIGHEST = 60.0, 8000.0
"""Hz, of the lower and the upper edge; rows are even in mel."""
_RANGE = 70.0
"""dB under the loudest point that are drawn."""
_SHADES = 48
"""Steps of brightness: more make the file larger and look the same."""
_INKS = ((0.0, (12, 10, 32)), (0.3, (70, 22, 110)), (0.6, (196, 60, 90)),
         (0.82, (250, 150, 60)), (1.0, (255, 246, 196)))  # fmt: skip
"""Colours by level, evenly brighter, so that they read in grey as well."""


def png(flac: bytes) -> bytes:
    """Return the spectrogram of a FLAC file as a PNG file of `WIDTH` x `HEIGHT` pixels.

    Raises:
        ValueError: the bytes are no sound.
    """
    from PIL import Image

    samples, rate = decode_flac(flac)
    levels = _levels(np.asarray(samples, np.float32), rate)
    image = Image.fromarray((levels * (_SHADES - 1)).astype(np.uint8), mode="P")
    image.putpalette(_palette())
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


def _levels(samples: NDArray[np.float32], rate: int) -> NDArray[np.float64]:
    """Return the level of each pixel, 0 to 1, [height, width], the highest frequency on top."""
    padded = np.pad(samples, (_WINDOW // 2, _WINDOW))
    starts = np.linspace(0, len(samples), WIDTH, endpoint=False).astype(int)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[starts]
    power = np.abs(np.fft.rfft(frames * np.hanning(_WINDOW), axis=1)) ** 2
    decibels = 10 * np.log10(power @ _bands(rate) + 1e-10)
    top = max(float(decibels.max()), -20.0)  # what is quiet looks quiet
    levels: NDArray[np.float64] = np.clip((decibels - top) / _RANGE + 1, 0, 1)
    return np.ascontiguousarray(levels.T[::-1])


@cache
def _bands(rate: int) -> NDArray[np.float64]:
    """Return how much of each bin goes to each row, [bins, rows]; rows are triangles in mel."""
    bins = np.arange(_WINDOW // 2 + 1) * rate / _WINDOW
    edges = np.linspace(_mel(_LOWEST), _mel(min(_HIGHEST, rate / 2)), HEIGHT + 2)
    mels = _mel(bins)[:, None]
    rise = (mels - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - mels) / (edges[2:] - edges[1:-1])
    weights = np.clip(np.minimum(rise, fall), 0, None)
    empty = weights.sum(0) == 0  # low rows are narrower than a bin: they take the nearest
    nearest = np.abs(mels - edges[1:-1]).argmin(0)
    weights[nearest[empty], np.flatnonzero(empty)] = 1
    return np.asarray(weights / weights.sum(0), np.float64)


def _mel(hertz: float | NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(2595 * np.log10(1 + np.asarray(hertz) / 700), np.float64)


def _palette() -> list[int]:
    places = [place for place, _ in _INKS]
    shades = np.linspace(0, 1, _SHADES)
    channels = [np.interp(shades, places, [ink[c] for _, ink in _INKS]) for c in range(3)]
    return [int(value) for value in np.stack(channels, 1).round().ravel()]
