"""The training Parquet: sound, captions and questions, as the `datasets` library reads them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from auricle.pipeline.engine.storage import Storage
from auricle.pipeline.export.counts import write_counts
from auricle.pipeline.export.rows import SCHEMA, Count

_ROW_GROUP = 100
_SLICES = 10
"""A file is written in this many pieces or more, so that it can end near its size."""


def write(
    storage: Storage,
    folder: str,
    splits: Mapping[str, Iterable[pa.Table]],
    sizes: Mapping[str, int],
    target: float,
) -> dict[str, Count]:
    """Write a set of Parquet files a split, even in size.

    Args:
        storage: where.
        folder: the export's folder.
        splits: tables of `rows.SCHEMA` by split.
        sizes: about how many bytes a split has.
        target: bytes a file.
    """
    counts = {
        split: _write_split(storage, folder, split, tables, sizes[split], target)
        for split, tables in splits.items()
    }
    return write_counts(storage, folder, "parquet", counts)


def _write_split(
    storage: Storage,
    folder: str,
    split: str,
    tables: Iterable[pa.Table],
    total: int,
    target: float,
) -> Count:
    """Write the files of a split: as many of one size as come nearest to the target."""
    files = max(1, round(total / target))
    each = total / files
    pieces = _pieces(tables, each / _SLICES)
    clips, seconds = 0, 0.0
    waiting = next(pieces, None)
    for number in range(files):
        if waiting is None:
            break
        size = 0.0
        schema = SCHEMA.with_metadata({"huggingface": json.dumps(_features())})
        with (
            storage.replace(f"{folder}/{split}-{number:05d}.parquet") as stream,
            pq.ParquetWriter(stream, schema, compression="zstd") as writer,
        ):
            while waiting is not None and (size < each or number == files - 1):
                writer.write_table(waiting.cast(schema), row_group_size=_ROW_GROUP)
                clips += waiting.num_rows
                seconds += pc.sum(waiting["duration"]).as_py() or 0.0
                size += waiting.nbytes
                waiting = next(pieces, None)
    return Count(clips, clips, seconds)


def _pieces(tables: Iterable[pa.Table], size: float) -> Iterator[pa.Table]:
    """Yield tables cut into pieces of about so many bytes."""
    for table in tables:
        rows = max(1, int(table.num_rows * size / max(1, table.nbytes)))
        for at in range(0, table.num_rows, rows):
            yield pa.concat_tables([table.slice(at, rows)]).combine_chunks()


def _features() -> dict[str, Any]:
    """Return the column types as the `datasets` library writes them into Parquet."""
    features = {name: _feature(SCHEMA.field(name).type) for name in SCHEMA.names}
    return {"info": {"features": {**features, "audio": {"_type": "Audio"}}}}


def _feature(kind: pa.DataType) -> Any:
    if pa.types.is_list(kind):
        return {"feature": _feature(kind.value_type), "_type": "List"}
    if pa.types.is_struct(kind):
        return {field.name: _feature(field.type) for field in kind}
    return {"dtype": "float64" if pa.types.is_float64(kind) else str(kind), "_type": "Value"}
