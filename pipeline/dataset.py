"""A dataset on disk: its shards, what is done, and the fingerprints that guard them."""

import hashlib
import json
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict

from auricle.pipeline.counting import counted
from auricle.pipeline.engine.storage import Storage
from auricle.pipeline.tables import TABLES
from auricle.schemas.arrow import arrow_schema, from_table, to_table
from auricle.schemas.base import Provenance, Record, Row
from auricle.schemas.errors import UserError

T = TypeVar("T", bound=Record)

_SHARD = re.compile(r"shard-(\d{5,})\.parquet")
_PROVENANCE = b"auricle.provenance"
PARTS = "parts"
"""The folder, in that of a table, of the parts of shards that are being made in parts."""
_SUMMARY = b"auricle.summary"
_SUMMARY_IN_FOOTER = re.compile(rb"\x0fauricle\.summary\x18.(\{[^{}]*\})\x00", re.DOTALL)
"""The summary as a footer holds it: two strings with their lengths, in Thrift's compact form."""
_TAIL = 16_384
"""Bytes at the end of a file in which its summary stands, unless a record is very wide."""
_REQUESTS = 32
"""Files that an object store is asked for at once."""
_ROW_GROUP = 64
"""Rows a Parquet row group: what a reader of clips holds in memory at once."""


class Fingerprint(BaseModel):
    """What a table's values depend on. Two that differ must not meet in one folder."""

    model_config = ConfigDict(frozen=True)

    provenance: Provenance
    settings: dict[str, Any]
    needs: dict[str, str]

    @property
    def digest(self) -> str:
        """Return a hash of all that changes the values.

        The version of the code is not in it, nor where weights came from: their hash says what
        they are.
        """
        told = self.model_dump(mode="json")
        del told["provenance"]["version"]
        models = self.provenance.models
        told["provenance"]["models"] = {model.name: model.sha256 for model in models}
        return digest(told)


class Summary(NamedTuple):
    """What the footer of a shard tells of its rows, and how long they took to make."""

    ok: int = 0
    skipped: int = 0
    error: int = 0
    seconds: float = 0.0

    @property
    def rows(self) -> int:
        """All rows."""
        return self.ok + self.skipped + self.error


