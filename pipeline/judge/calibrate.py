"""Thresholds of consistency, from what texts of other clips score by chance.

A text's statistic is its margin: its similarity to the sound less the mean of its controls'. The
same is taken of each control beside the other controls, which is what a text that does not belong
gets (the null). A kind of text has the threshold that a set share of the null passes.
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.judge.texts import kind_of
from auricle.schemas.errors import UserError
from auricle.schemas.text import CATEGORIES

Margins = NDArray[np.float64]

FILE = "scores/calibration.json"
KINDS = (*CATEGORIES, "qa")
_MOST = 200_000
"""Texts of a kind that are looked at, spread evenly over the shards."""
_ENOUGH = 20
"""False accepts to be expected in the null, below which the threshold is not to be trusted."""
_POINTS = 41


class Point(BaseModel):
    """A threshold, and what would pass it."""

    model_config = ConfigDict(frozen=True)

    threshold: float
    false_accept: float
    true_accept: float


class Threshold(BaseModel):
    """The threshold of one kind of text."""

    model_config = ConfigDict(frozen=True)

    threshold: float
    false_accept: float
    true_accept: float
    texts: int
    null: int
    trusted: bool
    curve: tuple[Point, ...]


class Calibration(BaseModel):
    """The thresholds of a dataset, by kind of text; kinds without scores are not there."""

    model_config = ConfigDict(frozen=True)

    scorer: str
    wanted: float
    kinds: dict[str, Threshold]

    @property
    def warnings(self) -> list[str]:
        """What is wrong with it, in words."""
        few = [kind for kind, told in self.kinds.items() if not told.trusted]
        if not few:
            return []
        return [
            f"too few scores to trust the thresholds of {', '.join(few)}: a false-accept rate of "
            f"{self.wanted:g} wants {round(_ENOUGH / self.wanted)} control texts or more"
        ]


class _Scores(NamedTuple):
    matched: list[Margins]
    null: list[Margins]


def calibrate(data: Dataset, false_accept: float) -> Calibration:
    """Measure the thresholds and store them.

    Args:
        data: a dataset whose texts have been scored.
        false_accept: share of texts that do not belong which may pass, 0 to 1.

    Raises:
        UserError: nothing has been scored.
    """
    shards = data.shards("consistency")
    if not shards:
        raise UserError(
            f"{data.storage.uri}: no text has been scored; set score.scorer and run: auricle score"
        )
    found = {kind: _Scores([], []) for kind in KINDS}
    for shard in shards:
        for kind, controls, own in _margins(data, shard, -(-_MOST // len(shards))):
            found[kind].matched.append(own)
            found[kind].null.append(controls)
    told = data.provenance("consistency", shards[0])
    made = Calibration(
        scorer=told.backend if told else "unknown",
        wanted=false_accept,
        kinds={
            kind: threshold(np.concatenate(own), np.concatenate(null), false_accept)
            for kind, (own, null) in found.items()
            if null and sum(map(len, null))
        },
    )
    data.storage.write(FILE, made.model_dump_json(indent=1).encode())
    return made


def stored(data: Dataset) -> Calibration | None:
    """Return the calibration of a dataset, or None if it has none."""
    content = data.storage.read(FILE)
    return Calibration.model_validate(json.loads(content)) if content else None


def threshold(matched: Margins, null: Margins, false_accept: float) -> Threshold:
    """Return the least threshold that at most this share of the null is above.

    Args:
        matched: margins of texts beside their own clips.
        null: margins of texts beside other clips.
        false_accept: 0 to 1.
    """
    at = float(np.quantile(null, 1 - false_accept, method="higher"))
    both = np.concatenate([matched, null])
    grid = np.linspace(np.quantile(both, 0.001), np.quantile(both, 0.999), _POINTS)
    return Threshold(
        threshold=round(at, 6),
        false_accept=_above(null, at),
        true_accept=_above(matched, at),
        texts=len(matched),
        null=len(null),
        trusted=len(null) * false_accept >= _ENOUGH,
        curve=tuple(
            Point(
                threshold=round(float(point), 6),
                false_accept=_above(null, point),
                true_accept=_above(matched, point),
            )
            for point in grid
        ),
    )


def _above(margins: Margins, at: float) -> float:
    return round(float(np.mean(margins > at)), 6)


def _margins(data: Dataset, shard: int, most: int) -> Iterator[tuple[str, Margins, Margins]]:
    """Yield the null and the matched margins of a shard, for each kind and number of controls."""
    column: Any = data.table("consistency", shard, ["texts"])["texts"].combine_chunks()
    texts = column.flatten()
    if not len(texts):
        return
    kinds = np.array([kind_of(where) for where in texts.field("where").to_pylist()])
    own = texts.field("similarity").to_numpy(zero_copy_only=False)
    lists = texts.field("controls")
    flat = lists.flatten().to_numpy(zero_copy_only=False)
    lengths = np.asarray(lists.value_lengths())
    starts = np.cumsum(lengths) - lengths
    for kind in KINDS:
        for count in np.unique(lengths[kinds == kind]):
            if count < 2:
                continue
            chosen = np.flatnonzero((kinds == kind) & (lengths == count))
            chosen = chosen[:: max(1, -(-len(chosen) // most))]
            controls = flat[starts[chosen][:, None] + np.arange(count)]
            total = controls.sum(axis=1, keepdims=True)
            null = controls - (total - controls) / (count - 1)
            yield kind, null.ravel(), own[chosen] - total[:, 0] / count
