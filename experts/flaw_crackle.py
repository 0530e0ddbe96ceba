"""Crackle: clicks that are gone within a millisecond, as from a record or a bad contact."""

import numpy as np

from auricle.experts.base import Waveform

_BLOCK = 0.001  # s
_AROUND = 20  # blocks to each side
_STANDS_OUT = 12.0  # amplitude over the median around it
_AUDIBLE = 10 ** (-60 / 20)


def clicks(waveform: Waveform, rate: int) -> int:
    """Return how many clicks stand out of the upper half of the spectrum of mono sound.

    The second difference takes the low half away; a click is one block of a millisecond, or two,
    that stand alone among quiet ones.
    """
    from scipy import ndimage

    size = max(1, round(_BLOCK * rate))
    sharp = np.abs(np.diff(waveform, 2)) / 4
    blocks = sharp[: len(sharp) // size * size].reshape(-1, size).max(axis=1)
    if len(blocks) < 4 * _AROUND:
        return 0
    median = ndimage.median_filter(blocks, 2 * _AROUND + 1, mode="mirror")
    high = (blocks > _STANDS_OUT * median) & (blocks > _AUDIBLE)
    edges = np.diff(np.r_[False, high, False].astype(np.int8))
    lengths = np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1)
    # Beside a click it is quiet within 3 ms to each side: an attack rings on.
    starts = np.flatnonzero(edges == 1)
    alone = [
        length <= 2 and _calm(blocks, median, int(start), int(length))
        for start, length in zip(starts, lengths, strict=True)
    ]
    return int(np.sum(alone))


def _calm(blocks: Waveform, median: Waveform, start: int, length: int) -> bool:
    after = blocks[start + length + 1 : start + length + 6]
    before = blocks[max(0, start - 6) : max(0, start - 1)]
    limit = _STANDS_OUT / 3 * median[start]
    return bool(len(after) and len(before) and max(after.max(), before.max()) < limit)
