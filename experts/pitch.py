"""The pitch of a voice: fundamental frequency and periodicity every 10 ms (autocorrelation)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from auricle.experts.base import Waveform

STEP = 0.01
"""Seconds between frames."""
FLOOR, CEILING = 60.0, 600.0
"""Hz: what is looked for; a man's creak to a child's shout."""

_PERIODS = 3  # of the lowest pitch in a window
_CANDIDATES = 6  # a frame, beside being unvoiced
_FINER = 2  # lags a sample: the peaks are sharp
_SILENCE, _VOICING = 0.03, 0.45
_OCTAVE_COST, _JUMP_COST, _VOICING_COST = 0.01, 0.35, 0.14  # the last two a frame of 10 ms
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
    """Return the pitch of a waveform [samples]; without frames if it is under 50 ms.

    After Boersma (Accurate short-term analysis of the fundamental frequency and the
    harmonics-to-noise ratio of a sampled sound, IFA Proceedings 17, 1993): the autocorrelation of
    a Hanning window over that of the window itself, candidates at its peaks, and the cheapest path
    through them. The costs are his.
    """
    size = round(_PERIODS / FLOOR * sample_rate)
    if len(waveform) < size or not np.any(waveform):
        nothing = np.zeros(0)
        return PitchTrack(nothing, nothing, nothing)
    frames = np.lib.stride_tricks.sliding_window_view(waveform, size)[:: round(STEP * sample_rate)]
    times = size / 2 / sample_rate + STEP * np.arange(len(frames), dtype=np.float64)
    centred = frames - frames.mean(axis=1, keepdims=True)
    level = np.abs(centred).max(axis=1) / max(float(np.abs(waveform).max()), 1e-9)
    frequency = np.zeros((len(frames), _CANDIDATES))
    strength = np.zeros((len(frames), _CANDIDATES))
    loud = level > _SILENCE / 3  # a quieter frame cannot win against being unvoiced
    frequency[loud], strength[loud] = _candidates(centred[loud], sample_rate)
    chosen = _path(frequency, strength, level)
    at = np.arange(len(frames)), np.maximum(chosen, 0)
    voiced = (chosen >= 0) & (frequency[at] > 0)
    return PitchTrack(
        times, np.where(voiced, frequency[at], 0.0), np.where(voiced, strength[at], 0.0)
    )


def _candidates(frames: Waveform, sample_rate: int) -> tuple[Floats, Floats]:
    """Return frequencies and strengths [frames, candidates] of the peaks, 0 where there are none.

    Lags are `_FINER` to a sample: the spectrum is padded before it is turned back.
    """
    from scipy import fft

    size = frames.shape[1]
    longest = round(sample_rate / FLOOR) + 2
    length = fft.next_fast_len(size + longest, real=True)
    window = np.hanning(size).astype(np.float32)

    def correlation(sound: Waveform) -> Waveform:
        power = np.abs(fft.rfft(sound, length, axis=1)) ** 2
        lags = fft.irfft(power, length * _FINER, axis=1)[:, : longest * _FINER]
        return np.asarray(lags / np.maximum(lags[:, :1], 1e-20), np.float32)

    r = correlation(frames * window) / correlation(window[np.newaxis])
    least = int(_FINER * sample_rate / CEILING)
    middle = r[:, least:-1]
    peak = (middle > r[:, least - 1 : -2]) & (middle >= r[:, least + 1 :]) & (middle > 0)
    lags = np.arange(least, r.shape[1] - 1) / _FINER / sample_rate
    ranked = np.where(peak, middle - _OCTAVE_COST * np.log2(FLOOR * lags), -np.inf)
    best = np.argpartition(-ranked, _CANDIDATES, axis=1)[:, :_CANDIDATES]
    found = np.isfinite(np.take_along_axis(ranked, best, axis=1))
    before, here, after = (
        np.take_along_axis(r, best + least + shift, axis=1).astype(np.float64)
        for shift in (-1, 0, 1)
    )
    bend = np.maximum(2 * here - before - after, 1e-12)
    offset = np.clip((after - before) / 2 / bend, -0.5, 0.5)
    height = here + (after - before) * offset / 4
    frequency = _FINER * sample_rate / (best + least + offset)
    return np.where(found, frequency, 0.0), np.where(found, np.minimum(height, 1.0), 0.0)


def _path(frequency: Floats, strength: Floats, level: Floats) -> NDArray[np.intp]:
    """Return the candidate of each frame on the best path, -1 where it is unvoiced."""
    unvoiced = _VOICING + np.maximum(0.0, 2 - level * (1 + _VOICING) / _SILENCE)
    present = frequency > 0
    octaves = np.log2(np.where(present, frequency, 1.0))
    cost = _OCTAVE_COST * (np.log2(FLOOR) - octaves)  # of a long period
    worth = np.where(present, strength - cost, -np.inf)
    worth = np.concatenate([unvoiced[:, np.newaxis], worth], axis=1)
    jump = _JUMP_COST * np.abs(octaves[:-1, :, np.newaxis] - octaves[1:, np.newaxis, :])
    change = np.full((len(jump), *[worth.shape[1]] * 2), _VOICING_COST)
    change[:, 0, 0] = 0.0
    change[:, 1:, 1:] = jump
    came = np.zeros(worth.shape, np.intp)
    total = worth[0]
    for frame, costs in enumerate(change, start=1):
        reached = total[:, np.newaxis] - costs
        came[frame] = reached.argmax(axis=0)
        total = reached.max(axis=0) + worth[frame]
    path = np.empty(len(worth), np.intp)
    path[-1] = total.argmax()
    for frame in range(len(worth) - 1, 0, -1):
        path[frame - 1] = came[frame, path[frame]]
    return path - 1
