"""A part of a shard worked on alone, so that the clip that kills its worker can be found."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal

import pyarrow as pa

from auricle.pipeline.dataset import PARTS, Dataset
from auricle.pipeline.engine.work import Work
from auricle.pipeline.tables import TABLES
from auricle.schemas.base import Row
from auricle.schemas.clip import Recording, Source

Reason = Literal["worker_died", "worker_hung"]
"""Why a clip is out that nothing could be made of."""


class Part(Dataset):
    """A dataset in which one shard is no more than some rows of itself.

    What is read is the shard's own rows; what is written goes to files of the part, beside the
    shards, until `join` makes one shard of them.
    """

    def __init__(self, uri: str, rows: range) -> None:
        super().__init__(uri)
        self.slice = rows

    def name(self, table: str, shard: int) -> str:
        """Return the name of the part's file, or of the shard where the whole is there."""
        whole = super().name(table, shard)
        return whole if self.storage.exists(whole) else part_name(table, shard, self.slice)

    def table(self, table: str, shard: int, columns: Sequence[str] | None = None) -> pa.Table:
        """Return the rows of the part, or some columns of them."""
        rows = super().table(table, shard, columns)
        return rows.slice(self.slice.start, len(self.slice)) if self._whole(table, shard) else rows

    def count(self, table: str, shard: int) -> int:
        """Return how many rows the part has."""
        whole = super().count(table, shard)
        return len(self.slice) if self._whole(table, shard) else whole

    def batches(
        self, table: str, shard: int, size: int, columns: Sequence[str]
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows of the part at most `size` at a time."""
        at = 0
        whole = self._whole(table, shard)
        for rows in super().batches(table, shard, size, columns):
            begin, end = self.slice.start - at, self.slice.stop - at
            at += rows.num_rows
            if not whole:
                yield rows
            elif begin < rows.num_rows and end > 0:
                begin = max(0, begin)
                yield rows.slice(begin, end - begin)

    def _whole(self, table: str, shard: int) -> bool:
        return self.name(table, shard) == super().name(table, shard)


def part_name(table: str, shard: int, rows: range) -> str:
    """Return the name of the file that holds what a part has made of a table."""
    return f"{TABLES[table].folder}/{PARTS}/shard-{shard:05d}.{rows.start}-{rows.stop}.parquet"


def halves(data: Dataset, work: Work, shard: int, rows: range) -> tuple[range, range] | None:
    """Return the two halves of some rows of a shard, or None where they cannot be divided.

    The excerpts of one recording stay together, since they share their clips.
    """
    cuts = [rows.start, *_cuts(data, work, shard, rows), rows.stop]
    if len(cuts) == 2:
        return None
    middle = rows.start + len(rows) / 2
    cut = min(cuts[1:-1], key=lambda place: abs(place - middle))
    return range(rows.start, cut), range(cut, rows.stop)


def _cuts(data: Dataset, work: Work, shard: int, rows: range) -> Sequence[int]:
    if not is_ingest(work):
        return range(rows.start + 1, rows.stop)
    ids = data.table("sources", shard, ["recording_id"])["recording_id"].to_pylist()
    new = [i for i, (before, own) in enumerate(pairwise(ids), 1) if before != own]
    return [i for i in new if rows.start < i < rows.stop]


def is_ingest(work: Work) -> bool:
    """Tell whether a work makes clips of sources, rather than rows of clips."""
    return work.reads[0] == "sources"


def missing(data: Dataset, work: Work, shard: int, rows: range) -> list[str]:
    """Return the tables that a part has not made yet, in the order in which they are made."""
    part = Part(data.storage.uri, rows)
    return [table for table in work.writes if not part.has(table, shard)]


def give_up(
    data: Dataset, work: Work, shard: int, rows: range, reason: Reason, detail: str
) -> None:
    """Write error rows for what a part cannot make.

    Of a chain that is the first expert that has not answered; the others may still be asked.
    """
    part = Part(data.storage.uri, rows)
    made = work.fingerprints(dict.fromkeys(work.reads, ""))
    tables = missing(data, work, shard, rows)
    if is_ingest(work):
        failed = [
            Recording(**source.model_dump(), status="error", reason=reason, detail=detail)
            for source in part.rows(Source, shard)
        ]
        for table in tables:
            content = failed if table == "recordings" else []
            part.write(table, shard, content, made[table].provenance)
        return
    record = TABLES[tables[0]].record
    assert issubclass(record, Row)
    ids = part.table("clips", shard, ["clip_id"])["clip_id"].to_pylist()
    rows_failed = [record.failed(clip, reason, detail) for clip in ids]
    part.write(tables[0], shard, rows_failed, made[tables[0]].provenance)


def join(data: Dataset, work: Work, shard: int, parts: Sequence[range]) -> None:
    """Make the shard of each table of a work from its parts, and delete them."""
    for table in work.writes:
        if data.has(table, shard):
            continue
        made = [Part(data.storage.uri, rows) for rows in parts]
        content = pa.concat_tables([part.table(table, shard) for part in made])
        told = made[0].provenance(table, shard)
        assert told is not None
        seconds = sum(part.summary(table, shard).seconds for part in made)
        data.write_table(table, shard, content.replace_schema_metadata(None), told, seconds)
    for table in work.writes:
        for rows in parts:
            data.storage.delete_file(part_name(table, shard, rows))
