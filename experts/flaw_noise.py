"""Noise behind the speech: its level in the pauses, how far the speech stands over it, and hiss."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from auricle.experts.base import Waveform
from auricle.schemas.annotation import Span

_FRAME = 512
_BEFORE, _AFTER = 0.05, 0.15  # s beside speech that are no pause: onsets, and the room's answer
_PAUSE, _SPEECH = 0.3, 0.4  # s that are needed of each
_DIGITAL_SILENCE = 1e-10
_LEAST, _MOST = -6.0, 80.0  # dB; less is no speech, and beyond it the pause is as good as silent
_HISS_BANDS = (1000, 2000, 3000, 4000, 5000, 6000, 7000)

Floats = NDArray[np.float64]


class Pauses(NamedTuple):
    """What the pauses of speech hold: `snr` in dB, `hiss` in dBFS where they hiss, else None."""

    snr: float
    hiss: float | None


def pauses(waveform: Waveform, rate: int, speech: Sequence[Span]) -> Pauses | None:
    """Return what is heard between the words of mono sound.

    None where there is no pause, or only digital silence, or nothing that stands over it. The
    speech is what the power gains over that of the pauses. Noise that stops with the words is
    taken for speech.
    """
    hop = _FRAME / rate
    count = len(waveform) // _FRAME
    if not count or not speech:
        return None
    frames = waveform[: count * _FRAME].reshape(count, _FRAME).astype(np.float64)
    starts = np.arange(count) * hop
    spoken, free = np.zeros(count, bool), np.ones(count, bool)
    for span in speech:
        spoken |= (starts >= span.start) & (starts + hop <= span.end)
        free &= (starts + hop <= span.start - _BEFORE) | (starts >= span.end + _AFTER)
    power = np.mean(frames**2, axis=1)
    free &= power > _DIGITAL_SILENCE
    if spoken.sum() * hop < _SPEECH or free.sum() * hop < _PAUSE:
        return None
    noise, both = float(power[free].mean()), float(power[spoken].mean())
    snr = 10 * np.log10(max(both / noise - 1, 1e-9))
    if snr < _LEAST:
        return None
    return Pauses(round(min(float(snr), _MOST), 1), _hiss(frames[free], power[free], rate))


def _hiss(frames: Floats, power: Floats, rate: int) -> float | None:
    """Return the level of pauses in dBFS if it is steady and as strong high up as low down."""
    if rate < 2 * _HISS_BANDS[-1] or np.std(10 * np.log10(power)) > 2.5:
        return None
    spectrum = np.mean(np.abs(np.fft.rfft(frames * np.hanning(_FRAME))) ** 2, axis=0)
    edges = np.round(np.array(_HISS_BANDS) * _FRAME / rate).astype(int)
    bands = [
        10 * np.log10(spectrum[a:b].mean() + 1e-20)
        for a, b in zip(edges[:-1], edges[1:], strict=True)
    ]
    low = 10 * np.log10(spectrum[3 : edges[0]].mean() + 1e-20)
    if max(bands) - min(bands) > 12 or min(bands) < low - 15:
        return None
    return round(float(10 * np.log10(power.mean())), 1)
