"""Integrated loudness (ITU-R BS.1770-4), with the filters of pyloudnorm."""

import math
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from auricle.experts.base import Waveform

_SURROUND = {5: (1, 1, 1, 1.41, 1.41), 6: (1, 1, 1, 0, 1.41, 1.41)}  # weights of the channels
_BLOCK = 32  # samples that are filtered at once
_GROUP = 32  # blocks whose states are found at once

Floats = NDArray[np.float64]


def loudness(x: Waveform, rate: int) -> float | None:
    """Return the loudness in LUFS of [channels, samples].

    None under 0.4 s, or where no block is over -70.
    """
    hops = int(x.shape[1] * 10 / rate)  # a block is 0.4 s and begins every 0.1 s
    if hops < 4:
        return None
    edges = (np.arange(hops + 1) * rate / 10).astype(int)
    weights = np.array(_SURROUND.get(len(x), (1,) * len(x)), np.float64)
    energy = weights @ np.stack([_hop_energies(channel, edges, rate) for channel in x])
    blocks = np.convolve(energy, np.ones(4), "valid") / (0.4 * rate)
    blocks = blocks[blocks > _power(-70.0)]
    if not len(blocks):
        return None
    return _lufs(float(blocks[blocks > blocks.mean() / 10].mean()))


def _lufs(power: float) -> float:
    return 10 * math.log10(power) - 0.691


def _power(lufs: float) -> float:
    return float(10 ** ((lufs + 0.691) / 10))


class _Filter(NamedTuple):
    """What the samples of a block, and the state [4] before it, are multiplied with as rows.

    `heard` takes both and gives the output, [samples]. The state behind the block is the samples
    times `after` and the state times `decays`.
    """

    heard: Waveform
    after: Waveform
    decays: Floats


def _hop_energies(x: Waveform, edges: NDArray[np.int64], rate: int) -> Floats:
    """Return the energy of filtered sound from edge to edge, [hops].

    What went before a block is in its state alone. So the states are found first, and then all
    blocks are filtered at once.
    """
    way = _weighting(rate)
    samples = int(edges[-1])
    whole, rest = divmod(samples, _BLOCK)
    blocks = np.zeros((whole + 1, _BLOCK + 4), np.float32)
    blocks[:whole, :_BLOCK] = x[: samples - rest].reshape(-1, _BLOCK)
    blocks[whole, :rest] = x[samples - rest : samples]
    blocks[:, _BLOCK:] = _states((blocks[:, :_BLOCK] @ way.after).astype(np.float64), rate)
    filtered = blocks @ way.heard
    power = np.square(filtered, out=filtered).reshape(-1)[:samples]
    return np.asarray(np.add.reduceat(power, edges[:-1]), np.float64)


@cache
def _weighting(rate: int) -> _Filter:
    """Return the K-weighting: a shelf for the head, then a high-pass."""
    import scipy.signal
    from pyloudnorm import IIRfilter

    shelf = IIRfilter(4.0, 1 / math.sqrt(2), 1500.0, rate, "high_shelf")
    high_pass = IIRfilter(0.0, 0.5, 38.0, rate, "high_pass")
    sections = np.stack([np.r_[stage.b, stage.a] for stage in (shelf, high_pass)])
    impulses, silence = np.eye(_BLOCK), np.zeros((2, _BLOCK, 2))
    heard, after = scipy.signal.sosfilt(sections, impulses, zi=silence)
    nothing, each = np.zeros((4, _BLOCK)), np.eye(4).reshape(4, 2, 2).transpose(1, 0, 2)
    rings, decays = scipy.signal.sosfilt(sections, nothing, zi=each)
    return _Filter(
        np.vstack([heard, rings]).astype(np.float32),
        _rows(after).astype(np.float32),
        _rows(decays),
    )


def _rows(states: Floats) -> Floats:
    """Return the states of both sections, [sections, signals, 2], as [signals, 4]."""
    return np.asarray(states.transpose(1, 0, 2).reshape(-1, 4))


def _states(added: Floats, rate: int, level: int = 0) -> Floats:
    """Return the state before each block, [blocks, 4], by what each block adds to its end.

    Blocks are taken in groups; the states before the groups are found in the same way.
    """
    count, steps = len(added), _steps(rate, level)
    if count <= _GROUP:
        states = np.zeros((count, 4))
        for i in range(1, count):
            states[i] = states[i - 1] @ steps.decays + added[i - 1]
        return states
    groups = np.zeros((-(-count // _GROUP), 4 * _GROUP))
    groups.reshape(-1)[: 4 * count] = added.reshape(-1)
    states = groups @ steps.inside
    states += _states(groups @ steps.after, rate, level + 1) @ steps.rings
    return states.reshape(-1, 4)[:count]


class _Steps(NamedTuple):
    """What a group of blocks, and the state before it, are multiplied with.

    `inside` gives the states before its blocks and `after` the one behind it, where silence went
    before; `rings` is what the state before it adds to `inside`. `decays` is a single step.
    """

    inside: Floats
    after: Floats
    rings: Floats
    decays: Floats


@cache
def _steps(rate: int, level: int) -> _Steps:
    """Return the steps between blocks, or between groups of groups."""
    decays = _steps(rate, level - 1).decays if level else _weighting(rate).decays
    if level:
        decays = np.linalg.matrix_power(decays, _GROUP)
    powers = [np.linalg.matrix_power(decays, i) for i in range(_GROUP)]
    inside = np.zeros((_GROUP, 4, _GROUP, 4))
    for at in range(_GROUP):
        for to in range(at + 1, _GROUP):
            inside[at, :, to] = powers[to - at - 1]
    after, rings = np.vstack(powers[::-1]), np.hstack(powers)
    return _Steps(inside.reshape(4 * _GROUP, -1), after, rings, decays)
