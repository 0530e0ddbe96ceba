"""Who speaks when, for experts that listen to one voice at a time."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from auricle.experts.base import Heard
from auricle.schemas.annotation import Vad
from auricle.schemas.speech import Diarization


class VoiceTurn(NamedTuple):
    """A stretch of speech in seconds; `speaker` is None where nobody told the voices apart."""

    start: float
    end: float
    speaker: str | None


def voice_turns(clip: Heard) -> list[VoiceTurn]:
    """Return the turns of the diarization, else the spans of speech, else the whole clip."""
    diarization, vad = clip.get(Diarization), clip.get(Vad)
    if diarization is not None and diarization.turns:
        return [VoiceTurn(turn.start, turn.end, turn.speaker) for turn in diarization.turns]
    if vad is not None:
        return [VoiceTurn(span.start, span.end, None) for span in vad.spans]
    return [VoiceTurn(0.0, clip.seconds, None)] if len(clip.waveform) else []


def alone(turns: Sequence[VoiceTurn], times: NDArray[np.floating]) -> list[NDArray[np.bool_]]:
    """Return for each turn at which of the times [n] its speaker speaks and no other does."""
    inside = [(turn.start <= times) & (times < turn.end) for turn in turns]
    crowd = np.zeros(len(times), np.int64)
    for speaker in {turn.speaker for turn in turns}:
        mine = [mask for turn, mask in zip(turns, inside, strict=True) if turn.speaker == speaker]
        crowd += np.logical_or.reduce(mine)
    return [mask & (crowd == 1) for mask in inside]
