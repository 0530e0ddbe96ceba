"""Tempo and beats of 16 kHz sound, by signal processing.

How strongly something starts (spectral flux over mel bands, with the vibrato filter of Böck and
Widmer, DAFx 2013), how well that repeats (autocorrelation and Fourier transform of it, together as
in Peeters, EURASIP 2007), and the beats that fit best (Ellis, Beat tracking by dynamic programming,
2007).
"""

from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from auricle.experts.base import Waveform
from auricle.experts.musicnn_net import mel_filters
from auricle.schemas.music import Tempo

SAMPLE_RATE = 16_000
STEP = 0.01
"""Seconds from frame to frame."""
SPLIT = 1.04
"""Tempos nearer than this ratio are one."""

_FFT, _MELS = 512, 40
_BASS = 6  # mel bands: up to 330 Hz
_AROUND = 0.4  # seconds to both sides: where a start must stand out
_SLOWEST, _FASTEST = 40.0, 240.0
_USUAL, _OCTAVES = 115.0, 0.6  # beats a minute that people tap, and their spread
_PERIODS = 4  # that a tempo has to keep
_TIGHT = 100.0  # what a change of tempo costs in beats, against what a start is worth
_SNAP = 3  # frames: how far from the grid a beat may lie

Floats = NDArray[np.float64]


class Pulse(NamedTuple):
    """What may be the tempo.

    `clarity` is the mean correlation of the starts with themselves one to four beats later, at the
    best tempo: 10 s of speech or noise have up to .17, dance music .5 to .9.
    """

    tempos: tuple[Tempo, ...]
    clarity: float


