"""Means of parts of the samples, with intervals by bootstrap over recordings.

Samples of one recording are alike, and so recordings are drawn, not samples: Efron and Tibshirani,
An Introduction to the Bootstrap, chapter 13 (percentile interval).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RESAMPLES = 1000
_LEVEL = (2.5, 97.5)
_AT_A_TIME = 100

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Figure:
    """A mean and its 95 % interval, which a part with a single recording has not."""

    mean: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Part:
    """Some of the samples by index, and their share in a weighted mean of parts."""

    samples: Indices
    weight: float = 1.0


def figures(
    values: Floats,
    recordings: Sequence[str],
    wanted: Sequence[Sequence[Part]],
    seed: int,
) -> list[list[Figure]]:
    """Return a figure for every column of `values` for each of `wanted`: a weighted mean of parts.

    Args:
        values: one row a sample.
        recordings: which recording each sample is of.
        wanted: the parts that a figure is of; one part gives the mean of its samples.
        seed: of the resamples, which all figures share.
    """
    _, codes = np.unique(np.array(recordings), return_inverse=True)
    parts = [part for figure in wanted for part in figure]
    sums, counts = _totals(values, codes, parts)
    bounds = np.cumsum([0, *map(len, wanted)])
    weights = np.array([part.weight for part in parts])

    def means(draws: Floats) -> Floats:
        """Return means [resample, figure, metric]; NaN where a part got no sample."""
        with np.errstate(invalid="ignore"):
            of_parts = np.tensordot(draws, sums, axes=1) / (draws @ counts)[:, :, None]
        return np.add.reduceat(of_parts * weights[:, None], bounds[:-1], axis=1)

    found = means(np.ones((1, len(counts))))[0]
    drawn = np.concatenate([means(draws) for draws in _draws(len(counts), seed)])
    lows, highs = np.nanpercentile(drawn, _LEVEL, axis=0)
    many = [_has_many(figure, codes) for figure in wanted]
    return [
        [
            Figure(float(mean), float(low) if enough else None, float(high) if enough else None)
            for mean, low, high in zip(*figure, strict=True)
        ]
        for *figure, enough in zip(found, lows, highs, many, strict=True)
    ]


def _totals(values: Floats, codes: Indices, parts: Sequence[Part]) -> tuple[Floats, Floats]:
    """Return sums [recording, part, metric] and counts [recording, part]."""
    many = int(codes.max()) + 1
    sums = np.zeros((many, len(parts), values.shape[1]))
    counts = np.zeros((many, len(parts)))
    for column, part in enumerate(parts):
        of = codes[part.samples]
        counts[:, column] = np.bincount(of, minlength=many)
        for metric in range(values.shape[1]):
            sums[:, column, metric] = np.bincount(of, values[part.samples, metric], many)
    return sums, counts


def _draws(many: int, seed: int) -> Iterator[Floats]:
    """Yield how often each recording is drawn in each resample, some resamples at a time."""
    random = np.random.default_rng(seed)
    rows = many * np.arange(_AT_A_TIME)[:, None]
    for _ in range(RESAMPLES // _AT_A_TIME):
        drawn = random.integers(many, size=(_AT_A_TIME, many)) + rows
        counts = np.bincount(drawn.ravel(), minlength=_AT_A_TIME * many)
        yield counts.reshape(_AT_A_TIME, many).astype(float)


def _has_many(figure: Sequence[Part], codes: Indices) -> bool:
    return all(len(np.unique(codes[part.samples])) > 1 for part in figure)
