"""Reverberation by ear: the time a room takes to fall silent, from the free decays of a clip."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from auricle.experts.base import Gate, Heard, Waveform
from auricle.experts.hearing import unheard
from auricle.schemas.acoustics import Reverb
from auricle.schemas.annotation import Domain, Tags

_RATE = 16_000
_FRAME, _HOP = 512, 128  # 32 and 8 ms
_TOGETHER = 250  # frames: their spectra fit into a processor's cache
_BANDS = (500, 1000, 2000, 4000, 7500)  # edges in Hz: octaves, the last one cut at the filter
_SMOOTH = 5  # frames
_RIPPLE = 3.0  # dB that a decay may rise on its way down: noise is never smooth
_HEAD, _DROP = 5.0, 15.0  # dB left out after the start, and measured after that
_ABOVE_FLOOR = 5.0  # dB: nearer to the noise a decay bends
_BEND = 2.0  # dB of standard deviation from a straight line
_SHORTEST = 5  # frames
_DIGITAL_SILENCE = -95.0  # dB
_SLOPE, _OFFSET = 1.09, -0.13  # see `DecayReverb`
_SHARP = frozenset(
    {
        "Basketball bounce",
        "Bark",
        "Burst, pop",
        "Cap gun",
        "Clapping",
        "Door",
        "Finger snapping",
        "Firecracker",
        "Gunshot, gunfire",
        "Hammer",
        "Knock",
        "Slam",
        "Thump, thud",
    }
)
"""Sounds that end at once, so that what follows them is the room."""

Levels = NDArray[np.float64]


class Decay(NamedTuple):
    """A stretch in which one band falls along a straight line; `rt60` in s, `drop` in dB."""

    band: int
    rt60: float
    drop: float


@dataclass
class DecayReverb:
    """Fits lines to the level where it falls freely, in four octaves, and takes the median.

    The idea is that of blind estimators since Ratnam et al. (Blind estimation of reverberation
    time, JASA 2003): when a talker stops, the room alone is heard, as a fall along a straight line
    in dB. A decay counts when it falls by 20 dB without a rise of more than 3 dB and before it
    meets the noise floor; the first 5 dB, where the talker is still heard, stay out. So a clip
    with much noise, or without pauses, has no decays and is skipped.

    Speech itself does not stop at once. The median of its decays is therefore put right with a
    line between logarithms, fitted on 23 speakers of LibriSpeech and CMU Arctic with exponential
    tails of .3 to 3 s, direct-to-reverberant ratios of -3 to 6 dB and white noise 20 dB down or
    less. With 23 other speakers: median relative error .06, answered .88; in measured rooms of .46
    and 1.50 s: .43 and 1.60. Dry speech reads .14 s: below .3 s a reading only says "dry". With
    rain, waves, engines or cries 10 dB down, .38 to .85 answered, .62 to .80 of them within .25.

    Music is left out, for its notes decay by themselves; other sound is heard only where it is of
    the kinds that end at once. C50 is null: the decays do not hold the direct sound.
    """

    role: ClassVar[str] = "reverb"
    backend: ClassVar[str] = "decay"
    sample_rate: ClassVar[int | None] = _RATE
    needs: ClassVar[tuple[str, ...]] = ("domain", "tags")
    gate: ClassVar[Gate] = "none"
    models: ClassVar[tuple[str, ...]] = ()
    code_licence: ClassVar[str] = "Apache-2.0"
    packages: ClassVar[tuple[str, ...]] = ("scipy",)
    memory: ClassVar[float] = 0.1
    gpu_memory: ClassVar[float] = 0.0
    record: ClassVar[type[Reverb]] = Reverb

    least: int = 3
    """The fewest decays to judge by."""

    def load(self) -> None:
        """Import what the first clip would wait for."""
        from scipy import fft  # noqa: F401

    def annotate(self, clips: Sequence[Heard]) -> list[Reverb]:
        """Return what the decays of each clip say of its room."""
        return [self._annotate(clip) for clip in clips]

    def _annotate(self, clip: Heard) -> Reverb:
        if reason := unheard(clip) or _out_of_place(clip):
            return Reverb.skipped(clip.clip_id, reason)
        times = np.array([decay.rt60 for decay in free_decays(clip.waveform)])
        if len(times) < self.least:
            detail = f"{len(times)} free decays; {self.least} are needed"
            return Reverb.skipped(clip.clip_id, "no_decays", detail)
        logs = np.log(times)
        rt60 = float(np.exp(_SLOPE * np.median(logs) + _OFFSET))
        low, high = np.percentile(logs, (25, 75))
        return Reverb(
            clip_id=clip.clip_id,
            rt60=round(rt60, 3),
            decays=len(times),
            confidence=round(_confidence(len(times), float(high - low)), 2),
        )


def free_decays(waveform: Waveform) -> list[Decay]:
    """Return the free decays of mono sound at 16 kHz, band by band, in time order."""
    if len(waveform) < _FRAME * 2:
        return []
    levels = _levels(waveform)
    return [decay for band in range(levels.shape[1]) for decay in _falls(band, levels[:, band])]


def _out_of_place(clip: Heard) -> str | None:
    """Return why a clip cannot tell of its room, or None; unknown clips are given a hearing."""
    domain, tags = clip.get(Domain), clip.get(Tags)
    code = domain.code if domain else None
    if code is None or code[:2] == "S0":
        return None
    if code[1] == "M":
        return "music"
    sharp = tags and any(one.label in _SHARP and one.score >= 0.3 for one in tags.labels)
    return None if sharp else "no_decays"


def _levels(waveform: Waveform) -> Levels:
    """Return the smoothed level of each band in dB, [frames, bands]."""
    from scipy import fft

    frames = np.lib.stride_tricks.sliding_window_view(waveform, _FRAME)[::_HOP]
    window = np.hanning(_FRAME).astype(np.float32)
    edges = np.round(np.array(_BANDS) * _FRAME / _RATE).astype(int)
    bands = np.empty((len(frames), len(edges) - 1), np.float32)
    for start in range(0, len(frames), _TOGETHER):
        part = slice(start, start + _TOGETHER)
        used = fft.rfft(frames[part] * window)[:, edges[0] : edges[-1]]
        np.add.reduceat(np.square(np.abs(used)), edges[:-1] - edges[0], axis=1, out=bands[part])
    bands /= window @ window
    levels = 10 * np.log10(bands + 1e-12)
    padded = np.pad(levels, ((_SMOOTH // 2, _SMOOTH // 2), (0, 0)), mode="edge")
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, _SMOOTH, 0).mean(axis=-1))


def _falls(band: int, level: Levels) -> list[Decay]:
    """Return the decays of one band."""
    heard = level[level > _DIGITAL_SILENCE]
    if not len(heard):
        return []
    floor = float(np.percentile(heard, 3)) + _ABOVE_FLOOR
    values = level.tolist()
    lowest = np.minimum.accumulate(level[::-1])[::-1]
    deep = (level[1:] < level[:-1]) & (level - lowest >= _HEAD + _DROP)[:-1]
    found, over = [], 0
    for start in np.flatnonzero(deep[: len(deep) + 1 - _SHORTEST]).tolist():
        if start < over:
            continue
        end = _bottom(values, start, floor)
        if values[start] - values[end] < _HEAD + _DROP:
            over = end + 1  # a fall that begins further down ends no lower
        elif end - start >= _SHORTEST:
            # A fall into digital silence is the work of an editor, not of a room.
            if min(values[end : end + 2 * _SMOOTH]) > _DIGITAL_SILENCE:
                found += _line(band, level[start : end + 1])
            over = end
    return found


def _bottom(level: list[float], start: int, floor: float) -> int:
    """Return where the fall that begins at `start` is lowest; `start` if it does not fall."""
    top = limit = least = level[start]
    lowest = start
    for at in range(start + 1, len(level)):
        here = level[at]
        if here >= limit:
            break
        if here < least:
            if here < floor:
                return at
            lowest, least = at, here
            limit = least + _RIPPLE if least + _RIPPLE < top else top
    return lowest


def _line(band: int, fall: Levels) -> list[Decay]:
    """Return the decay if it is straight enough, else nothing."""
    tail = fall[(fall <= fall[0] - _HEAD).argmax() :]
    if len(tail) < _SHORTEST - 1:
        return []
    time, power = _times(len(tail))
    slope = float(time @ tail) / power
    off = tail - tail.sum() / len(tail) - slope * time
    if slope >= 0 or off @ off >= _BEND**2 * len(tail):
        return []
    return [Decay(band, -60 / slope, float(tail[0] - tail[-1]))]


@cache
def _times(frames: int) -> tuple[Levels, float]:
    """Return the times of frames about their middle in seconds, and the sum of their squares."""
    time = np.arange(frames, dtype=np.float64) - (frames - 1) / 2
    time *= _HOP / _RATE
    return time, float(time @ time)


def _confidence(decays: int, spread: float) -> float:
    """Return a belief that the time is right within a quarter; set on the speech it was fitted on.

    `spread` is between the quartiles of the logarithms.
    """
    return decays / (decays + 1) * float(np.exp(-0.2 * spread))
