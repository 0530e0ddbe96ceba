"""Turns as emotion models take them: cut out, not too short, not too long; and back to clips."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from auricle.experts.base import Heard, Waveform
from auricle.experts.hearing import SILENT_PEAK
from auricle.experts.turns import VoiceTurn, voice_turns

SHORTEST, LONGEST = 0.5, 15.0
"""Seconds: a shorter turn tells no mood, a longer one is heard in equal parts."""

Scores = NDArray[np.float64]


class Piece(NamedTuple):
    """What a model hears at once: mono samples of a turn, by the numbers of clip and turn."""

    clip: int
    turn: int
    waveform: Waveform


class JudgedTurn(NamedTuple):
    """A turn and what the model gave it [outputs]; None where it is too short or silent."""

    turn: VoiceTurn
    scores: Scores | None


def pieces(clips: Sequence[Heard]) -> list[Piece]:
    """Return what of the clips is worth hearing, in order."""
    found = []
    for number, clip in enumerate(clips):
        for index, turn in enumerate(voice_turns(clip)):
            first, last = (round(at * clip.sample_rate) for at in (turn.start, turn.end))
            sound = clip.waveform[first:last]
            if len(sound) < SHORTEST * clip.sample_rate or np.abs(sound).max() < SILENT_PEAK:
                continue
            parts = -(-len(sound) // round(LONGEST * clip.sample_rate))
            found += [Piece(number, index, part) for part in np.array_split(sound, parts)]
    return found


def judged(
    clips: Sequence[Heard], heard: Sequence[Piece], scores: Sequence[Scores]
) -> list[list[JudgedTurn]]:
    """Return the turns of each clip with the mean scores of their pieces."""
    by_turn: dict[tuple[int, int], list[Scores]] = {}
    for piece, score in zip(heard, scores, strict=True):
        by_turn.setdefault((piece.clip, piece.turn), []).append(score)
    return [
        [
            JudgedTurn(turn, np.mean(by_turn[at], axis=0) if at in by_turn else None)
            for index, turn in enumerate(voice_turns(clip))
            for at in [(number, index)]
        ]
        for number, clip in enumerate(clips)
    ]


def over_turns(turns: Sequence[JudgedTurn]) -> Scores | None:
    """Return the mean of the turns, weighted by their length; None where none was judged."""
    told = [
        (turn.scores, turn.turn.end - turn.turn.start) for turn in turns if turn.scores is not None
    ]
    if not told:
        return None
    scores, seconds = zip(*told, strict=True)
    return np.asarray(np.average(scores, axis=0, weights=seconds))


def unheard(clip: Heard) -> str:
    """Return why no turn of a clip was judged."""
    loud = len(clip.waveform) and np.abs(clip.waveform).max() >= SILENT_PEAK
    return "too_short" if loud or not len(clip.waveform) else "silent"


def batches(lengths: Sequence[int], size: int) -> Iterator[list[int]]:
    """Yield which pieces go together, the longest first, so that little is padded."""
    order = sorted(range(len(lengths)), key=lambda number: -lengths[number])
    for start in range(0, len(order), size):
        yield order[start : start + size]
