"""The training Parquet: sound, captions and questions, as the `datasets` library reads them."""

import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from auricle.pipeline.config import Config
from auricle.pipeline.dataset import Dataset, digest
from auricle.pipeline.status import status
from auricle.schemas.errors import UserError
from auricle.schemas.text import CaptionCategory

FOLDER = "exports/parquet"
SPLITS = ("train", "benchmark")
_CATEGORIES: tuple[CaptionCategory, ...] = (
    "short",
    "long",
    "speech",
    "music",
    "sound",
    "environment",
)
_QA = ("category", "difficulty", "question", "answer")
_ROW_GROUP = 100
_MEGABYTE = 1_000_000


def export_parquet(data: Dataset, config: Config) -> dict[str, int]:
    """Write one set of Parquet files a split and return the number of clips in each.

    Clips without captions stay out. An export that is up to date is left as it is.

    Raises:
        UserError: the dataset is not finished.
    """
    behind = [line.table for line in status(data) if line.pending]
    if behind:
        raise UserError(f"{data.storage.uri}: {', '.join(behind)} not finished: run it first")
    if data.fingerprint("split") is None or data.fingerprint("captions") is None:
        raise UserError(f"{data.storage.uri}: no captions or no split yet: run those stages first")
    made_from = {
        table: print_.digest
        for table in ("clips", "captions", "qa", "split")
        if (print_ := data.fingerprint(table))
    }
    state = digest([made_from, data.shards("clips"), config.export.model_dump()])
    done = json.loads(data.storage.read(f"{FOLDER}/stage.json") or b"{}")
    if done.get("state") == state:
        return dict(done["clips"])
    data.storage.delete_folder(FOLDER)
    counts = {split: _write_split(data, split, config) for split in SPLITS}
    data.storage.write(f"{FOLDER}/README.md", _readme(counts).encode())
    told = json.dumps({"state": state, "clips": counts}, indent=1)
    data.storage.write(f"{FOLDER}/stage.json", told.encode())
    return counts


def _write_split(data: Dataset, split: str, config: Config) -> int:
    """Write the files of a split, each closed when it has reached its size."""
    target = config.export.file_megabytes * _MEGABYTE
    batches = (rows for shard in data.shards("clips") for rows in _rows(data, shard, split))
    count = 0
    number = 0
    waiting = next(batches, None)
    while waiting is not None:
        name = f"{FOLDER}/{split}-{number:05d}.parquet"
        size = 0.0
        schema = waiting.schema.with_metadata({"huggingface": json.dumps(_features())})
        with (
            data.storage.replace(name) as stream,
            pq.ParquetWriter(stream, schema, compression="zstd") as writer,
        ):
            while waiting is not None and size < target:
                writer.write_table(waiting.cast(schema), row_group_size=_ROW_GROUP)
                count += waiting.num_rows
                size += waiting.nbytes
                waiting = next(batches, None)
        number += 1
    return count


def _rows(data: Dataset, shard: int, split: str) -> Iterator[pa.Table]:
    """Yield the rows of a shard that belong to a split, holding one row group of sound."""
    sides = data.table("split", shard, ["clip_id", "split"])
    captions = data.table("captions", shard, ["clip_id", "status", *_CATEGORIES])
    qa = data.table("qa", shard, ["clip_id", "pairs"])
    domains = data.table("domain", shard, ["clip_id", "code"])
    languages = data.table("language", shard, ["clip_id", "language"])
    recordings = data.table("recordings", shard, ["recording_id", "license"])
    licences = dict(zip(*recordings.to_pydict().values(), strict=True))
    wanted = pc.and_(pc.equal(sides["split"], split), pc.equal(captions["status"], "ok"))
    at = 0
    columns = ("clip_id", "recording_id", "duration", "audio")
    for batch in data.batches("clips", shard, 64, columns):
        here = slice(at, at + batch.num_rows)
        at = here.stop
        for table in (sides, captions, qa, domains, languages):
            if table["clip_id"][here].combine_chunks() != batch["clip_id"]:
                raise UserError(f"shard {shard}: tables hold different clips; redo what is wrong")
        keep = pc.indices_nonzero(wanted[here].combine_chunks())
        if not len(keep):
            continue
        clips = batch.take(keep)
        texts = captions.slice(here.start, batch.num_rows).take(keep).combine_chunks()
        made: dict[str, Any] = {
            "audio": _audio(clips),
            "caption": _first(_texts(texts["long"])),
            **{category: _texts(texts[category]) for category in _CATEGORIES},
            "qa": _pairs(qa["pairs"][here].take(keep)),
            "domain": domains["code"][here].take(keep),
            "language": languages["language"][here].take(keep),
            "license": pa.array(
                [licences[r] for r in clips["recording_id"].to_pylist()], pa.string()
            ),
            "duration": clips["duration"],
            "clip_id": clips["clip_id"],
            "recording_id": clips["recording_id"],
        }
        yield pa.table(made)


def _audio(clips: pa.RecordBatch) -> pa.Array:
    names = pc.binary_join_element_wise(clips["clip_id"], "flac", ".")
    return pa.StructArray.from_arrays([clips["audio"], names], ["bytes", "path"])


def _texts(column: pa.ChunkedArray) -> pa.Array:
    """Return list<string> for a column of texts with their support; null stays null."""
    lists = column.combine_chunks()
    texts = lists.values.field("text")
    return pa.ListArray.from_arrays(lists.offsets, texts, mask=lists.is_null())


def _first(lists: pa.Array) -> pa.Array:
    return pc.list_element(lists, 0)


def _pairs(column: pa.ChunkedArray) -> pa.Array:
    lists = column.combine_chunks()
    fields = [lists.values.field(name) for name in _QA]
    return pa.ListArray.from_arrays(
        lists.offsets, pa.StructArray.from_arrays(fields, list(_QA)), mask=lists.is_null()
    )


def _features() -> dict[str, Any]:
    """Return the column types as the `datasets` library writes them into Parquet."""
    text = {"dtype": "string", "_type": "Value"}
    features: dict[str, Any] = {"audio": {"_type": "Audio"}, "caption": text}
    features |= {name: {"feature": text, "_type": "List"} for name in _CATEGORIES}
    features["qa"] = {"feature": dict.fromkeys(_QA, text), "_type": "List"}
    features |= {"domain": text, "language": text, "license": text}
    features["duration"] = {"dtype": "float64", "_type": "Value"}
    features |= {"clip_id": text, "recording_id": text}
    return {"info": {"features": features}}


def _readme(counts: dict[str, int]) -> str:
    splits = "".join(
        f"      - split: {split}\n        path: {split}-*.parquet\n"
        for split, count in counts.items()
        if count
    )
    return f"---\nconfigs:\n  - config_name: default\n    data_files:\n{splits}---\n"
