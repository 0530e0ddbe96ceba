"""From scores of the AudioSet classes to the labels of a clip: what the taggers share."""

from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auricle.schemas.annotation import LabelScore, Span
from auricle.schemas.audioset import children_first

Scores = NDArray[np.floating[Any]]


def grid(seconds: float, window: float) -> list[Span]:
    """Return the windows of a clip, in seconds; the last one ends with the clip."""
    return [
        Span(start=index * window, end=min((index + 1) * window, seconds))
        for index in range(ceil(seconds / window))
    ]


def strongest(scores: Scores, names: tuple[str, ...]) -> Scores:
    """Return the maximum of each class over some moments, [moments, classes] to [classes].

    Silence is the exception: it is the minimum, for a clip is silent only if all of it is.
    """
    silence = names.index("Silence")
    best = scores.max(axis=0)
    best[silence] = scores[:, silence].min()
    return np.asarray(best)


def best_labels(
    scores: Scores, names: tuple[str, ...], floor: float, limit: int
) -> tuple[LabelScore, ...]:
    """Return at most `limit` labels that score `floor` or more, parents after their children."""
    best = np.argsort(-scores, kind="stable")[:limit]
    kept = {names[i]: float(scores[i]) for i in best if scores[i] >= floor}
    return tuple(LabelScore(label=label, score=kept[label]) for label in children_first(kept))