class Dataset:
    """The tables of one dataset. The path is the protocol: a shard that exists is done."""

    def __init__(self, uri: str) -> None:
        self.storage = Storage(uri)

    def name(self, table: str, shard: int) -> str:
        """Return the name of a shard's file below the dataset."""
        return f"{TABLES[table].folder}/shard-{shard:05d}.parquet"

    def shards(self, table: str) -> list[int]:
        """Return the numbers of the shards that are done, in order."""
        found = map(_SHARD.fullmatch, self.storage.names(TABLES[table].folder))
        return sorted(int(match.group(1)) for match in found if match)

    def changes(self, table: str) -> dict[int, tuple[int, int | None]]:
        """Return size and time of change of each shard's file."""
        found = self.storage.changes(TABLES[table].folder)
        matches = {name: _SHARD.fullmatch(name) for name in found}
        return {int(match.group(1)): found[name] for name, match in matches.items() if match}

    def has(self, table: str, shard: int) -> bool:
        """Tell whether a shard is done."""
        return self.storage.exists(self.name(table, shard))

    def rows(self, record: type[T], shard: int, table: str | None = None) -> list[T]:
        """Return the rows of a shard as records, in order."""
        return from_table(record, self.table(table or table_of(record), shard))

    def clip_rows(self, table: str, shard: int) -> list[Row]:
        """Return the rows of a shard of a table that has one row a clip, in the clips' order."""
        rows = self.rows(TABLES[table].record, shard, table)
        return [row for row in rows if isinstance(row, Row)]

    def table(self, table: str, shard: int, columns: Sequence[str] | None = None) -> pa.Table:
        """Return a shard, or some columns of it, as an Arrow table."""
        with self._open(table, shard) as file:
            return file.read(columns=list(columns) if columns is not None else None)

    def count(self, table: str, shard: int) -> int:
        """Return how many rows a shard has; reads the end of the footer alone."""
        return self.summary(table, shard).rows

    def summary(self, table: str, shard: int) -> Summary:
        """Return how the rows of a shard ended; reads the end of the footer alone."""
        name = self.name(table, shard)
        with self.storage.open(name) as file:
            told = _told(file)
            if told is not None:
                return told
            with _parquet(file, self.storage.address(name)) as parquet:
                return _counted(parquet)

    def summaries(self, table: str) -> dict[int, Summary]:
        """Return how the rows of every shard that is done ended, by shard, in order.

        Where files are far away, many are asked at once.
        """
        shards = self.shards(table)
        if self.storage.local:
            return {shard: self.summary(table, shard) for shard in shards}
        with ThreadPoolExecutor(_REQUESTS) as threads:
            found = threads.map(lambda shard: self.summary(table, shard), shards)
            return dict(zip(shards, found, strict=True))

    def column_bytes(self, table: str, shard: int, column: str) -> int:
        """Return how many bytes a column takes on disk; reads the footer alone."""
        with self._open(table, shard) as file:
            told = file.metadata
            groups = [told.row_group(i) for i in range(told.num_row_groups)]
            at = told.schema.names.index(column) if groups else 0
            return sum(int(group.column(at).total_compressed_size) for group in groups)

    def batches(
        self, table: str, shard: int, size: int, columns: Sequence[str]
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a shard at most `size` at a time, holding one row group at a time."""
        with self._open(table, shard) as file:
            yield from file.iter_batches(batch_size=size, columns=list(columns))

    def provenance(self, table: str, shard: int) -> Provenance | None:
        """Return who made a shard."""
        with self._open(table, shard) as file:
            told = (file.schema_arrow.metadata or {}).get(_PROVENANCE)
        return Provenance.model_validate_json(told) if told else None

    def write(
        self,
        table: str,
        shard: int,
        rows: Sequence[T],
        provenance: Provenance,
        seconds: float = 0.0,
    ) -> None:
        """Write a whole shard; it is there complete or not at all.

        `seconds` is how long its rows took to make.
        """
        with self.writer(table, shard, provenance, seconds) as add:
            add(rows)

    def write_table(
        self,
        table: str,
        shard: int,
        rows: pa.Table,
        provenance: Provenance,
        seconds: float = 0.0,
    ) -> None:
        """Write a whole shard from the rows that `whole_rows` gives."""
        schema = rows.schema.with_metadata({_PROVENANCE: provenance.model_dump_json()})
        with (
            self.storage.replace(self.name(table, shard)) as stream,
            pq.ParquetWriter(stream, schema, compression="zstd") as writer,
        ):
            writer.write_table(rows.cast(schema), row_group_size=_ROW_GROUP)
            writer.add_key_value_metadata(_summary(_statuses(rows), seconds))

    @contextmanager
    def writer(
        self, table: str, shard: int, provenance: Provenance, seconds: float | None = None
    ) -> Iterator[Any]:
        """Open a shard to which rows are added a few at a time, so that memory stays flat.

        Unless `seconds` says otherwise, its rows took as long to make as it is open.
        """
        record = TABLES[table].record
        schema = arrow_schema(record).with_metadata({_PROVENANCE: provenance.model_dump_json()})
        begun = time.perf_counter()
        with (
            self.storage.replace(self.name(table, shard)) as stream,
            pq.ParquetWriter(stream, schema, compression="zstd") as writer,
        ):
            waiting: list[Record] = []
            ended: Counter[str] = Counter()

            def flush() -> None:
                rows = to_table(record, waiting)
                ended.update(_statuses(rows))
                writer.write_table(rows.cast(schema))
                waiting.clear()

            def add(rows: Sequence[Record]) -> None:
                for row in rows:
                    waiting.append(row)
                    if len(waiting) == _ROW_GROUP:
                        flush()

            yield add
            flush()
            took = time.perf_counter() - begun if seconds is None else seconds
            writer.add_key_value_metadata(_summary(ended, took))

    def fingerprint(self, table: str) -> Fingerprint | None:
        """Return what the shards on disk were made with, or None before the first."""
        content = self.storage.read(_stage_file(table))
        return Fingerprint.model_validate_json(content) if content else None

    def sign(self, table: str, fingerprint: Fingerprint) -> None:
        """Write down what the table's shards are made with."""
        content = fingerprint.model_dump_json(indent=1).encode()
        if self.storage.read(_stage_file(table)) != content:
            self.storage.write(_stage_file(table), content)

    def path(self, table: str, shard: int) -> str:
        """Return where a shard lies, as the file system wants it."""
        return self.storage.path(self.name(table, shard))

    def forget(self, table: str) -> None:
        """Delete a table."""
        self.storage.delete_folder(TABLES[table].folder)

    def forget_shard(self, table: str, shard: int) -> None:
        """Delete one shard, so that it is pending again; a missing one is fine."""
        self.storage.delete_file(self.name(table, shard))

    def sweep(self, table: str) -> None:
        """Delete what killed writers of a table left behind."""
        self.storage.sweep(TABLES[table].folder)
        self.storage.delete_folder(f"{TABLES[table].folder}/{PARTS}")

    @contextmanager
    def _open(self, table: str, shard: int) -> Iterator[Any]:
        with (
            self.storage.open(self.name(table, shard)) as file,
            _parquet(file, self.storage.address(self.name(table, shard))) as parquet,
        ):
            yield parquet


def whole_rows(table: str, rows: pa.Table) -> pa.Table:
    """Return rows with all columns of a table's record; a new one is null, or ok for `status`."""
    schema = arrow_schema(TABLES[table].record)
    assert set(rows.column_names) <= set(schema.names)
    if "status" not in rows.column_names:
        rows = rows.append_column("status", pa.array(["ok"] * rows.num_rows, pa.string()))
    for name in set(schema.names) - set(rows.column_names):
        rows = rows.append_column(name, pa.nulls(rows.num_rows, schema.field(name).type))
    return rows.select(schema.names).cast(schema)


def table_of(record: type[Record]) -> str:
    """Return the name of the table whose rows are of this record."""
    return next(name for name, table in TABLES.items() if table.record is record)


def digest(told: Any) -> str:
    """Return a short stable hash of anything JSON can hold."""
    text = json.dumps(told, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


@contextmanager
def _parquet(file: Any, path: str) -> Iterator[Any]:
    try:
        yield pq.ParquetFile(file)
    except pa.ArrowInvalid as error:
        raise UserError(
            f"{path}: not a Parquet file ({error}); delete it and run the stage again"
        ) from None


def _told(file: Any) -> Summary | None:
    """Return the summary that stands near the end of a file, without parsing what is before it.

    A footer of 500 rows tells so much of each column that to parse it takes 30 times as long.
    """
    size = file.size()
    tail = file.read_at(min(size, _TAIL), max(0, size - _TAIL))
    found = _SUMMARY_IN_FOOTER.findall(tail) if tail.endswith(b"PAR1") else []
    return Summary(**json.loads(found[-1])) if found else None


def _counted(file: Any) -> Summary:
    """Return the summary of a file by its whole footer, or by its rows where that has none."""
    told = (file.metadata.metadata or {}).get(_SUMMARY)
    if told:
        return Summary(**json.loads(told))
    has = "status" in file.schema_arrow.names
    return Summary(**_statuses(file.read(columns=["status"] if has else None)))


def _statuses(rows: pa.Table) -> dict[str, int]:
    """Return how many rows have each status; rows of a table without one are all ok."""
    if "status" not in rows.column_names:
        return {"ok": rows.num_rows}
    return counted(rows["status"])


def _summary(statuses: Mapping[str, int], seconds: float) -> dict[bytes, str]:
    return {_SUMMARY: json.dumps({**statuses, "seconds": round(seconds, 3)})}


def _stage_file(table: str) -> str:
    return f"{TABLES[table].folder}/stage.json"
