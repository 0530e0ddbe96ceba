"""What of a clip is worth hearing for those who listen to speech."""

import numpy as np

from auricle.experts.base import Heard
from auricle.schemas.annotation import Span, Vad

MIN_SECONDS = 0.2
SILENT_PEAK = 1e-4  # -80 dBFS


def unheard(clip: Heard) -> str | None:
    """Return why a clip is not worth listening to, `too_short` or `silent`, or None."""
    if clip.seconds < MIN_SECONDS:
        return "too_short"
    return "silent" if np.abs(clip.waveform).max() < SILENT_PEAK else None


def speech(clip: Heard) -> tuple[Span, ...]:
    """Return where somebody speaks; without voice activity, everywhere."""
    vad = clip.get(Vad)
    return vad.spans if vad else (Span(start=0.0, end=clip.seconds),)
