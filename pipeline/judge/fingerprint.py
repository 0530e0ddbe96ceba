"""Fingerprints of sound: the hash of its samples, and landmarks that survive another encoding.

Landmarks are pairs of peaks of the spectrum (Wang, An industrial-strength audio search algorithm,
ISMIR 2003). Of a clip's pairs those with the smallest scrambled hashes are kept (a bottom-k sketch,
as MinHash does it), so that two copies keep the same ones, however many there are.
"""

import hashlib
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from auricle.experts.base import Waveform

RATE = 16_000
KEPT = 128
_WINDOW, _HOP = 1024, 256
_LOW, _HIGH = 6, 400
"""Bins that peaks are looked for in: 94 Hz to 6.2 kHz, which most encoders keep."""
_AROUND_TIME, _AROUND_BINS = 7, 12
"""A peak is the greatest of so many frames and bins to each side."""
_FLOOR = 1e-4
"""Of full scale; below it there is nothing to compare."""
_RANGE = 60.0
"""dB below the clip's greatest peak, after which encoders leave out what they like."""
_FAN, _NEAREST, _FARTHEST = 6, 2, 63
"""A peak is paired with the next so many peaks between 32 ms and a second later."""
_MIX = np.uint32(0x9E3779B1)


class Landmarks(NamedTuple):
    """Hashes of 32 bits, and the frame of 16 ms where each stands; both [at most 128]."""

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
    frames, bins = _peaks(_levels(samples))
    hashes, at = _pairs(frames, bins)
    return _sketch(hashes, at)


def _levels(samples: Waveform) -> NDArray[np.float32]:
    """Return the spectrum in dB, [frames, bins]."""
    from scipy.signal.windows import hann

    count = 1 + (len(samples) - _WINDOW) // _HOP
    cut = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::_HOP][:count]
    power = np.abs(np.fft.rfft(cut * hann(_WINDOW).astype(np.float32), axis=1)[:, _LOW:_HIGH])
    return np.asarray(20 * np.log10(power + 1e-9), np.float32)


def _peaks(levels: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return frame and bin of the peaks, in order of time."""
    from scipy.ndimage import maximum_filter

    size = (2 * _AROUND_TIME + 1, 2 * _AROUND_BINS + 1)
    greatest = maximum_filter(levels, size, mode="constant", cval=-np.inf)
    found = (levels == greatest) & (levels > levels.max() - _RANGE)
    frames, bins = np.nonzero(found)
    return frames, bins


def _pairs(
    frames: NDArray[np.int64], bins: NDArray[np.int64]
) -> tuple[NDArray[np.uint32], NDArray[np.int32]]:
    """Return the hash of every pair of peaks, and the frame of its first."""
    hashes, at = [], []
    for ahead in range(1, len(frames)):
        apart = frames[ahead:] - frames[:-ahead]
        if apart.min(initial=_FARTHEST + 1) > _FARTHEST:
            break
        near = (apart >= _NEAREST) & (apart <= _FARTHEST)
        first, second = bins[:-ahead][near], bins[ahead:][near]
        hashes.append((first << 15 | second << 6 | apart[near]).astype(np.uint32))
        at.append(frames[:-ahead][near])
        if ahead >= 4 * _FAN:
            break
    if not hashes:
        return np.zeros(0, np.uint32), np.zeros(0, np.int32)
    return np.concatenate(hashes), np.concatenate(at).astype(np.int32)


def _sketch(hashes: NDArray[np.uint32], at: NDArray[np.int32]) -> Landmarks:
    """Return the pairs whose scrambled hashes are the smallest; of equal ones the first."""
    mixed = _scrambled(hashes)
    order = np.lexsort((at, mixed))
    _, first = np.unique(mixed[order], return_index=True)
    kept = order[first[:KEPT]]
    return Landmarks(mixed[kept], at[kept])


def _scrambled(hashes: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return hashes without any order (the finalizer of MurmurHash3, which loses nothing)."""
    mixed = hashes ^ (hashes >> np.uint32(16))
    mixed = mixed * np.uint32(0x85EBCA6B)
    mixed ^= mixed >> np.uint32(13)
    mixed = mixed * np.uint32(0xC2B2AE35)
    return np.asarray(mixed ^ (mixed >> np.uint32(16)), np.uint32)
