"""Which clips are worth hearing, and where somebody speaks in them."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from auricle.experts.base import Heard, R
from auricle.schemas.annotation import Span, Vad

MIN_SECONDS = 0.2
SILENT_PEAK = 1e-4  # -80 dBFS


def unheard(clip: Heard, shortest: float = MIN_SECONDS, silent: float = SILENT_PEAK) -> str | None:
    """Return why a clip is not worth listening to, `too_short` or `silent`, or None.

    `shortest` is in seconds, `silent` is the peak that full scale makes 1.
    """
    if clip.seconds < shortest:
        return "too_short"
    return "silent" if np.abs(clip.waveform).max() < silent else None


def each_heard(
    clips: Sequence[Heard],
    record: type[R],
    rows: Callable[[list[Heard]], Iterable[R]],
    why: Callable[[Heard], str | None] = unheard,
) -> list[R]:
    """Return one row a clip, in order: skipped where `why` says a reason, else what `rows` gives.

    `rows` is called once, with all clips that are worth hearing, and gives a row for each.
    """
    reasons = [why(clip) for clip in clips]
    told = zip(clips, reasons, strict=True)
    found = iter(rows([clip for clip, reason in told if reason is None]))
    return [
        record.skipped(clip.clip_id, reason) if reason else next(found)
        for clip, reason in zip(clips, reasons, strict=True)
    ]


def speech(clip: Heard) -> tuple[Span, ...]:
    """Return where somebody speaks; without voice activity, everywhere."""
    vad = clip.get(Vad)
    return vad.spans if vad else (Span(start=0.0, end=clip.seconds),)
