"""How sure a mean is that comes from a sample of clusters: shards, or recordings."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Cluster(NamedTuple):
    """What the clips of one shard or one recording took together, and how many they are."""

    taken: float
    clips: float


def ratio_spread(clusters: Sequence[Cluster]) -> float | None:
    """Return half of the 95 % interval of what a clip takes, as a share of it.

    The ratio estimator of a cluster sample (Cochran, Sampling Techniques, 1977, section 6.4). None
    with fewer than two clusters, or where nothing was taken.
    """
    count, total = len(clusters), sum(cluster.taken for cluster in clusters)
    if count < 2 or not total:
        return None
    mean = total / sum(cluster.clips for cluster in clusters)
    squares = sum((cluster.taken - mean * cluster.clips) ** 2 for cluster in clusters)
    return quantile(count - 1) * math.sqrt(squares * count / (count - 1)) / total


def quantile(freedom: int) -> float:
    """Return the 97.5 % quantile of Student's distribution."""
    from scipy.stats import t

    return float(t.ppf(0.975, freedom))


def clusters(clips: Iterable[tuple[str, float]]) -> list[Cluster]:
    """Return one cluster a name, from the name and the value of each clip."""
    found: dict[str, list[float]] = defaultdict(list)
    for name, value in clips:
        found[name].append(value)
    return [Cluster(sum(values), len(values)) for values in found.values()]


def together(parts: Iterable[tuple[float, float | None]]) -> float | None:
    """Return the spread of a sum, from its parts and theirs; None where none is known.

    It is the most that it can be: as if all parts were wrong to the same side.
    """
    known = [(value, spread) for value, spread in parts if value and spread is not None]
    total = sum(value for value, _ in known)
    return sum(value * spread for value, spread in known) / total if total else None
