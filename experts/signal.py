"""What can be measured on the native sound: level, loudness, clipping, bandwidth, silence, SNR."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from auricle.experts.base import Gate, Heard, Waveform
from auricle.experts.loudness import loudness
from auricle.schemas.clip import Signal

FLOOR_DBFS = -120.0  # stands for the level of digital silence
SILENCE_DBFS = -60.0
FRAME_SECONDS = 0.02
CANCELS = 0.1  # -10 dB: the mean's power over what it would be if the channels were unrelated
OFFSET = 0.001  # a mean below this is rounding
CHANCE = 0.03  # of the RMS: a mean below this happens in sound without an offset
SETTLED = 4096  # samples; the mean of fewer may be part of a sound
HALF_STEP = 2.0**-17  # half a step of 16 bits
ROUNDING_DBFS = -101.1  # power of the error that rounding to 16 bits leaves
DITHER_DB = 8.0  # triangular dither adds 4.8 dB to it; the rest is margin

Floats = NDArray[np.float64]
Mixdown = Literal["mean", "loudest"]


def measure_and_mix(clip: Heard) -> tuple[Signal, Waveform]:
    """Return what is measured of a clip, [samples] or [samples, channels], and its mono samples.

    They are the mean of the channels, unless these cancel (a stereo pair in opposite phase): when
    the mean is 10 dB weaker than the mean of unrelated channels would be, the loudest channel
    stands alone; `mixdown` says which. A constant offset is taken off: taggers hear a sound in it.
    """
    if not len(clip.waveform):
        return Signal.skipped(clip.clip_id, "no_samples"), clip.waveform.reshape(-1)
    samples = clip.waveform if clip.waveform.ndim == 2 else clip.waveform[:, None]
    x = np.ascontiguousarray(samples.T, np.float32)
    mono, how = _mix_rows(x)
    return _measure(clip, x, how), _centred(mono)


@dataclass
class SignalMeter:
    """Measures the native signal of a clip, every channel of it, before mixing and resampling.

    - `peak`, `rms`: dB relative to full scale 1.0, so that a full-scale sine has an RMS of -3.
    - `loudness`: integrated loudness with its two gates (ITU-R BS.1770-4); pyloudnorm's filters.
    - `clipped`: samples in runs of three or more at the largest or smallest value of a channel,
      where the run is reached by a jump. The slow top of a low tone, flat by rounding, is not.
      Clipping that was resampled or coded with loss later is no longer flat and is not seen.
    - `dc_offset`: of the channel that has the largest.
    - `bandwidth`: where the average spectrum last stands above the noise of 16-bit rounding, or
      where it falls off a cliff onto a steady floor: see `_bandwidth`.
    - `silence`: share of 20-ms frames whose RMS over all channels, less the offset, is below
      -60 dBFS.
    - `snr`: 95th over 10th percentile of the same frame levels, frames of digital silence left
      out. An estimate of the range of levels: right for speech with pauses over steady noise,
      low for sounds that are steady themselves, null under 0.2 s.
    - `dead_channels`: channels in which every sample is the same.
    """

    role: ClassVar[str] = "signal"
    backend: ClassVar[str] = "dsp"
    sample_rate: ClassVar[int | None] = None
    needs: ClassVar[tuple[str, ...]] = ()
    gate: ClassVar[Gate] = "none"
    models: ClassVar[tuple[str, ...]] = ()
    code_licence: ClassVar[str] = "Apache-2.0"
    packages: ClassVar[tuple[str, ...]] = ("pyloudnorm", "scipy")
    memory: ClassVar[float] = 0.2
    gpu_memory: ClassVar[float] = 0.0
    record: ClassVar[type[Signal]] = Signal

    def load(self) -> None:
        """Import the filters, so that the first clip does not pay for it."""
        import pyloudnorm  # noqa: F401
        import scipy.fft
        import scipy.signal  # noqa: F401

    def annotate(self, clips: Sequence[Heard]) -> Sequence[Signal]:
        """Return one record a clip; a clip without samples is skipped."""
        return [measure_and_mix(clip)[0] for clip in clips]


def _measure(clip: Heard, x: Waveform, mixdown: Mixdown) -> Signal:
    """Return the record of a clip, of which `x` are the channels as rows."""
    rate = clip.sample_rate
    high, low = x.max(axis=1), x.min(axis=1)
    offsets = x.mean(axis=1, dtype=np.float64)
    centred = x - offsets[:, None].astype(np.float32) if np.abs(offsets).max() > OFFSET else x
    levels = _frame_levels(centred, rate)
    return Signal(
        clip_id=clip.clip_id,
        sample_rate=rate,
        channels=len(x),
        peak=_db(float(max(high.max(), -low.min())) ** 2),
        rms=_db(float(np.mean([channel @ channel for channel in x])) / x.shape[1]),
        loudness=loudness(x, rate),
        clipped=sum(map(_flat, (*x, *x), (*high.tolist(), *low.tolist()))) / x.size,
        dc_offset=float(offsets[np.abs(offsets).argmax()]),
        bandwidth=_bandwidth(x, rate),
        silence=float(np.mean(levels < SILENCE_DBFS)),
        snr=_level_range(levels),
        dead_channels=int(np.sum(high == low)),
        mixdown=mixdown,
    )


def _centred(mono: Waveform) -> Waveform:
    if len(mono) < SETTLED:
        return mono
    offset, rms = mono.mean(dtype=np.float64), math.sqrt(float(mono @ mono) / len(mono))
    return mono - np.float32(offset) if abs(offset) > max(OFFSET, CHANCE * rms) else mono


def _mix_rows(rows: Waveform) -> tuple[Waveform, Mixdown]:
    channels = len(rows)
    if channels == 1:
        return rows[0], "mean"
    mean = np.full(channels, 1 / channels, np.float32) @ rows
    power = np.array([row @ row for row in rows])
    if channels * float(mean @ mean) < CANCELS * float(power.mean()):
        return rows[power.argmax()], "loudest"
    return mean, "mean"


def _db(power: float) -> float:
    return max(FLOOR_DBFS, 10 * math.log10(power)) if power > 0 else FLOOR_DBFS


def _frame_levels(x: Waveform, rate: int) -> Floats:
    """Return the level of each 20-ms frame over all channels, in dBFS; a shorter clip is one."""
    size = min(x.shape[1], max(1, round(FRAME_SECONDS * rate)))
    frames = x[:, : x.shape[1] // size * size].reshape(len(x), -1, size)
    power = np.einsum("cfn,cfn->f", frames, frames).astype(np.float64) / (len(x) * size)
    return np.asarray(10 * np.log10(np.maximum(power, 10 ** (FLOOR_DBFS / 10))))


def _level_range(levels: Floats) -> float | None:
    heard = levels[levels > FLOOR_DBFS]
    if len(heard) < 10:
        return None
    quiet, loud = np.percentile(heard, (10, 95))
    return float(loud - quiet)


def _flat(x: Waveform, rail: float) -> int:
    """Return how many samples lie in flat runs at `rail`, the extreme value, reached by a jump.

    A jump is four times the gap between the rail and the value next to it, which is one step of
    the quantiser in sound that was clipped. Rails under 1 % of full scale are let be.
    """
    if abs(rail) < 0.01:
        return 0
    near = x >= rail - HALF_STEP if rail > 0 else x <= rail + HALF_STEP
    at = np.flatnonzero(near)
    breaks = np.flatnonzero(np.diff(at) > 1)
    first, last = at[np.r_[0, breaks + 1]], at[np.r_[breaks, len(at) - 1]]
    long = last - first >= 2
    first, last = first[long], last[long]
    if not len(first) or len(at) == len(x):
        return 0
    gap = np.abs(x[~near] - rail).min()
    sides = np.stack([x[np.maximum(first - 1, 0)], x[np.minimum(last + 1, len(x) - 1)]])
    return int(np.sum((last - first + 1)[np.abs(sides - rail).max(axis=0) > 4 * gap]))


def _bandwidth(x: Waveform, rate: int) -> float | None:
    """Return the highest frequency in Hz that holds more than noise, None for digital silence.

    The average spectrum is read from the top, in bands of about 1/200 of the rate. The strongest
    fiftieth of the frames, two at least, stays out of the average: a click reaches everywhere.
    Bands no stronger than the rounding noise of 16 bits are empty. Below them, a floor is 1 kHz or
    more of bands that do not move (under 10 dB between the 10th and 90th percentile of the frames)
    and lie 40 dB under the strongest. When the sound falls onto it by 12 dB within 1 kHz, as at the
    edge of a telephone line or a codec, that edge counts. A slow roll-off into hiss is no edge: the
    hiss is part of what was recorded.
    """
    bands, width = _bands(x, rate)
    if not bands.size:
        return None
    clicks = max(2, len(bands) // 50) if len(bands) >= 20 else 0
    ranked = np.sort(bands, axis=0)
    mean = 10 * np.log10(ranked[: len(ranked) - clicks].mean(axis=0) + 1e-20)
    full = np.flatnonzero(mean > ROUNDING_DBFS + DITHER_DB)
    if not len(full):
        return None
    top = int(full[-1])
    quiet, loud = (_level_at(ranked, share) for share in (0.1, 0.9))
    moves = np.flatnonzero((loud - quiet >= 10) | (mean > mean.max() - 40))
    floor = mean[moves[moves <= top].max(initial=-1) + 1 : top + 1]
    if len(bands) >= 20 and len(floor) * width >= 1000:
        level = np.percentile(floor, 90)
        above = np.flatnonzero(mean[: top + 1] >= level + 12)
        if len(above):
            edge = int(above[-1])
            fall = int(np.argmax(mean[edge : top + 1] < level + 3))
            top = edge if fall * width <= 1000 else top
    return rate / 2 - (len(mean) - 1 - top) * width


def _level_at(ranked: Waveform, share: float) -> Waveform:
    """Return the level in dB below which a share of the frames is, by rising power [frames, bands].

    Between two frames it lies on a line between their levels.
    """
    place = share * (len(ranked) - 1)
    low = int(place)
    below, above = 10 * np.log10(ranked[[low, min(low + 1, len(ranked) - 1)]] + 1e-20)
    return np.asarray(below + np.float32(place - low) * (above - below))


def _bands(x: Waveform, rate: int) -> tuple[Waveform, float]:
    """Return power in Hann frames of 31 to 62 ms, [frames, bands], and the bands' width in Hz.

    White noise of power p reads p in every band. The last band ends at half the rate. A clip of
    under 64 samples has no frames.
    """
    import scipy.fft

    samples = x.shape[1]
    size = min(2 ** math.ceil(math.log2(rate / 32)), 2 ** int(math.log2(samples)))
    if size < 64:
        return np.empty((0, 0), np.float32), 0.0
    window = np.hanning(size).astype(np.float32)
    frames = x[:, : samples // size * size].reshape(len(x), -1, size)
    frames = frames[:, :: 1 + frames.shape[1] // 200]  # a hundred frames tell as much as all
    power = np.zeros((frames.shape[1], size // 2 + 1), np.float32)
    for channel in frames:
        power += np.square(np.abs(scipy.fft.rfft(channel * window)))
    power /= (window @ window) * len(x)
    power[:, :2] = 0  # the offset and its skirt
    bins = max(2, round(max(100, rate / 192) * size / rate))
    count = power.shape[1] // bins
    bands = power[:, power.shape[1] - count * bins :].reshape(len(power), count, bins)
    return bands.mean(axis=2), bins * rate / size
