"""The single periods of a voice, and how much they differ: jitter and shimmer."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from auricle.experts.base import Waveform
from auricle.experts.pitch import STEP, PitchTrack

_SHORTEST, _LONGEST = 0.8, 1.25  # of the period that the pitch says
_LEAST_MATCH = 0.3  # correlation of two periods; less is no period
_NO_POWER = 1e-20  # of a piece: less is rounding
_MOST_CHANGE = 1.3  # of one period to the next, else they are not neighbours
_MOST_GROWTH = 1.6  # of one amplitude to the next
_LEAST_PERIODS = 30
_REACH = 0.2  # of a period, to both sides of its mark, that an amplitude is taken from

Floats = NDArray[np.float64]


class Periods(NamedTuple):
    """Neighbouring marks, one a glottal period: time and length in seconds, amplitude; [periods].

    `next` is true where the following entry begins where this one ends.
    """

    start: Floats
    length: Floats
    amplitude: Floats
    next: NDArray[np.bool_]


class Unsteadiness(NamedTuple):
    """Mean change from one period to the next, as a share of the mean."""

    jitter: float
    shimmer: float


def periods(
    waveform: Waveform, sample_rate: int, pitch: PitchTrack, inside: NDArray[np.bool_]
) -> Periods:
    """Return the periods of voiced stretches, found by matching each with the one before.

    Those that no frame of `inside`, [frames], belongs to are passed over.

    From the highest peak in the middle of a stretch the marks go out to both sides: each is put
    where the waveform correlates best with that of the last, between 0.8 and 1.25 of the period
    that the pitch gives (the cross-correlation method of Praat's manual, "Sound & Pitch: To
    PointProcess (cc)").
    """
    sound = waveform.astype(np.float64)
    energy = np.concatenate([[0.0], np.cumsum(sound * sound)])
    voice = _Voice(sound, energy, sample_rate, pitch.times, pitch.frequency.tolist())
    marks: list[float] = []
    ends: list[int] = []
    with np.errstate(divide="ignore", invalid="ignore"):
        for first, last in _stretches(pitch.voiced):
            if inside[first : last + 1].any():
                marks += _marks(voice, first, last)
                ends.append(len(marks) - 1)
    at = np.array(marks)
    begins = np.ones(len(at), np.bool_)  # a period
    begins[ends] = False
    length = np.diff(at)[begins[:-1]]
    follows = begins[1:][begins[:-1]]
    at = at[begins]
    amplitude = _amplitude(sound, at, length)
    return Periods(at / sample_rate, length / sample_rate, amplitude, follows)


def unsteadiness(found: Periods, inside: NDArray[np.bool_]) -> Unsteadiness | None:
    """Return jitter and shimmer of the periods inside; None if fewer than 30 are neighbours."""
    pairs = np.flatnonzero(found.next[:-1] & inside[:-1] & inside[1:])
    if not len(pairs):
        return None
    change = _changes(found.length, pairs, _MOST_CHANGE)
    growth = _changes(found.amplitude, pairs, _MOST_GROWTH)
    if min(len(change), len(growth)) < _LEAST_PERIODS:
        return None
    return Unsteadiness(
        float(change.mean() / found.length[inside].mean()),
        float(growth.mean() / found.amplitude[inside].mean()),
    )


def _changes(values: Floats, pairs: NDArray[np.intp], most: float) -> Floats:
    """Return the absolute changes of neighbours; leaps are errors of the marks and left out."""
    one, other = values[pairs], values[pairs + 1]
    near = (np.maximum(one, other) <= most * np.minimum(one, other)) & (one > 0)
    return np.asarray(np.abs(one - other)[near])


def _stretches(voiced: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the first and last frame of each voiced stretch."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], voiced, [False]]).astype(np.int8)))
    return [(int(first), int(after) - 1) for first, after in edges.reshape(-1, 2)]


class _Voice(NamedTuple):
    """A sound, its energy before each sample, and its pitch: times (s) and Hz of the frames."""

    sound: Floats
    energy: Floats
    sample_rate: int
    times: Floats
    hertz: list[float]

    def period(self, at: float, first: int, last: int) -> float:
        """Return the period in samples at a sample of a voiced stretch of frames."""
        place = (at / self.sample_rate - self.times.item(first)) / STEP
        if place <= 0:
            return self.sample_rate / self.hertz[first]
        before = first + int(place)
        if before >= last:
            return self.sample_rate / self.hertz[last]
        low = self.hertz[before]
        return self.sample_rate / (low + (first + place - before) * (self.hertz[before + 1] - low))


def _marks(voice: _Voice, first: int, last: int) -> list[float]:
    """Return the marks of one voiced stretch of frames, in samples, in time order."""
    begin, end = (voice.times.item(frame) * voice.sample_rate for frame in (first, last))
    middle = (begin + end) / 2
    half = voice.period(middle, first, last) / 2
    low = max(0, round(middle - half))
    near = np.abs(voice.sound[low : round(middle + half) + 1])
    highest = float(low + near.argmax())
    later, earlier = [highest], [highest]
    for marks, sign in ((later, 1), (earlier, -1)):
        mark: float | None = highest
        while mark is not None and begin <= mark <= end:
            mark = _match(voice, mark, voice.period(mark, first, last), sign)
            if mark is not None:
                marks.append(mark)
    return [*earlier[:0:-1], *later]


def _match(voice: _Voice, mark: float, period: float, sign: int) -> float | None:
    """Return where the waveform about a mark comes again, one period on, or None."""
    sound, energy = voice.sound, voice.energy
    half, here = round(period / 2), round(mark)
    least, most = int(_SHORTEST * period), math.ceil(_LONGEST * period)
    low, high = (here + least, here + most) if sign > 0 else (here - most, here - least)
    begin, end = low - half, high + half + 1
    if min(begin, here - half) < 0 or max(end, here + half + 1) > len(sound):
        return None
    match = np.correlate(sound[begin:end], sound[here - half : here + half + 1], "valid")
    power = energy[begin + 2 * half + 1 : end + 1] - energy[begin : end - 2 * half]
    scaled = match / np.sqrt(power)
    best = scaled.argmax().item()
    if not math.isfinite(scaled.item(best)):  # silence is among it
        scaled = match / np.sqrt(np.maximum(power, _NO_POWER))
        best = scaled.argmax().item()
    own = energy.item(here + half + 1) - energy.item(here - half)
    if scaled.item(best) < _LEAST_MATCH * math.sqrt(own):
        return None
    return mark + (low - here) + best + _offset(scaled, best)


def _offset(values: Floats, best: int) -> float:
    """Return how far a parabola's top lies from the highest of its three points."""
    if not 0 < best < len(values) - 1:
        return 0.0
    before, here, after = values.item(best - 1), values.item(best), values.item(best + 1)
    bend = 2 * here - before - after
    return (after - before) / 2 / bend if bend > 1e-12 * abs(here) else 0.0


def _amplitude(sound: Floats, at: Floats, length: Floats) -> Floats:
    """Return the RMS about each mark, under a Hanning window that reaches 0.2 of the period."""
    if not len(at):
        return np.zeros(0)
    reach = _REACH * length
    middle, most = np.round(at).astype(np.intp), np.ceil(reach).astype(np.intp)
    counts = 2 * most + 1
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])  # of each mark's samples in a row
    where = np.arange(counts.sum()) + np.repeat(middle - most - first, counts)
    away = np.abs(where - np.repeat(at, counts)) / np.repeat(reach, counts)
    weight = np.where(away < 1, 0.5 + 0.5 * np.cos(np.pi * away), 0.0)
    heard = np.square(sound[np.clip(where, 0, len(sound) - 1)]) * weight
    power = np.add.reduceat(heard, first) / np.maximum(np.add.reduceat(weight, first), 1e-12)
    return np.asarray(np.sqrt(power))
