"""Dropouts: digital silence that cuts into running sound, as a lost packet leaves it."""

import numpy as np

from auricle.experts.base import Waveform

_STEP = 2.5 / 2**15  # what resampling and rounding leave of digital silence
_SHORTEST, _LONGEST = 0.005, 0.4  # s; a longer gap is a pause, or an edit
_EDGE = 0.004  # s of sound right beside the gap
_AROUND = 0.05
_LOUD = 10 ** (-50 / 20)
_ABRUPT = 0.3  # the edge over the sound around it: what fades out by itself is below


def dropouts(waveform: Waveform, rate: int) -> int:
    """Return how often mono sound breaks off and comes back as suddenly."""
    quiet = np.abs(waveform) <= _STEP
    turns = np.flatnonzero(np.diff(np.r_[False, quiet, False].astype(np.int8)))
    starts, ends = turns[::2], turns[1::2]
    seconds = (ends - starts) / rate
    gaps = zip(
        starts[(seconds >= _SHORTEST) & (seconds <= _LONGEST)],
        ends[(seconds >= _SHORTEST) & (seconds <= _LONGEST)],
        strict=True,
    )
    near, far = round(_EDGE * rate), round(_AROUND * rate)
    return sum(
        _cut(waveform[max(0, start - far) : start][::-1], near)
        and _cut(waveform[end : end + far], near)
        for start, end in gaps
    )


def _cut(beside: Waveform, near: int) -> bool:
    """Tell whether sound, read away from a gap, is at once as loud as it is further off."""
    if len(beside) < 2 * near:
        return False
    edge, around = (float(np.sqrt(np.mean(part**2))) for part in (beside[:near], beside))
    return around >= _LOUD and edge >= _ABRUPT * around
