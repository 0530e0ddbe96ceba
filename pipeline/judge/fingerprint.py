"""Fingerprints of sound: the hash of its samples, and landmarks that survive another encoding.

A landmark is three peaks of the spectrum (after Wang, An industrial-strength audio search
algorithm, ISMIR 2003, who takes two). Pairs are too common: among a million clips each is found in
hundreds. Of a clip's triples those that come first in a scrambled order are kept (a bottom-k
sketch, as MinHash does it), so that two copies keep the same ones, however many there are.
"""

import hashlib
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from auricle.experts.base import Waveform

RATE = 16_000
KEPT = 256
_WINDOW, _HOP = 1024, 256
_LOW, _HIGH = 6, 400
"""Bins that peaks are looked for in: 94 Hz to 6.2 kHz, which most encoders keep."""
_AROUND_FRAMES, _AROUND_BINS = 6, 12
"""A peak is the greatest of so many frames and bins to each side."""
_FLOOR = 1e-4
"""Of full scale; below it there is nothing to compare."""
_RANGE = 1e-6
"""Of the power of the clip's greatest peak; encoders leave out what they like of what is below."""
_AHEAD, _NEAREST, _FARTHEST = 12, 2, 63
"""A peak is joined with two of the next so many peaks, 32 ms to a second later."""
_COARSE = 2
"""Bins and frames that a hash takes for the same, as copies move a peak by one."""


class Landmarks(NamedTuple):
    """Hashes of 32 bits, and the frame of 16 ms where each stands; both [at most 256]."""

    hashes: NDArray[np.uint32]
    frames: NDArray[np.int32]


def sample_hash(samples: Waveform, rate: int) -> str:
    """Return the SHA-256 of a sound as 16-bit samples, [samples], and its rate in Hz."""
    whole = np.clip(np.round(samples * 32768), -32768, 32767).astype("<i2")
    return hashlib.sha256(f"{rate}:".encode() + whole.tobytes()).hexdigest()


def landmarks(samples: Waveform, rate: int) -> Landmarks:
    """Return the landmarks of a mono sound at 16 kHz, [samples]; silence has none.

    They do not depend on its level. A copy that begins elsewhere has them at other frames.
    """
    assert rate == RATE
    if len(samples) < _WINDOW or float(np.abs(samples).max()) < _FLOOR:
        return Landmarks(np.zeros(0, np.uint32), np.zeros(0, np.int32))
    frames, bins = _peaks(_power(samples))
    return _sketch(*_triples(frames, bins))


def _power(samples: Waveform) -> NDArray[np.float32]:
    """Return the power spectrum, [frames, bins]."""
    from scipy.fft import rfft
    from scipy.signal.windows import hann

    cut = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::_HOP]
    found = rfft(cut * hann(_WINDOW).astype(np.float32), axis=1)[:, _LOW:_HIGH]
    return np.asarray(found.real**2 + found.imag**2, np.float32)


def _peaks(power: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return frame and bin of the peaks, in order of time."""
    wide = np.pad(power, ((_AROUND_FRAMES,) * 2, (_AROUND_BINS,) * 2))
    greatest = _greatest(_greatest(wide, 2 * _AROUND_FRAMES + 1).T, 2 * _AROUND_BINS + 1).T
    frames, bins = np.nonzero((power == greatest) & (power > power.max() * _RANGE))
    return frames, bins


def _greatest(values: NDArray[np.float32], length: int) -> NDArray[np.float32]:
    """Return the greatest of every `length` rows in a row; windows double, so it takes log steps.

    SciPy's maximum_filter gives the same in six times the time.
    """
    done = 1
    while 2 * done <= length:
        values = np.maximum(values[:-done], values[done:])
        done *= 2
    rest = length - done
    return np.maximum(values[: len(values) - rest], values[rest:])


def _triples(
    frames: NDArray[np.int64], bins: NDArray[np.int64]
) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """Return what tells every three peaks from others, and the frame of the first."""
    count, bins = len(frames), bins // _COARSE
    keys, at = [np.zeros(0, np.uint64)], [np.zeros(0, np.int32)]
    for third in range(2, min(_AHEAD + 1, count)):
        for second in range(1, third):
            first = slice(0, count - third)
            middle = slice(second, count - third + second)
            near = frames[middle] - frames[first]
            far = frames[third:] - frames[first]
            fits = (near >= _NEAREST) & (far - near >= _NEAREST) & (far <= _FARTHEST)
            key = bins[first] << 40 | bins[middle] << 30 | bins[third:] << 20
            key |= near // _COARSE << 10 | far // _COARSE
            keys.append(key[fits].astype(np.uint64))
            at.append(frames[first][fits].astype(np.int32))
    return np.concatenate(keys), np.concatenate(at)


def _sketch(keys: NDArray[np.uint64], at: NDArray[np.int32]) -> Landmarks:
    """Return the triples that come first in the scrambled order; of equal ones the first in time.

    The order is that of the upper half of the scrambled key, and the hash is its lower half: of
    what comes first, the upper halves are all small and would meet by chance.
    """
    mixed = _scrambled(keys)
    order = np.lexsort((at, mixed)) if len(mixed) <= 4 * KEPT else _few(mixed, at)
    found, first = np.unique(mixed[order], return_index=True)
    if len(found) < KEPT and len(order) < len(mixed):  # many are equal: look at all
        order = np.lexsort((at, mixed))
        found, first = np.unique(mixed[order], return_index=True)
    hashes = (found[:KEPT] & np.uint64(0xFFFFFFFF)).astype(np.uint32)
    return Landmarks(hashes, at[order[first[:KEPT]]])


def _few(mixed: NDArray[np.uint64], at: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the places of the smallest values, with all that equal them, in order."""
    limit = np.partition(mixed, 4 * KEPT)[4 * KEPT]
    few = np.flatnonzero(mixed <= limit)
    return np.asarray(few[np.lexsort((at[few], mixed[few]))], np.int64)


def _scrambled(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return keys without any order (the finalizer of SplitMix64, which loses nothing)."""
    mixed = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)), np.uint64)
