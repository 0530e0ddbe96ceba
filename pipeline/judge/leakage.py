"""Leakage: what train and benchmark share with each other, and with lists of other datasets."""

import csv
import gzip
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.recordings import of_recordings
from auricle.schemas.errors import UserError

FILE = "splits/leakage.json"
_YOUTUBE = re.compile(r"[A-Za-z0-9_-]{11}")
_EXCERPT = re.compile(r"([A-Za-z0-9_-]{11})_\d+(?:_\d+){0,3}")
_AUDIO = re.compile(r"\.(?:wav|flac|mp3|m4a|ogg|opus|mp4|webm)$", re.IGNORECASE)
_MUST_BE_APART = ("recordings", "samples", "sound")


class Leak(NamedTuple):
    """One way in which two sides can share something, and how much they do.

    `shared` counts distinct things; `train` and `benchmark` the clips that have them.
    """

    between: str
    what: str
    shared: int
    train: int
    benchmark: int
    example: str


def leakage(data: Dataset, against: Sequence[str] = ()) -> list[Leak]:
    """Return what the two sides share, read from the tables themselves, and store it.

    Args:
        data: a dataset that has been split.
        against: lists of other datasets: text, CSV, TSV, JSON, JSON lines or Parquet, packed by
            gzip or not. Any field of theirs may be an id, a file name or a clip's key.

    Raises:
        UserError: there is no split yet, or a list cannot be read.
    """
    sides = _sides(data)
    found = [
        _between(sides, what, column)
        for what, column in (
            ("recordings", "recording_id"),
            ("samples", "sha256"),
            ("sound", "near"),
            ("uploaders", "uploader"),
            ("like captions", "text"),
        )
    ]
    found += [_outside(sides, path) for path in against]
    told = json.dumps([leak._asdict() for leak in found], indent=1)
    data.storage.write(FILE, told.encode())
    return found


def torn(leaks: Iterable[Leak]) -> list[str]:
    """Return what must not be shared between train and benchmark, and is."""
    return [
        leak.what
        for leak in leaks
        if leak.between == "train and benchmark" and leak.what in _MUST_BE_APART and leak.shared
    ]


def ids_in(path: str) -> Iterator[str]:
    """Yield every id that a list may mean, in the forms of `forms_of`.

    Raises:
        UserError: the list cannot be read.
    """
    try:
        for field in _fields(Path(path)):
            yield from forms_of(field)
    except (OSError, ValueError, pa.ArrowInvalid, csv.Error) as error:
        raise UserError(f"{path}: cannot read this list of ids: {error}") from None


def forms_of(field: str) -> set[str]:
    """Return the ids that a name may stand for.

    Of "Y7fmOlUlwoNg.wav" it is that and "7fmOlUlwoNg"; of the key "7fmOlUlwoNg_20_0_30" it is the
    key and the video's id.
    """
    name = _AUDIO.sub("", field.strip().replace("\\", "/").rsplit("/", 1)[-1])
    found = {field.strip(), name}
    if len(name) == 12 and name.startswith("Y") and _YOUTUBE.fullmatch(name[1:]):
        found.add(name[1:])
    if match := _EXCERPT.fullmatch(name):
        found.add(match.group(1))
    if match := re.search(r"(?:v=|youtu\.be/)([A-Za-z0-9_-]{11})", field):
        found.add(match.group(1))
    return found - {""}


def _sides(data: Dataset) -> pa.Table:
    """Return the clips of both sides with all that they might share."""
    shards = data.shards("split")
    if not shards:
        raise UserError(f"{data.storage.uri}: no split yet; run: auricle split")
    parts = []
    for shard in shards:
        clips = data.table("clips", shard, ["clip_id", "recording_id"])
        duplicates = data.table("duplicates", shard, ["near", "text"])
        parts.append(
            pa.table(
                {
                    "split": data.table("split", shard, ["split"])["split"],
                    "recording_id": clips["recording_id"],
                    "sha256": data.table("print", shard, ["sha256"])["sha256"],
                    "near": duplicates["near"],
                    "text": duplicates["text"],
                    "uploader": of_recordings(data, shard, "uploader"),
                }
            )
        )
    rows = pa.concat_tables(parts)
    return rows.filter(pc.is_valid(rows["split"]))


def _between(sides: pa.Table, what: str, column: str) -> Leak:
    known = sides.filter(pc.is_valid(sides[column]))
    train, benchmark = (
        known.filter(pc.equal(known["split"], side))[column] for side in ("train", "benchmark")
    )
    shared = pc.unique(train.filter(pc.is_in(train, pc.unique(benchmark))))
    example = str(shared[0]) if len(shared) else ""
    here, there = (_count(pc.is_in(side, shared)) for side in (train, benchmark))
    return Leak("train and benchmark", what, len(shared), here, there, example)


def _outside(sides: pa.Table, path: str) -> Leak:
    recordings = pc.unique(sides["recording_id"]).to_pylist()
    forms = {form: each for each in recordings for form in forms_of(each)}
    found = {forms[each] for each in ids_in(path) if each in forms}
    wanted = pa.array(sorted(found), pa.string())
    hit = sides.filter(pc.is_in(sides["recording_id"], wanted))
    train, benchmark = (_count(pc.equal(hit["split"], side)) for side in ("train", "benchmark"))
    example = wanted[0].as_py() if len(wanted) else ""
    return Leak(Path(path).name, "recordings", len(found), train, benchmark, example)


def _count(flags: pa.ChunkedArray) -> int:
    return int(pc.sum(flags).as_py() or 0)


def _fields(path: Path) -> Iterator[str]:
    """Yield every string of a list."""
    name = path.name.removesuffix(".gz")
    if name.endswith(".parquet"):
        for batch in pq.ParquetFile(path).iter_batches():
            for field in batch.schema:
                if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
                    yield from (each for each in batch[field.name].to_pylist() if each)
        return
    with gzip.open(path) if path.name.endswith(".gz") else path.open("rb") as binary:
        lines = io.TextIOWrapper(binary, encoding="utf-8", errors="replace")
        if name.endswith(".json"):
            yield from _strings(json.load(lines))
        elif name.endswith((".jsonl", ".ndjson")):
            for line in lines:
                if line.strip():
                    yield from _strings(json.loads(line))
        else:
            mark = "\t" if name.endswith(".tsv") else ","
            for row in csv.reader(lines, delimiter=mark, skipinitialspace=True):
                yield from (field for field in row if field)


def _strings(value: Any) -> Iterator[str]:
    """Yield the keys and the strings of a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
