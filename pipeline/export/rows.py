"""The rows of an export: sound, texts and facts of the clips of one side, pasted together."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.export.privacy import names_of, private
from auricle.pipeline.judge.reviews import corrected_column, corrector, reviews_of
from auricle.pipeline.recordings import of_recordings
from auricle.pipeline.stage_settings import PrivacySettings
from auricle.schemas.errors import UserError
from auricle.schemas.review import Review
from auricle.schemas.text import CATEGORIES

SPLITS = ("train", "benchmark")
QA_FIELDS = ("qa_id", "category", "difficulty", "question", "answer")
_AT_A_TIME = 64
_TEXTS = pa.list_(pa.string())


class Count(NamedTuple):
    """What an export holds of a split; `rows` are what its reader meets one by one."""

    clips: int = 0
    rows: int = 0
    seconds: float = 0.0


SCHEMA = pa.schema(
    {
        "audio": pa.struct({"bytes": pa.binary(), "path": pa.string()}),
        "caption": pa.string(),
        **dict.fromkeys(CATEGORIES, _TEXTS),
        "qa": pa.list_(pa.struct(dict.fromkeys(QA_FIELDS, pa.string()))),
        "domain": pa.string(),
        "language": pa.string(),
        "transcript": pa.string(),
        "license": pa.string(),
        "duration": pa.float64(),
        "start": pa.float64(),
        "clip_id": pa.string(),
        "recording_id": pa.string(),
        "consistency": pa.float64(),
        "support": pa.float64(),
    }
)
"""What an exporter gets; null is what a clip has not."""
MEANINGS = {
    "audio": "mono FLAC, with the name it would have as a file",
    "caption": "the general caption: the first long one",
    "short": "captions of at most 15 words",
    "long": "captions of one or two sentences",
    "speech": "captions of the speech alone",
    "music": "captions of the music alone",
    "sound": "captions of other sounds alone",
    "environment": "captions of place and recording quality",
    "qa": "questions and answers",
    "domain": "speech, music and other sound: S, M and A, each present or 0",
    "language": "what is spoken, as an ISO 639 code",
    "transcript": "what is said",
    "license": "of the source: an SPDX id where it has one, else the source's words",
    "duration": "seconds",
    "start": "where the clip begins in its recording, in seconds",
    "clip_id": "which clip",
    "recording_id": "which recording it was cut from",
    "consistency": "the general caption's margin over texts of other clips; null if not scored",
    "support": "share of the general caption's claims that evidence supports",
}
"""What each column is."""


def rows(data: Dataset, split: str, privacy: PrivacySettings) -> Iterator[pa.Table]:
    """Yield the clips of a split in order, at most 64 at a time, as tables of `SCHEMA`.

    Texts that the verdict put out, or that may not leave, are left out; a kind of caption of which
    none is left is null.

    Raises:
        UserError: two tables of a shard hold different clips.
    """
    for shard in data.shards("clips"):
        yield from _rows(data, shard, split, privacy)


def bytes_of(data: Dataset, split: str) -> int:
    """Return about how many bytes of sound a split has, from the footers of the clips' shards."""
    total = 0.0
    for shard in data.shards("clips"):
        sides = data.table("split", shard, ["split"])["split"]
        chosen = pc.sum(pc.equal(sides, split)).as_py() or 0
        total += chosen * data.column_bytes("clips", shard, "audio") / max(1, len(sides))
    return round(total)


