"""Tagged: which AudioSet labels hold for a clip, and when."""

from dataclasses import dataclass

from auricle.pipeline.text.fact import TOLD, Stretch, merged
from auricle.schemas.annotation import Tags
from auricle.schemas.audioset import Branch, ancestors, branch

_SHARE_OF_PEAK = 0.4
"""A window holds a label when it scores this share of the label's best window."""


@dataclass(frozen=True)
class Tagged:
    """A label with its best score and the stretches where it is heard; none means not timed."""

    label: str
    score: float
    stretches: tuple[Stretch, ...]


def scores(tags: Tags | None, *branches: Branch) -> dict[str, float]:
    """Return the best score of each label of some branches, strongest first."""
    best: dict[str, float] = {}
    if tags is None:
        return best
    for labels in (tags.labels, *(window.labels for window in tags.windows)):
        for entry in labels:
            if branch_of(entry.label) in branches:
                best[entry.label] = max(best.get(entry.label, 0.0), min(entry.score, 1.0))
    return dict(sorted(best.items(), key=lambda item: (-item[1], item[0])))


def tagged(tags: Tags | None, *branches: Branch, least: float = TOLD) -> list[Tagged]:
    """Return the labels of some branches worth telling, strongest first, with their times.

    A class gives way to a narrower one that scores at least half as high; a narrower one that
    scores less gives way to it.
    """
    best = {label: score for label, score in scores(tags, *branches).items() if score >= least}
    kept = [label for label in best if not _gives_way(label, best)]
    return [Tagged(label, best[label], _stretches(tags, label, best[label])) for label in kept]


def branch_of(label: str) -> Branch:
    """Return the branch of a label; one that AudioSet does not have is a sound."""
    try:
        return branch(label)
    except KeyError:
        return "sound"


def above(label: str) -> frozenset[str]:
    """Return the wider classes of a label; one that AudioSet does not have has none."""
    try:
        return ancestors(label)
    except KeyError:
        return frozenset()


def _gives_way(label: str, best: dict[str, float]) -> bool:
    narrower = any(
        label in above(other) and score >= best[label] / 2 for other, score in best.items()
    )
    return narrower or any(best.get(wider, 0.0) > 2 * best[label] for wider in above(label))


def _stretches(tags: Tags | None, label: str, peak: float) -> tuple[Stretch, ...]:
    if tags is None:
        return ()
    least = max(TOLD / 2, _SHARE_OF_PEAK * peak)
    found = [
        Stretch(window.start, window.end, entry.score)
        for window in tags.windows
        for entry in window.labels
        if entry.label == label and entry.score >= least and window.end >= window.start
    ]
    joined = merged(found, gap=0.05)
    return tuple([s for s in joined if s.score >= TOLD] or joined)
