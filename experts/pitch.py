"""The pitch of a voice: fundamental frequency and periodicity every 10 ms (autocorrelation)."""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from auricle.experts.base import Waveform
from auricle.experts.pitch_path import best_paths

STEP = 0.01
"""Seconds between frames."""
FLOOR, CEILING = 60.0, 600.0
"""Hz: what is looked for; a man's creak to a child's shout."""

_PERIODS = 3  # of the lowest pitch in a window
_CANDIDATES = 6  # a frame, beside being unvoiced
_FINER = 2  # lags a sample: the peaks are sharp
_SILENCE, _VOICING = 0.03, 0.45
_OCTAVE_COST, _JUMP_COST, _VOICING_COST = 0.01, 0.35, 0.14  # the last two a frame of 10 ms
_TOGETHER = 250  # frames: what is made of them fits into a processor's cache
_PEAK_DB = 60.0  # a periodicity of 1 would be an infinite ratio

Floats = NDArray[np.float64]


class PitchTrack(NamedTuple):
    """Frames [frames]: their middle (s), pitch (Hz, 0 where unvoiced) and periodicity (0 to 1).

    The periodicity is the share of the power that repeats with the pitch.
    """

    times: Floats
    frequency: Floats
    periodicity: Floats

    @property
    def voiced(self) -> NDArray[np.bool_]:
        """Which frames have a pitch."""
        return np.asarray(self.frequency > 0)

    @property
    def harmonicity(self) -> Floats:
        """Harmonics-to-noise ratio of each frame in dB, at most 60; of voiced frames only."""
        most = 1 / (1 + 10 ** (-_PEAK_DB / 10))
        share = np.clip(self.periodicity, 1 - most, most)
        return np.asarray(10 * np.log10(share / (1 - share)))


def track(waveform: Waveform, sample_rate: int) -> PitchTrack:
    """Return the pitch of a waveform [samples]; without frames if it is under 50 ms or silent."""
    return tracks([waveform], sample_rate)[0]


def tracks(waveforms: Sequence[Waveform], sample_rate: int) -> list[PitchTrack]:
    """Return the pitch of each waveform; together they take less time than one by one.

    After Boersma (Accurate short-term analysis of the fundamental frequency and the
    harmonics-to-noise ratio of a sampled sound, IFA Proceedings 17, 1993): the autocorrelation of
    a Hanning window over that of the window itself, candidates at its peaks, and the cheapest path
    through them. The costs are his.
    """
    heard = [_listen(waveform, sample_rate) for waveform in waveforms]
    octaves = [_octaves(one.frequency) for one in heard]
    paths = best_paths([one.worth for one in heard], octaves, _JUMP_COST, _VOICING_COST)
    found = []
    for one, path in zip(heard, paths, strict=True):
        at = np.arange(len(path)), path
        found.append(PitchTrack(one.times, one.frequency[at], one.strength[at]))
    return found


class _Heard(NamedTuple):
    """What each frame may be [frames, states]: unvoiced, or one of the candidates.

    Frequency and strength are 0 where it is unvoiced and where there are fewer candidates; the
    worth of those that are missing is -inf.
    """

    times: Floats
    frequency: Floats
    strength: Floats
    worth: Floats


def _listen(waveform: Waveform, sample_rate: int) -> _Heard:
    size = round(_PERIODS / FLOOR * sample_rate)
    if len(waveform) < size or not np.any(waveform):
        nothing = np.zeros((0, 1 + _CANDIDATES))
        return _Heard(np.zeros(0), nothing, nothing, nothing)
    frames = np.lib.stride_tricks.sliding_window_view(waveform, size)[:: round(STEP * sample_rate)]
    times = size / 2 / sample_rate + STEP * np.arange(len(frames), dtype=np.float64)
    loudest = max(float(np.abs(waveform).max()), 1e-9)
    mean = frames.mean(axis=1)
    reach = np.maximum(frames.max(axis=1) - mean, mean - frames.min(axis=1))
    level = reach.astype(np.float64) / loudest
    # A quieter frame cannot win against being unvoiced.
    loud = np.flatnonzero(level > _SILENCE / 3)
    found = []
    for start in range(0, len(loud), _TOGETHER):
        part = loud[start : start + _TOGETHER]
        found.append(_peaks(frames[part] - mean[part, np.newaxis], sample_rate))
        found[-1].frame[:] = part[found[-1].frame]
    frequency, strength = np.zeros((2, len(frames), 1 + _CANDIDATES))
    frequency[:, 1:], strength[:, 1:] = _candidates(found, len(frames), sample_rate)
    worth = np.where(frequency > 0, strength - _long_period(frequency), -np.inf)
    worth[:, 0] = _VOICING + np.maximum(0.0, 2 - level * (1 + _VOICING) / _SILENCE)
    return _Heard(times, frequency, strength, worth)


