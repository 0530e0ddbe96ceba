"""What a server knows of all clips: the columns that filters and searches go by.

A shard's columns are read once and again when a file they come from changes. Nothing is worked on
row by row, so that a hundred thousand clips answer at once.
"""

from collections.abc import Mapping
from threading import Lock
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.recordings import of_recordings
from auricle.schemas.errors import UserError
from auricle.schemas.text import CATEGORIES

FILTERS = ("domain", "language", "split", "reason", "review")
NONE = "none"
_FROM = ("clips", "domain", "language", "split", "verdict", "reviews", "captions", "transcript")


class Found(NamedTuple):
    """Clips that fit a filter: how many, and some of them with what a list shows."""

    total: int
    clips: list[dict[str, Any]]


class Index:
    """The clips of a dataset, for filters and searches."""

    def __init__(self, data: Dataset) -> None:
        self._data = data
        self._lock = Lock()
        self._shards: dict[int, tuple[Any, pa.Table]] = {}
        self._rows: pa.Table = _EMPTY

    def refresh(self) -> None:
        """Read what has changed on disk."""
        with self._lock:
            stamps = self._stamps()
            known = {shard: stamp for shard, (stamp, _) in self._shards.items()}
            if known == stamps:
                return
            self._shards = {
                shard: self._shards[shard]
                if known.get(shard) == stamp
                else (stamp, _read(self._data, shard))
                for shard, stamp in stamps.items()
            }
            tables = [rows for _, rows in self._shards.values()]
            self._rows = pa.concat_tables(tables).combine_chunks() if tables else _EMPTY

    def place(self, clip_id: str) -> tuple[int, int]:
        """Return the shard of a clip and its place there.

        Raises:
            UserError: there is no such clip.
        """
        at = pc.index(self._rows["clip_id"], clip_id).as_py()
        if at < 0:
            raise UserError(f"no clip {clip_id}")
        row = self._rows.slice(at, 1)
        return row["shard"][0].as_py(), row["at"][0].as_py()

    def find(self, wanted: Mapping[str, str], offset: int, limit: int) -> Found:
        """Return the clips that fit: `wanted` has values by filter, and words to search as `q`."""
        rows = self._rows
        keep: Any = pa.array([True] * 0) if not len(rows) else pc.is_valid(rows["clip_id"])
        for name in FILTERS:
            value = wanted.get(name)
            if value and name == "reason":
                found = pc.match_substring(rows["reason_text"], f" {value} ")
                keep = pc.and_(keep, found)
            elif value:
                keep = pc.and_(keep, pc.equal(rows[name], value))
        if wanted.get("q"):
            found = pc.match_substring(rows["text"], wanted["q"].lower())
            keep = pc.and_(keep, found)
        chosen = rows.filter(keep)
        shown = chosen.slice(offset, limit).select(_SHOWN).to_pylist()
        return Found(len(chosen), shown)

    def facets(self) -> dict[str, dict[str, int]]:
        """Return how many clips have each value of each filter."""
        columns = {name: self._rows[name] for name in FILTERS if name != "reason"}
        columns["reason"] = pc.list_flatten(self._rows["reasons"])
        return {
            name: {
                each["values"]: each["counts"]
                for each in pc.value_counts(columns[name]).to_pylist()
                if each["values"] is not None
            }
            for name in FILTERS
        }

    def _stamps(self) -> dict[int, Any]:
        """Return what tells whether a file of a shard has changed."""
        stamps: dict[int, list[Any]] = {shard: [] for shard in self._data.shards("clips")}
        for table in _FROM:
            for shard, when in self._data.changes(table).items():
                if shard in stamps:
                    stamps[shard].append((table, when))
        return {shard: tuple(stamp) for shard, stamp in stamps.items()}


_SCHEMA = pa.schema(
    {
        "clip_id": pa.string(),
        "shard": pa.int32(),
        "at": pa.int32(),
        "domain": pa.string(),
        "language": pa.string(),
        "split": pa.string(),
        "passed": pa.bool_(),
        "reasons": pa.list_(pa.string()),
        "reason_text": pa.string(),
        "review": pa.string(),
        "caption": pa.string(),
        "text": pa.string(),
    }
)
_EMPTY = _SCHEMA.empty_table()
_SHOWN = ["clip_id", "domain", "language", "split", "passed", "reasons", "review", "caption"]


def _read(data: Dataset, shard: int) -> pa.Table:
    ids = data.table("clips", shard, ["clip_id"])["clip_id"].combine_chunks()
    nulls = pa.nulls(len(ids), pa.string())

    def column(table: str, name: str, otherwise: Any = nulls) -> Any:
        if not data.has(table, shard):
            return otherwise
        return data.table(table, shard, [name])[name].combine_chunks()

    lists = pa.array([[]] * len(ids), pa.list_(pa.struct({"reason": pa.string()})))
    against = column("verdict", "against", lists)
    reasons = pa.ListArray.from_arrays(against.offsets, pc.struct_field(against.values, "reason"))
    captions = [_joined(column("captions", category, None), nulls) for category in CATEGORIES]
    title = of_recordings(data, shard, "title").combine_chunks()
    words = [*captions, column("transcript", "text"), title.cast(pa.string()), ids]
    text = pc.binary_join_element_wise(*words, "\n", null_handling="replace", null_replacement="")
    return pa.table(
        {
            "clip_id": ids,
            "shard": pa.array([shard] * len(ids), pa.int32()),
            "at": pa.array(range(len(ids)), pa.int32()),
            "domain": pc.fill_null(column("domain", "code"), NONE),
            "language": pc.fill_null(column("language", "language"), NONE),
            "split": pc.fill_null(column("split", "split"), NONE),
            "passed": column("verdict", "passed", pa.nulls(len(ids), pa.bool_())),
            "reasons": reasons,
            "reason_text": pc.binary_join_element_wise(
                "", pc.binary_join(reasons, " "), "", " ", null_handling="replace"
            ),
            "review": pc.fill_null(column("reviews", "mark"), NONE),
            "caption": _general(column("captions", "long", None), nulls),
            "text": pc.utf8_lower(text),
        }
    ).cast(_SCHEMA)


def _joined(texts: Any, nulls: Any) -> Any:
    """Return the texts of each clip as one string."""
    if texts is None:
        return nulls
    words = pa.ListArray.from_arrays(texts.offsets, pc.struct_field(texts.values, "text"))
    return pc.binary_join(words, "\n")


def _general(texts: Any, nulls: Any) -> Any:
    """Return the first text of each clip."""
    if texts is None:
        return nulls
    some = pc.greater(pc.fill_null(pc.list_value_length(texts), 0), 0)
    first = pc.list_element(pc.if_else(some, texts, None).filter(some), 0)
    return pc.replace_with_mask(nulls, some, pc.struct_field(first, "text"))
