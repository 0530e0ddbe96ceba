"""How a voice speaks: level, rate and spectral tilt, beside its pitch and its periods."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from auricle.experts.base import Waveform
from auricle.experts.periods import Periods, periods, unsteadiness
from auricle.experts.pitch import STEP, PitchTrack, track

_WINDOW = 0.05  # seconds: smooth enough that a syllable has one peak of level
_SILENT = -120.0  # dBFS
_BANDS = 200 * 2.0 ** (np.arange(13) / 3)  # Hz, third octaves to 3.2 kHz: a telephone has them
_DIP, _BELOW_TOP = 2.0, 25.0  # dB: between two syllables; a syllable under the loudest
_FALL = 10  # frames
_PAUSE = 30.0  # dB under the loudest
_PITCH_SECONDS, _TILT_SECONDS, _RATE_SECONDS = 0.1, 0.3, 1.0  # least to judge by

Floats = NDArray[np.floating]
Mask = NDArray[np.bool_]


class Prosody(NamedTuple):
    """What was measured every 10 ms: pitch, level [frames] (dBFS) and where syllables peak."""

    pitch: PitchTrack
    level: Floats
    nuclei: NDArray[np.bool_]
    bands: Floats
    """Power in third octaves from 200 Hz to 3.2 kHz [frames, 13]; 0 where unvoiced."""
    periods: Periods

    @property
    def headroom(self) -> float:
        """Level of the voice over the quietest twentieth of the clip in dB; 0 without a voice.

        Noise, music and reverberation fill the pauses; so does speech that makes none.
        """
        if not self.pitch.voiced.any():
            return 0.0
        voice = np.median(self.level[self.pitch.voiced])
        return float(voice - np.percentile(self.level, 5))

    @property
    def fall(self) -> float:
        """How fast the level falls: dB in 100 ms, 95th percentile; 0 in a clip under 0.2 s.

        Over 15 in dry speech; the end of every sound hangs on in a room that reverberates.
        """
        falls = self.level[:-_FALL] - self.level[_FALL:]
        return float(np.percentile(falls, 95)) if len(falls) >= _FALL else 0.0


class Measures(NamedTuple):
    """The fields of `VoiceMeasures` that a mask of frames decides, in its units."""

    voiced_seconds: float
    pitch: float | None = None
    pitch_range: float | None = None
    level: float | None = None
    level_range: float | None = None
    rate: float | None = None
    harmonicity: float | None = None
    jitter: float | None = None
    shimmer: float | None = None
    tilt: float | None = None


def prosody(waveform: Waveform, sample_rate: int) -> Prosody:
    """Return the prosody of a waveform [samples]; it has no frames under 50 ms or in silence.

    Syllables after de Jong and Wempe (Praat script to detect syllable nuclei and measure speech
    rate automatically, Behavior Research Methods 41, 2009): voiced peaks of the level with a dip
    of 2 dB before and after, not 25 dB under the loudest.
    """
    from scipy import signal

    pitch = track(waveform, sample_rate)
    size = round(_WINDOW * sample_rate)
    frames = (
        np.lib.stride_tricks.sliding_window_view(waveform, size)[:: round(STEP * sample_rate)][
            : len(pitch.times)
        ]
        if len(pitch.times)
        else np.zeros((0, size), np.float32)
    )
    window = np.hanning(size).astype(np.float32)
    power = np.square(frames) @ (window / window.sum())
    level = 10 * np.log10(np.maximum(power, 10 ** (_SILENT / 10)))
    nuclei = np.zeros(len(level), np.bool_)
    if len(level):
        top = np.percentile(level, 99)
        peaks, _ = signal.find_peaks(level, height=top - _BELOW_TOP, prominence=_DIP)
        nuclei[peaks] = pitch.voiced[peaks]
    bands = np.zeros((len(level), len(_BANDS)))
    bands[pitch.voiced] = _third_octaves(frames[pitch.voiced] * window, sample_rate)
    return Prosody(pitch, level, nuclei, bands, periods(waveform, sample_rate, pitch))


def measure(found: Prosody, inside: Mask) -> Measures:
    """Return the measures of the frames inside; None where there is too little to judge by."""
    pitch = found.pitch
    heard = inside & (found.level > _SILENT)
    voiced = inside & pitch.voiced
    seconds = STEP * int(voiced.sum())
    if not heard.any():
        return Measures(seconds)
    level = 10 * np.log10(np.mean(10 ** (found.level[heard] / 10)))
    if seconds < _PITCH_SECONDS:
        return Measures(seconds, level=_rounded(level))
    low, middle, high = np.percentile(pitch.frequency[voiced], (5, 50, 95))
    quiet, loud = np.percentile(found.level[voiced], (5, 95))
    where = np.interp(found.periods.start, pitch.times, voiced.astype(float)) > 0.5
    unsteady = unsteadiness(found.periods, where)
    return Measures(
        voiced_seconds=_rounded(seconds),
        pitch=_rounded(middle),
        pitch_range=_rounded(12 * np.log2(high / low)),
        level=_rounded(level),
        level_range=_rounded(loud - quiet),
        rate=_rate(found, inside),
        harmonicity=_rounded(pitch.harmonicity[voiced].mean()),
        jitter=_rounded(unsteady.jitter) if unsteady else None,
        shimmer=_rounded(unsteady.shimmer) if unsteady else None,
        tilt=_tilt(found.bands[voiced]) if seconds >= _TILT_SECONDS else None,
    )


def _rate(found: Prosody, inside: Mask) -> float | None:
    """Return syllables a second of speech, pauses left out."""
    spoken = found.level[inside] > np.percentile(found.level[inside], 99) - _PAUSE
    seconds = STEP * float(spoken.sum())
    return _rounded(found.nuclei[inside].sum() / seconds) if seconds >= _RATE_SECONDS else None


def _tilt(bands: Floats) -> float:
    """Return the slope of the mean density of power over third octaves, in dB/octave."""
    density = 10 * np.log10(np.maximum(bands.mean(axis=0), 1e-20))
    return _rounded(np.polyfit(np.log2(_BANDS), density, 1)[0])


def _third_octaves(frames: Floats, sample_rate: int) -> Floats:
    """Return the mean power of the bins of each band [frames, bands]."""
    from scipy import fft

    length = fft.next_fast_len(max(frames.shape[1], sample_rate // 16), real=True)
    power = np.abs(fft.rfft(frames, length, axis=1)) ** 2
    bins = fft.rfftfreq(length, 1 / sample_rate)
    half = 2 ** (1 / 6)
    inside = (bins >= _BANDS[:, np.newaxis] / half) & (bins < _BANDS[:, np.newaxis] * half)
    return np.asarray(power @ (inside / inside.sum(axis=1, keepdims=True)).T)


def _rounded(value: float | np.floating) -> float:
    """Return a value without digits that mean nothing."""
    return round(float(value), 4)