class _Peaks(NamedTuple):
    """Peaks of the autocorrelation: their frame and lag [peaks], and three values about each."""

    frame: NDArray[np.intp]
    lag: NDArray[np.intp]
    values: Floats
    """Before, at and after the lag, [3, peaks]."""


def _peaks(frames: Waveform, sample_rate: int) -> _Peaks:
    """Return the peaks of centred frames over 0, `_FINER` lags to a sample, in order."""
    whole, between = _correlation(frames, sample_rate)
    undone = _undone(frames.shape[1], sample_rate)
    r = np.empty((*whole.shape, _FINER), np.float32)
    power = np.maximum(whole[:, :1], 1e-20)
    for i, lags in enumerate((whole, between)):
        np.divide(lags, power, out=r[:, :, i])
    r *= undone
    values, width = r.ravel(), _FINER * whole.shape[1]
    rises = values[1:] > values[:-1]
    at = np.flatnonzero(rises[:-1] > rises[1:]) + 1
    at = at[values[at] > 0]
    frame, lag = np.divmod(at, width)
    inside = (lag >= int(_FINER * sample_rate / CEILING)) & (lag < width - 1)
    at, frame, lag = at[inside], frame[inside], lag[inside]
    around = np.stack([values[at + shift] for shift in (-1, 0, 1)])
    return _Peaks(frame, lag, around.astype(np.float64))


def _candidates(found: Sequence[_Peaks], frames: int, sample_rate: int) -> tuple[Floats, Floats]:
    """Return frequencies and strengths [frames, candidates] of the peaks, 0 where there are none.

    Peaks that are worth less than being unvoiced and changing to that and back are left out.
    """
    frequency, strength = np.zeros((2, frames, _CANDIDATES))
    if not found:
        return frequency, strength
    frame, lag, (before, here, after) = (
        np.concatenate(parts, axis=-1) for parts in zip(*found, strict=True)
    )
    bend = np.maximum(2 * here - before - after, 1e-12)
    offset = np.clip((after - before) / 2 / bend, -0.5, 0.5)
    height = np.minimum(here + (after - before) * offset / 4, 1.0)
    least = _VOICING - 2 * _VOICING_COST
    high = np.flatnonzero(height >= least + _long_period(np.array(2 * CEILING)))  # most are not
    frame, lag, here, height, offset = (x[high] for x in (frame, lag, here, height, offset))
    hertz = _FINER * sample_rate / (lag + offset)
    good = height - _long_period(hertz) >= least
    frame, height, hertz = frame[good], height[good], hertz[good]
    rank = here[good] - _long_period(_FINER * sample_rate / lag[good])
    order = np.argsort(frame - rank / 4, kind="stable")  # by frame, then falling rank
    frame = frame[order]
    first = np.searchsorted(frame, np.arange(frames))
    place = np.arange(len(frame)) - first[frame]  # in its frame, best first
    best = place < _CANDIDATES
    frequency[frame[best], place[best]] = hertz[order][best]
    strength[frame[best], place[best]] = height[order][best]
    return frequency, strength


def _correlation(frames: Waveform, sample_rate: int) -> tuple[Waveform, Waveform]:
    """Return the autocorrelation of frames under the window, [frames, lags] twice.

    First at whole lags, then half a sample later. Lags between samples are those of the spectrum
    padded to twice its length. The power has no phase, so that cosine transforms of a fourth of
    that length give the two kinds of lags.
    """
    from scipy import fft

    size, longest = frames.shape[1], round(sample_rate / FLOOR) + 2
    half = fft.next_fast_len(-(-(size + longest) // 2), real=True)
    sound = np.zeros((len(frames), 2 * half), np.float32)
    np.multiply(frames, np.hanning(size).astype(np.float32), out=sound[:, :size])
    power = np.square(np.abs(fft.rfft(sound, axis=1)))
    power[:, -1] *= 2  # once for each sign, as all others are counted
    whole = fft.dct(power, type=1, axis=1)
    between = fft.dct(power[:, :-1], type=3, axis=1)
    return whole[:, :longest], between[:, :longest]


@cache
def _undone(size: int, sample_rate: int) -> Waveform:
    """Return what takes the window's own part out of the autocorrelation, [lags, 2]."""
    window = np.stack(_correlation(np.ones((1, size), np.float32), sample_rate), axis=-1)[0]
    return np.asarray(1 / (window / window[0, 0]))


def _long_period(frequency: Floats) -> Floats:
    """Return what a candidate costs for its low frequency in Hz; nothing at the floor."""
    return np.asarray(_OCTAVE_COST * (np.log2(FLOOR) - _octaves(frequency)))


def _octaves(frequency: Floats) -> Floats:
    """Return octaves over 1 Hz; 0 where there is no frequency."""
    return np.asarray(np.log2(np.maximum(frequency, 1.0)))
