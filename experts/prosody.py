"""How a voice speaks: level, rate and spectral tilt, beside its pitch and its periods."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from auricle.experts.base import Waveform
from auricle.experts.periods import Periods, periods, unsteadiness
from auricle.experts.pitch import STEP, PitchTrack, track

_TOGETHER = 250  # frames: their spectra fit into a processor's cache
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
    """Power in third octaves from 200 Hz to 3.2 kHz [frames, 13]; 0 where unvoiced or outside."""
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
    """Return the prosody of a waveform [samples]; it has no frames under 50 ms or in silence."""
    pitch = track(waveform, sample_rate)
    return prosody_inside(waveform, sample_rate, pitch, np.ones(len(pitch.times), np.bool_))


def prosody_inside(
    waveform: Waveform, sample_rate: int, pitch: PitchTrack, inside: Mask
) -> Prosody:
    """Return the prosody of a waveform of which the pitch is known.

    Bands are told of the frames inside, and periods of the voiced stretches that reach there.

    Syllables after de Jong and Wempe (Praat script to detect syllable nuclei and measure speech
    rate automatically, Behavior Research Methods 41, 2009): voiced peaks of the level with a dip
    of 2 dB before and after, not 25 dB under the loudest.
    """
    from scipy import signal

    level = _levels(waveform, sample_rate, len(pitch.times))
    nuclei = np.zeros(len(level), np.bool_)
    bands = np.zeros((len(level), len(_BANDS)))
    if len(level):
        top = np.percentile(level, 99)
        peaks, _ = signal.find_peaks(level, height=top - _BELOW_TOP, prominence=_DIP)
        nuclei[peaks] = pitch.voiced[peaks]
        told = np.flatnonzero(pitch.voiced & inside)
        bands[told] = _third_octaves(waveform, sample_rate, told)
    return Prosody(pitch, level, nuclei, bands, periods(waveform, sample_rate, pitch, inside))


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
    low, middle, high = _percentiles(pitch.frequency[voiced], 5, 50, 95)
    quiet, loud = _percentiles(found.level[voiced], 5, 95)
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
    spoken = found.level[inside] > _percentiles(found.level[inside], 99)[0] - _PAUSE
    seconds = STEP * float(spoken.sum())
    return _rounded(found.nuclei[inside].sum() / seconds) if seconds >= _RATE_SECONDS else None


def _tilt(bands: Floats) -> float:
    """Return the slope of the mean density of power over third octaves, in dB/octave."""
    density = 10 * np.log10(np.maximum(bands.mean(axis=0), 1e-20))
    octaves = np.arange(len(_BANDS)) / 3
    octaves -= octaves.mean()
    return _rounded(octaves @ density / (octaves @ octaves))


def _percentiles(values: Floats, *percents: float) -> list[float]:
    """Return percentiles, between two values on a line, as numpy does at ten times the cost."""
    ranked = np.sort(values).tolist()
    found = []
    for percent in percents:
        place = percent / 100 * (len(ranked) - 1)
        low = int(place)
        high = min(low + 1, len(ranked) - 1)
        found.append(ranked[low] + (place - low) * (ranked[high] - ranked[low]))
    return found


def _levels(waveform: Waveform, sample_rate: int, frames: int) -> Floats:
    """Return the level of each frame in dBFS, under a Hanning window.

    A step's samples are weighted once for each part of the window that they are in.
    """
    size, step = _sizes(sample_rate)
    parts = -(-size // step)
    window = np.zeros(parts * step, np.float32)
    window[:size] = _window(size) / _window(size).sum()
    sound = np.zeros((frames + parts - 1) * step, np.float32)
    used = waveform[: len(sound)]
    np.square(used, out=sound[: len(used)])
    weighted = sound.reshape(-1, step) @ window.reshape(parts, step).T
    power = np.zeros(frames, np.float32)
    for part in range(parts):
        power += weighted[part : part + frames, part]
    return np.asarray(10 * np.log10(np.maximum(power, 10 ** (_SILENT / 10))))


def _third_octaves(waveform: Waveform, sample_rate: int, told: NDArray[np.intp]) -> Floats:
    """Return the mean power of the bins of each band, [frames, bands], of the frames told."""
    from scipy import fft

    size, step = _sizes(sample_rate)
    length = fft.next_fast_len(max(size, sample_rate // 16), real=True)
    bins = fft.rfftfreq(length, 1 / sample_rate)
    half = 2 ** (1 / 6)
    inside = (bins >= _BANDS[:, np.newaxis] / half) & (bins < _BANDS[:, np.newaxis] * half)
    used = np.flatnonzero(inside.any(axis=0))
    used_bins = slice(used[0], used[-1] + 1)
    mean = (inside / inside.sum(axis=1, keepdims=True)).T[used_bins].astype(np.float32)
    views = np.lib.stride_tricks.sliding_window_view(waveform, size)[::step]
    found = np.zeros((len(told), len(_BANDS)))
    for start in range(0, len(told), _TOGETHER):
        part = slice(start, start + _TOGETHER)
        frames = views[told[part]] * _window(size)
        found[part] = np.square(np.abs(fft.rfft(frames, length, axis=1)[:, used_bins])) @ mean
    return found


def _sizes(sample_rate: int) -> tuple[int, int]:
    """Return the samples of a frame, and of a step from one to the next."""
    return round(_WINDOW * sample_rate), round(STEP * sample_rate)


def _window(size: int) -> Waveform:
    return np.hanning(size).astype(np.float32)


def _rounded(value: float | np.floating) -> float:
    """Return a value without digits that mean nothing."""
    return round(float(value), 4)
