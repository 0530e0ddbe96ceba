"""The figures of a dataset: one reading of its columns, for the terminal, the report and the card.

Columns are read a shard at a time and added up, so that memory stays flat at any size.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from auricle.pipeline.counting import counted
from auricle.pipeline.dataset import Dataset
from auricle.pipeline.judge.calibrate import Calibration, stored
from auricle.pipeline.judge.funnel import Funnel, funnel
from auricle.pipeline.recordings import of_recordings
from auricle.pipeline.report.heard import Histogram, heard_labels, heard_values
from auricle.pipeline.spending import Spending, spending
from auricle.pipeline.status import Problem, problems
from auricle.pipeline.tables import TABLES
from auricle.pipeline.text.lint import measured
from auricle.pipeline.text.lint_figures import LintReport
from auricle.pipeline.text.lint_sources import texts_of_dataset

_MEASURED = 20_000
"""Clips whose texts are measured, about, where there are many more."""
NONE = "none"
"""Stands for no language, no licence, no split."""


class Share(NamedTuple):
    """Clips of one kind, and how long they are together."""

    clips: int
    seconds: float


class Speed(NamedTuple):
    """What the rows of one table took: seconds of workers, and rows a second of one worker."""

    table: str
    rows: int
    seconds: float
    rate: float | None


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What is thought of the texts of a dataset: all that its card needs of the figures."""

    texts: LintReport | None
    consistency: dict[str, int]
    calibration: Calibration | None
    verdicts: Funnel | None
    spent: tuple[Spending, ...]


@dataclass(frozen=True, kw_only=True)
class Figures(Findings):
    """What a dataset holds. What was not asked for, or is not made yet, is empty or None.

    `stages` is how many there are at each step from recordings to splits, in order. `kinds` has
    clips by domain, language, licence and split, the most frequent first.
    """

    recordings: int
    clips: int
    seconds: float
    stages: dict[str, int]
    kinds: dict[str, dict[str, Share]]
    errors: tuple[Problem, ...]
    labels: dict[str, dict[str, int]]
    values: dict[str, Histogram]
    speeds: tuple[Speed, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the figures as JSON can hold them."""
        told = asdict(self)
        told["texts"] = self.texts.as_json() if self.texts else None
        told["calibration"] = self.calibration.model_dump() if self.calibration else None
        plain: dict[str, Any] = _plain(told)
        return plain


def findings(data: Dataset) -> Findings:
    """Return what is thought of the texts of a dataset; no annotation is read."""
    return Findings(
        texts=_texts(data),
        consistency=_consistency(data),
        calibration=stored(data),
        verdicts=funnel(data) if data.shards("verdict") else None,
        spent=tuple(spending(data)),
    )


def figures(data: Dataset) -> Figures:
    """Return the figures of a dataset.

    Raises:
        UserError: there is no dataset here.
    """
    errors = tuple(problems(data))
    kinds, seconds = _kinds(data)
    recordings, decoded = _recordings(data)
    clips = sum(summary.rows for summary in data.summaries("clips").values())
    written = sum(summary.ok for summary in data.summaries("captions").values())
    thought = findings(data)
    stages = {"recordings found": recordings, "recordings decoded": decoded, "clips": clips}
    if data.shards("captions"):
        stages["clips with captions"] = written
    if thought.verdicts:
        stages["clips that passed"] = thought.verdicts.passed
    sides = kinds.get("split", {})
    stages |= {side: sides[side].clips for side in ("train", "benchmark") if side in sides}
    return Figures(
        recordings=recordings,
        clips=clips,
        seconds=seconds,
        stages=stages,
        kinds=kinds,
        errors=errors,
        labels=heard_labels(data),
        values=heard_values(data),
        speeds=tuple(_speeds(data)),
        **vars(thought),
    )


def _kinds(data: Dataset) -> tuple[dict[str, dict[str, Share]], float]:
    """Return clips by kind, and how many seconds all are."""
    found: dict[str, dict[str, Share]] = {}
    seconds = 0.0
    columns = {"domain": ("domain", "code"), "language": ("language", "language")}
    columns["split"] = ("split", "split")
    for shard in data.shards("clips"):
        duration = data.table("clips", shard, ["duration"])["duration"]
        seconds += pc.sum(duration).as_py() or 0.0
        given = {
            kind: data.table(table, shard, [column])[column]
            for kind, (table, column) in columns.items()
            if data.has(table, shard)
        }
        given["licence"] = of_recordings(data, shard, "license")
        for kind, values in given.items():
            _add(found.setdefault(kind, {}), values, duration)
    return {kind: _sorted(shares) for kind, shares in found.items()}, seconds


def _add(shares: dict[str, Share], values: pa.ChunkedArray, duration: pa.ChunkedArray) -> None:
    rows = pa.table({"value": pc.fill_null(values, NONE), "duration": duration})
    sums = rows.group_by("value").aggregate([("duration", "count"), ("duration", "sum")])
    for row in sums.to_pylist():
        before = shares.get(row["value"], Share(0, 0.0))
        clips, seconds = row["duration_count"], row["duration_sum"]
        shares[row["value"]] = Share(before.clips + clips, before.seconds + seconds)


def _sorted(shares: Mapping[str, Share]) -> dict[str, Share]:
    return dict(sorted(shares.items(), key=lambda each: (each[0] == NONE, -each[1].clips)))


def _recordings(data: Dataset) -> tuple[int, int]:
    """Return how many recordings there are, and of how many there is sound."""
    found = decoded = 0
    for shard in data.shards("recordings"):
        clips = data.table("recordings", shard, ["clips"])["clips"]
        found += len(clips)
        decoded += pc.sum(pc.greater(clips, 0)).as_py() or 0
    return found, decoded


def _texts(data: Dataset) -> LintReport | None:
    """Measure the texts of shards that are spread evenly, until there are clips enough."""
    counts = {shard: summary.rows for shard, summary in data.summaries("captions").items()}
    step = max(1, round(sum(counts.values()) / _MEASURED))
    report = measured(data.storage.uri, texts_of_dataset(data, list(counts)[::step]))
    return report if report.captions or report.qa else None


def _consistency(data: Dataset) -> dict[str, int]:
    """Return how the general captions fared."""
    counts: Counter[str] = Counter()
    for shard in data.shards("verdict"):
        column = data.table("verdict", shard, ["consistency"])["consistency"].drop_null()
        counts.update(counted(column))
    return dict(counts)


def _speeds(data: Dataset) -> list[Speed]:
    """Return what each table took, the slowest first; those that tell no time are left out."""
    found = []
    for table in TABLES:
        summaries = data.summaries(table).values()
        seconds = sum(summary.seconds for summary in summaries)
        rows = sum(summary.rows for summary in summaries)
        if seconds:
            found.append(Speed(table, rows, seconds, rows / seconds))
    return sorted(found, key=lambda speed: -speed.seconds)


def _plain(value: Any) -> Any:
    """Return named tuples as dicts, which JSON would make lists of."""
    if hasattr(value, "_asdict"):
        return {name: _plain(each) for name, each in value._asdict().items()}
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