def _rows(data: Dataset, shard: int, split: str, privacy: PrivacySettings) -> Iterator[pa.Table]:
    """Yield the rows of a shard that belong to a split, holding one row group of sound."""
    tables = {
        name: data.table(name, shard, ["clip_id", *columns])
        for name, columns in _NEEDED.items()
        if name in _ALWAYS or data.has(name, shard)
    }
    reviews = reviews_of(data, shard)
    licences = of_recordings(data, shard, "license")
    names = [] if privacy.transcripts == "keep" else names_of(data, shard)
    captions = tables["captions"]
    wanted = pc.and_(pc.equal(tables["split"]["split"], split), pc.equal(captions["status"], "ok"))
    at = 0
    columns = ("clip_id", "recording_id", "start", "duration", "audio")
    for batch in data.batches("clips", shard, _AT_A_TIME, columns):
        here = slice(at, at + batch.num_rows)
        at = here.stop
        for table in tables.values():
            if table["clip_id"][here].combine_chunks() != batch["clip_id"]:
                raise UserError(f"shard {shard}: tables hold different clips; redo what is wrong")
        keep = pc.indices_nonzero(wanted[here].combine_chunks())
        if not len(keep):
            continue
        clips = batch.take(keep)
        said = {
            name: table.slice(here.start, batch.num_rows).take(keep).combine_chunks()
            for name, table in tables.items()
        }
        nulls = pa.nulls(clips.num_rows)
        verdict = said.get("verdict")
        made: dict[str, Any] = {
            "audio": _audio(clips),
            **{category: _texts(said["captions"][category]) for category in CATEGORIES},
            "qa": _pairs(said["qa"]["pairs"]),
            "domain": said["domain"]["code"],
            "language": said["language"]["language"] if "language" in said else nulls,
            "transcript": said["transcript"]["text"] if "transcript" in said else nulls,
            "license": licences[here].take(keep),
            **{name: clips[name] for name in ("duration", "start", "clip_id", "recording_id")},
        }
        made |= _corrected(made, [reviews[here.start + i] for i in keep.to_pylist()])
        if verdict is not None:
            made |= {"consistency": verdict["margin"], "support": verdict["support"]}
            made["license"] = pc.coalesce(verdict["license"], made["license"])
            made |= _without(made, verdict["texts_out"].to_pylist())
        if names:
            private(made, privacy, [names[here.start + i] for i in keep.to_pylist()])
        made["caption"] = _first(made["long"])
        yield pa.table({n: made.get(n, nulls) for n in SCHEMA.names}).cast(SCHEMA)


_NEEDED = {
    "split": ["split"],
    "captions": ["status", *CATEGORIES],
    "qa": ["pairs"],
    "domain": ["code"],
    "language": ["language"],
    "transcript": ["text"],
    "verdict": ["texts_out", "margin", "support", "license"],
}
_ALWAYS = ("split", "captions", "qa", "domain")


def _without(made: dict[str, Any], out: list[list[dict[str, Any]]]) -> dict[str, Any]:
    """Return the columns of texts without those that are out, where any is."""
    places = [{each["where"] for each in clip} for clip in out]
    if not any(places):
        return {}
    changed: dict[str, Any] = {}
    for name in CATEGORIES:
        lists = [
            texts and [t for i, t in enumerate(texts) if f"{name}/{i}" not in gone] or None
            for texts, gone in zip(made[name].to_pylist(), places, strict=True)
        ]
        changed[name] = pa.array(lists, _TEXTS)
    pairs = [
        row and [pair for pair in row if pair["qa_id"] not in gone]
        for row, gone in zip(made["qa"].to_pylist(), places, strict=True)
    ]
    changed["qa"] = pa.array(pairs, SCHEMA.field("qa").type)
    return changed


def _corrected(made: dict[str, Any], reviews: list[Review]) -> dict[str, Any]:
    """Return the columns of texts with those that reviewers corrected, where any is."""
    if not any(review.fixes for review in reviews):
        return {}
    changed: dict[str, Any] = {
        name: corrected_column(name, made[name], reviews) for name in CATEGORIES
    }
    pairs = made["qa"].to_pylist()
    for row, review in zip(pairs, reviews, strict=True):
        right = corrector(review)
        for pair in row or ():
            for part in ("question", "answer"):
                pair[part] = right(f"{pair['qa_id']}/{part}", pair[part])
    changed["qa"] = pa.array(pairs, SCHEMA.field("qa").type)
    return changed


def _first(lists: Any) -> Any:
    """Return the first text of each list; null for a clip without."""
    return pa.array([texts[0] if texts else None for texts in lists.to_pylist()], pa.string())


def _audio(clips: pa.RecordBatch) -> pa.Array:
    names = pc.binary_join_element_wise(clips["clip_id"], "flac", ".")
    return pa.StructArray.from_arrays([clips["audio"], names], ["bytes", "path"])


def _texts(column: pa.ChunkedArray) -> pa.Array:
    """Return list<string> for a column of texts with their support; null stays null."""
    lists = _whole(column)
    texts = lists.values.field("text")
    return pa.ListArray.from_arrays(lists.offsets, texts, mask=lists.is_null())


def _pairs(column: pa.ChunkedArray) -> pa.Array:
    lists = _whole(column)
    fields = [lists.values.field(name) for name in QA_FIELDS]
    return pa.ListArray.from_arrays(
        lists.offsets, pa.StructArray.from_arrays(fields, list(QA_FIELDS)), mask=lists.is_null()
    )


def _whole(column: Any) -> Any:
    """Return a column as one array that begins at its own first value."""
    lists = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    lists = lists.chunk(0) if isinstance(lists, pa.ChunkedArray) else lists
    return pa.concat_arrays([lists])
