"""Mains hum: a tone at 50 or 60 Hz with its harmonics that never stops."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from auricle.experts.base import Waveform

_SECONDS = 0.5  # of a window: bins are 2 Hz wide, and some windows fall into a pause
_SHORTEST = 2.0  # s of sound that are needed
_MAINS = (50.0, 60.0)
_DRIFT = 0.4  # Hz that the mains may be off
_HARMONICS = 10
_STANDS_OUT = 9.0  # dB over the neighbourhood, all the time
_NEEDED = 5  # harmonics that stand out
_AUDIBLE = -72.0  # dBFS, all harmonics together

Spectrum = NDArray[np.float64]


class Hum(NamedTuple):
    """A hum: frequency of the mains in Hz, how many harmonics stand out, level in dBFS."""

    hz: float
    harmonics: int
    level: float


def hum(waveform: Waveform, rate: int) -> Hum | None:
    """Return the hum in mono sound of 2 s or more, or None.

    What counts is the spectrum in the quietest tenth of the windows, bin by bin: voices and music
    move away from a frequency, the mains do not.
    """
    from scipy import fft

    size = round(_SECONDS * rate)
    if len(waveform) < _SHORTEST * rate:
        return None
    frames = np.lib.stride_tricks.sliding_window_view(waveform, size)[:: size // 4]
    window = np.hanning(size).astype(np.float32)
    top = int(_MAINS[-1] * (_HARMONICS + 1) * size / rate)
    power = np.abs(fft.rfft(frames * window)[:, :top]) ** 2 / (window.sum() / 2) ** 2 / 2
    steady = 10 * np.log10(np.percentile(power, 10, axis=0) + 1e-14)
    found = [_at(steady, mains, rate / size) for mains in _MAINS]
    best = max(found, key=lambda one: one.harmonics)
    return best if best.harmonics >= _NEEDED and best.level >= _AUDIBLE else None


def _at(steady: Spectrum, mains: float, width: float) -> Hum:
    """Return how strongly the harmonics of a mains frequency stand out; `width` of a bin in Hz."""
    count, total = 0, 0.0
    for number in range(1, _HARMONICS + 1):
        middle, reach = number * mains / width, max(1.0, number * _DRIFT / width)
        near = steady[int(middle - reach) : int(middle + reach) + 2]
        around = np.r_[
            steady[max(0, int(middle - 16)) : int(middle - 5)],
            steady[int(middle + 6) : int(middle + 17)],
        ]
        if len(around) and near.max() - np.median(around) >= _STANDS_OUT:
            count += 1
            total += 10 ** (near.max() / 10)
    level = 10 * np.log10(total) if total else -140.0
    return Hum(mains, count, round(float(level), 1))
