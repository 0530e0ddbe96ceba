"""Windows of sound, in batches that do not change what a window gives.

A runtime may pick other kernels for another batch size, and their last bits differ. So that a clip
gets the same values in every company, batches here are always full: fillers take the free places.
"""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auricle.experts.base import Waveform

Values = NDArray[np.floating[Any]]


def mean_over(
    waveforms: Sequence[Waveform], size: int, run: Callable[[Sequence[Waveform]], Values]
) -> Values:
    """Return the mean of what `run` gives for the windows of each sound, [N, values].

    `run` is given the windows of all sounds, at most `size` samples long.
    """
    cut = [spread(waveform, size) for waveform in waveforms]
    values = run([window for windows in cut for window in windows])
    ends = np.cumsum([len(windows) for windows in cut])[:-1]
    return np.stack([part.mean(axis=0) for part in np.split(values, ends)])


def spread(waveform: Waveform, size: int) -> list[Waveform]:
    """Return the fewest windows of `size` samples that cover a sound, spread evenly over it.

    A shorter sound is its own window, as it is.
    """
    count = max(1, -(-len(waveform) // size))
    last = max(0, len(waveform) - size)
    starts = np.linspace(0, last, count).round().astype(int) if count > 1 else [0]
    return [waveform[start : start + size] for start in starts]


def grouped(kinds: Sequence[Any], size: int) -> list[list[int]]:
    """Return the places of like kinds, such as lengths, at most `size` of them together."""
    order = sorted(range(len(kinds)), key=lambda i: (kinds[i], i))
    same = [list(group) for _, group in groupby(order, key=lambda i: kinds[i])]
    return [group[at : at + size] for group in same for at in range(0, len(group), size)]


def run_full(
    windows: Sequence[Waveform], size: int, batch: int, run: Callable[[Values], Values]
) -> Values:
    """Return what `run` gives for each window, [N, values]; it is given [windows, samples].

    Windows of `size` samples go `batch` at a time, others alone.
    """
    found: dict[int, Values] = {}
    whole = [i for i, window in enumerate(windows) if len(window) == size]
    for start in range(0, len(whole), batch):
        group = whole[start : start + batch]
        filled = [windows[i] for i in group + group[:1] * (batch - len(group))]
        found.update(zip(group, run(np.stack(filled)), strict=False))
    for i, window in enumerate(windows):
        if len(window) != size:
            found[i] = run(window[np.newaxis])[0]
    return np.stack([found[i] for i in range(len(windows))])
