"""The rows of a Parquet or Arrow file, each with the bytes of a sound file, a few at a time."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from auricle.pipeline.containers import Member, audio_column, is_binary, open_arrow, open_parquet
from auricle.pipeline.ffmpeg import NotSound
from auricle.pipeline.remote import is_uri

_ROWS = 8
"""Rows that are held at once."""


def table_members(
    path: str, parquet: bool, first: int, stop: int | None
) -> Iterator[tuple[int, Member]]:
    """Yield the rows of a table from the `first` on, with their numbers, up to the one at `stop`.

    The sound is in the column that `audio_column` finds; where it has a path and no bytes, in the
    file at that path. All other columns are what is told of it.

    Raises:
        NotSound: the table cannot be read, or not to its end.
    """
    import pyarrow as pa

    batches = _parquet_batches if parquet else _arrow_batches
    number = first
    try:
        for column, batch in batches(path, first, stop):
            for row in batch.to_pylist():
                yield number, _member(path, number, column, row)
                number += 1
    except FileNotFoundError:
        raise NotSound("missing_file", "no such file") from None
    except (pa.ArrowException, OSError) as error:
        asked = isinstance(error, OSError) and (error.errno is not None or is_uri(path))
        words = " ".join(str(error).split())
        raise NotSound(
            "unreadable" if asked else "bad_container", f"at row {number}: {words}"
        ) from None


def _member(path: str, number: int, column: str, row: dict[str, Any]) -> Member:
    sound = row.pop(column)
    content, told = (sound, None) if isinstance(sound, bytes) else (None, None)
    if isinstance(sound, dict):
        content, told = sound["bytes"], sound["path"]
    name = f"row {number}"
    stem = Path(told).stem if told else f"{Path(path.partition('?')[0]).stem}_{number}"
    if content is None and not told:
        return Member(name, stem, row, problem=NotSound("no_audio", f"{column} is null"))
    place = _beside(path, told) if content is None and told else None
    return Member(name, stem, row, content, place)


def _beside(container: str, path: str) -> str:
    """Return the place that a path in a container names, which may be relative to it."""
    if is_uri(path) or os.path.isabs(path):  # noqa: PTH117
        return path
    if is_uri(container):
        base, mark, query = container.partition("?")
        return f"{base.rpartition('/')[0]}/{path}{mark}{query}"
    return str(Path(container).parent / path)


def _parquet_batches(path: str, first: int, stop: int | None) -> Iterator[tuple[str, Any]]:
    with open_parquet(path) as table:
        column, columns = _columns(table.schema_arrow)
        at = 0
        for group in range(table.num_row_groups):
            after = at + table.metadata.row_group(group).num_rows
            if after > first and (stop is None or at < stop):
                # One by one: a batch over two groups would be lost with the second.
                batches = table.iter_batches(_ROWS, row_groups=[group], columns=columns)
                yield from ((column, batch) for batch in _cut(batches, at, first, stop))
            at = after


def _arrow_batches(path: str, first: int, stop: int | None) -> Iterator[tuple[str, Any]]:
    with open_arrow(path) as reader:
        column, columns = _columns(reader.schema)
        several = (
            map(reader.get_batch, range(reader.num_record_batches))
            if hasattr(reader, "get_batch")
            else reader
        )
        small = (
            batch.select(columns).slice(at, _ROWS)
            for batch in several
            for at in range(0, batch.num_rows, _ROWS)
        )
        yield from ((column, batch) for batch in _cut(small, 0, first, stop))


def _columns(schema: Any) -> tuple[str, list[str]]:
    """Return the column of sound, and all that are read."""
    column = audio_column(schema)
    if column is None:
        raise NotSound("no_audio", "no column has sound in it; one called `audio` with bytes would")
    told = [field.name for field in schema if not is_binary(field.type)]
    return column, [column, *told]


def _cut(batches: Iterator[Any], at: int, first: int, stop: int | None) -> Iterator[Any]:
    """Yield the rows from `first` up to `stop` of batches that begin with row `at`."""
    for batch in batches:
        if stop is not None and at >= stop:
            return
        begin = max(0, first - at)
        end = batch.num_rows if stop is None else min(batch.num_rows, stop - at)
        if begin < end:
            yield batch.slice(begin, end - begin)
        at += batch.num_rows
