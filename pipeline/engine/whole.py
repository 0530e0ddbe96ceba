"""Stages that look across all shards: run by the driver, and only what changed is written."""

from collections.abc import Iterator, Sequence
from functools import partial

import pyarrow as pa

from auricle.pipeline.dataset import Dataset, whole_rows
from auricle.pipeline.engine.progress import Progress
from auricle.pipeline.engine.work import Whole
from auricle.schemas.base import Provenance
from auricle.schemas.errors import UserError


def run_whole(data: Dataset, works: Sequence[Whole], progress: Progress) -> None:
    """Do each work that has a shard missing, in order.

    Raises:
        UserError: what a work reads is not finished.
    """
    shards = data.shards("sources")
    for work in works:
        behind = [table for table in work.reads if set(shards) - set(data.shards(table))]
        if behind:
            raise UserError(
                f"{data.storage.uri}: {work.name} looks at all clips, and {', '.join(behind)} is "
                "not finished: run it first"
            )
        done = set.intersection(*(set(data.shards(table)) for table in work.writes))
        todo = sorted(set(shards) - done)
        clips = sum(data.count("clips", shard) for shard in shards) if todo else 0
        progress.start(work.name, len(shards), len(done), clips)
        if todo:
            work.run_all(data, partial(progress.tell, work.name))
            for _ in todo:
                progress.shard(work.name)


def old_first(data: Dataset, table: str) -> Iterator[int]:
    """Yield the shards, those that the table lacks last: when they are there, all is up to date."""
    there = set(data.shards(table))
    yield from sorted(data.shards("clips"), key=lambda shard: (shard not in there, shard))


def update(data: Dataset, table: str, shard: int, rows: pa.Table, provenance: Provenance) -> None:
    """Write a shard, unless it holds the same rows; columns that are not given are null."""
    rows = whole_rows(table, rows)
    if not (data.has(table, shard) and data.table(table, shard).equals(rows)):
        data.write_table(table, shard, rows, provenance)
