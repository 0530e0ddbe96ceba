"""The plan of a clip's questions: their kinds, dealt by the clip's id."""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import TypeVar, get_args

from auricle.pipeline.stage_settings import QASettings
from auricle.pipeline.text.english import number, shuffled
from auricle.pipeline.text.wanted import Wanted
from auricle.schemas.text import Difficulty, QACategory

PAIRS = 5
_MOST_POLAR = 2
_FULL = 2**64
K = TypeVar("K")


def plan(clip_id: str, settings: QASettings) -> list[Wanted]:
    """Return the kind wanted of each of the five pairs.

    Over many clips, kinds fall into the shares of the settings. Five evenly spaced points from a
    start that the id decides are looked up in the shares; categories and difficulties have starts
    of their own and are paired at random, so neither says anything of the other. Each pair is a
    yes-or-no question by chance, at most two a clip, and its answer is a toss.
    """
    categories = _dealt(get_args(QACategory), settings.categories, f"{clip_id}/category")
    difficulties = _dealt(get_args(Difficulty), settings.difficulties, f"{clip_id}/difficulty")
    paired = shuffled(f"{clip_id}/pairing", difficulties)
    polar = [
        number(f"{clip_id}/yes/{index}") % 2 == 0
        if number(f"{clip_id}/polar/{index}") / _FULL < settings.yes_no
        else None
        for index in range(PAIRS)
    ]
    for index in [i for i in range(PAIRS) if polar[i] is not None][_MOST_POLAR:]:
        polar[index] = None
    return [Wanted(*kind) for kind in zip(categories, paired, polar, strict=True)]


def _dealt(names: Sequence[K], shares: Mapping[K, float], key: str) -> list[K]:
    """Return five of the names, whatever the order in which their shares are written."""
    start = number(key) / _FULL
    points = [(start + index) / PAIRS for index in range(PAIRS)]
    ends = list(accumulate(shares.get(name, 0.0) for name in names))
    wanted = [name for name in names if shares.get(name)]
    return [
        next((name for name, end in zip(names, ends, strict=True) if point < end), wanted[-1])
        for point in points
    ]