def starts(waveform: Waveform) -> Floats:
    """Return how much starts in each frame of 10 ms, [frames, 2]: in all bands, and in the bass.

    Levels do not matter; the waveform must not be silent.
    """
    from scipy import fft

    level = float(np.sqrt(np.mean(np.square(waveform, dtype=np.float64))))
    frames = sliding_window_view(np.pad(waveform / level, _FFT // 2), _FFT)
    frames = frames[:: round(STEP * SAMPLE_RATE)]
    power = np.square(np.abs(fft.rfft(frames * np.hanning(_FFT).astype(np.float32))))
    mel = power @ mel_filters(SAMPLE_RATE, _FFT, _MELS)
    loud = np.log1p(10 * mel / mel.mean())
    # A tone that slides into the next band has not started.
    before = np.max([loud, np.roll(loud, 1, axis=1), np.roll(loud, -1, axis=1)], axis=0)
    before[:, 0], before[:, -1] = loud[:, :2].max(axis=1), loud[:, -2:].max(axis=1)
    rise = np.maximum(loud[2:] - before[:-2], 0)
    sides = np.stack([rise.mean(axis=1), rise[:, :_BASS].mean(axis=1)], axis=1)
    nothing = np.zeros((1, 2))  # a rise over two frames lies in the middle between them
    rises = np.concatenate([nothing, sides, nothing])[: len(loud)]
    return np.stack([_stand_out(column) for column in rises.T], axis=1)


def pulse(starts: Floats) -> Pulse:
    """Return the tempos that fit, best first, each with its share of the belief.

    Half and double time are among them. Where nothing repeats there are none.
    """
    bpm = _SLOWEST * 2 ** np.arange(0, np.log2(_FASTEST / _SLOWEST), 1 / 140)
    whole, bass = (np.maximum(_repetition(column, bpm), 0) for column in starts.T)
    waves = _wave(starts[:, 0], bpm) + 0.5 * _wave(starts[:, 1], bpm)
    usual = np.exp(-0.5 * (np.log2(bpm / _USUAL) / _OCTAVES) ** 2)
    belief = (whole + 0.5 * bass) * waves**0.15 * usual
    peaks = [
        index
        for index in range(1, len(bpm) - 1)
        if belief[index - 1] < belief[index] >= belief[index + 1]
    ]
    best: list[int] = []
    for index in sorted(peaks, key=lambda peak: -belief[peak]):
        if all(abs(np.log2(bpm[index] / bpm[other])) > np.log2(SPLIT) for other in best):
            best.append(index)
    best = best[:4]
    if not best:
        return Pulse((), 0.0)
    total = sum(belief[index] for index in best)
    tempos = (Tempo(bpm=bpm[index], score=belief[index] / total) for index in best)
    return Pulse(tuple(tempos), float(whole[best[0]]))


def beats(starts: Floats, bpm: float) -> Floats:
    """Return the times in seconds of the beats that lie on starts and keep near a tempo."""
    start = starts[:, 0]
    spread = start.std()
    if not spread:
        return np.zeros(0)
    found = _best_path(start / spread, 60 / bpm / STEP)
    strength = np.array([start[max(at - _SNAP, 0) : at + _SNAP + 1].max() for at in found])
    heard = np.flatnonzero(strength > 0.5 * np.sqrt(np.mean(strength**2)))
    if not len(heard):
        return np.zeros(0)
    found = found[heard[0] : heard[-1] + 1]  # beats before and after the music
    return np.array([_snapped(start, at) for at in found]) * STEP


def regularity(beats: Floats) -> float | None:
    """Return how even beats are: 1 as a machine, 0 where intervals scatter by 15 % or more.

    None for fewer than three intervals.
    """
    intervals = np.diff(beats)
    if len(intervals) < 3:
        return None
    return float(np.clip(1 - intervals.std() / intervals.mean() / 0.15, 0, 1))


def steady_tempo(beats: Floats, counted: Floats | None = None) -> float:
    """Return the beats a minute of the straight line through at least two beats.

    `counted` numbers them where some are missing; else each is one after the other.
    """
    numbers = np.arange(len(beats)) if counted is None else counted
    return 60 / float(np.polyfit(numbers, beats, 1)[0])


def _stand_out(rise: Floats) -> Floats:
    """Return what is above the mean of its surroundings, smoothed over 50 ms."""
    reach = round(_AROUND / STEP)
    mean = np.convolve(np.pad(rise, reach, mode="edge"), np.ones(2 * reach + 1), "valid")
    above = np.maximum(rise - mean / (2 * reach + 1), 0)
    return np.convolve(above, np.hanning(7)[1:-1] / 3, "same")


def _repetition(start: Floats, bpm: Floats) -> Floats:
    """Return the mean autocorrelation at one to four periods of each tempo, as far as they fit."""
    centred = start - start.mean()
    size = len(centred)
    spectrum = np.abs(np.fft.rfft(centred, 2 * size)) ** 2
    product = np.fft.irfft(spectrum)[:size]
    overlap = np.maximum(size - np.arange(size), size // 4)
    correlation = product / max(product[0], 1e-12) * size / overlap
    lag = 60 / bpm / STEP
    total, count = np.zeros(len(bpm)), np.zeros(len(bpm))
    for period in range(1, _PERIODS + 1):
        fits = period * lag < 0.75 * size
        total += fits * np.interp(period * lag, np.arange(size), correlation)
        count += fits
    mean: Floats = total / np.maximum(count, 1)
    return mean


def _wave(start: Floats, bpm: Floats) -> Floats:
    """Return the amplitude of the Fourier transform at each tempo."""
    centred = start - start.mean()
    size = 32_768 * -(-len(start) // 16_384)
    spectrum = np.abs(np.fft.rfft(centred * np.hanning(len(centred)), size))
    norm = np.sqrt(np.sum(centred**2) * len(centred))
    frequencies = np.fft.rfftfreq(size, STEP)
    amplitude: Floats = np.interp(bpm / 60, frequencies, spectrum) * 2 / max(norm, 1e-12)
    return amplitude


def _best_path(start: Floats, period: float) -> NDArray[np.intp]:
    """Return the frames of the beats with the best sum of starts less what uneven steps cost."""
    nearest, farthest = max(round(period / 2), 1), round(2 * period)
    back = np.arange(farthest, nearest - 1, -1)
    cost = -_TIGHT * np.log(back / period) ** 2
    score = np.full(farthest + len(start), -np.inf)
    came_from = np.full(len(start), -1)
    for now in range(len(start)):
        ways = score[now : now + len(back)] + cost
        way = int(ways.argmax())
        score[farthest + now] = start[now] + max(ways[way], 0.0)
        if ways[way] > 0:
            came_from[now] = now - back[way]
    last = max(len(start) - round(period) - 1, 0)
    at = last + int(score[farthest + last :].argmax())
    path = []
    while at >= 0:
        path.append(at)
        at = came_from[at]
    return np.array(path[::-1])


def _snapped(start: Floats, at: int) -> float:
    """Return the frame of the nearest start, between frames; the same where nothing starts."""
    first = max(at - _SNAP, 1)
    near = start[first : at + _SNAP + 1]
    peak = first + int(near.argmax())
    if not near.max() or peak + 1 >= len(start):
        return float(at)
    left, middle, right = start[peak - 1 : peak + 2]
    bend = left - 2 * middle + right
    return peak + float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5)) if bend else float(peak)
