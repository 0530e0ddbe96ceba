"""The split: train or benchmark, by what belongs together, the same when data is added."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auricle.pipeline.counting import counted
from auricle.pipeline.dataset import Dataset, Fingerprint
from auricle.pipeline.engine.whole import old_first, update
from auricle.pipeline.engine.work import Done, Tell
from auricle.pipeline.judge.graph import connected
from auricle.pipeline.provenance import made_by
from auricle.pipeline.recordings import of_recordings
from auricle.pipeline.stage_settings import SplitSettings
from auricle.schemas.base import Provenance

KINDS = ("speech", "music", "sound")


@dataclass
class Deal:
    """Groups of recordings are dealt to train and benchmark.

    A group is what must not be torn apart: recordings that share sound, and all of an uploader
    where `by_uploader` asks for it. Each recording has a place in 0..1 that its id and the seed
    alone decide; a group stands where the first of its recordings stands. So adding data never
    moves a recording out of the benchmark, and into it only if it turns out to share sound with
    one that is there.
    """

    settings: SplitSettings
    spoken: bool
    name: str = "split"
    writes: tuple[str, ...] = ("split",)

    @property
    def reads(self) -> tuple[str, ...]:
        """Who belongs together, what has passed, and what a quota may count."""
        some = ("recordings", "clips", "domain", "captions", "duplicates", "verdict")
        return (*some, "language") if self.spoken else some

    def fingerprints(self, needs: dict[str, str]) -> dict[str, Fingerprint]:
        """Return the fingerprint of the split."""
        told = self.settings.model_dump(mode="json")
        needed = {table: needs[table] for table in self.reads}
        return {"split": Fingerprint(provenance=self._made, settings=told, needs=needed)}

    def run_all(self, data: Dataset, tell: Tell) -> None:
        """Deal all clips; who is in the benchmark already stays before others are let in."""
        shards = data.shards("clips")
        clips = pa.concat_tables([self._clips(data, shard) for shard in shards])
        shard_of = np.repeat(shards, [data.count("clips", shard) for shard in shards])
        rows = deal(clips, self.settings)
        for shard in old_first(data, "split"):
            part = rows.filter(pa.array(shard_of == shard))
            update(data, "split", shard, part, self._made)
            tell(Done(part.num_rows))

    def _clips(self, data: Dataset, shard: int) -> pa.Table:
        """Return what is known of the clips of a shard, one row a clip."""
        clips = data.table("clips", shard, ["clip_id", "recording_id"])
        verdict = data.table("verdict", shard, ["passed", "texts_out", "license"])
        captions = data.table("captions", shard, list(KINDS))
        before = None
        if data.has("split", shard):
            before = pc.equal(data.table("split", shard, ["split"])["split"], "benchmark")
        nulls = pa.nulls(clips.num_rows, pa.string())
        return pa.table(
            {
                "clip_id": clips["clip_id"],
                "recording_id": clips["recording_id"],
                "uploader": of_recordings(data, shard, "uploader"),
                "near": data.table("duplicates", shard, ["near"])["near"],
                "passed": verdict["passed"],
                "whole": pc.equal(pc.list_value_length(verdict["texts_out"]), 0),
                "license": verdict["license"],
                "domain": data.table("domain", shard, ["code"])["code"],
                "language": data.table("language", shard, ["language"])["language"]
                if self.spoken
                else nulls,
                **{kind: pc.is_valid(captions[kind]) for kind in KINDS},
                "before": before if before is not None else pa.nulls(clips.num_rows, pa.bool_()),
            }
        )

    @property
    def _made(self) -> Provenance:
        return made_by("split", "hash", self.settings.model_dump(mode="json"))


def deal(clips: pa.Table, settings: SplitSettings) -> pa.Table:
    """Return the rows of the split, in the clips' order.

    Args:
        clips: a row a clip: clip_id, recording_id, uploader, near (cluster), passed, whole (no
            text is out), license, domain, language, speech, music, sound, before (it was in the
            benchmark).
        settings: shares, quota and licences.
    """
    groups = group(clips, settings.by_uploader)
    places = _places(clips, groups, settings.seed)
    held = places < settings.benchmark
    passed = _flags(clips, "passed")
    fit = held & passed & _flags(clips, "whole") & _allowed(clips, settings.licenses)
    chosen = _within(clips, np.flatnonzero(fit), places, settings.quota)
    split = np.where(chosen, "benchmark", np.where(passed & ~held, "train", ""))
    reason = np.select(
        [split != "", ~passed, ~fit], ["", "not_passed", "not_fit_for_benchmark"], "over_quota"
    )
    first = _first_of(clips["recording_id"], groups)
    return pa.table(
        {
            "clip_id": clips["clip_id"],
            "status": pa.array(np.where(split == "", "skipped", "ok")),
            "reason": _words(reason),
            "split": _words(split),
            "group": first,
        }
    )


class Shortfall(NamedTuple):
    """A quota that the benchmark does not fill."""

    kind: str
    value: str
    wanted: int
    there: int


def sides(data: Dataset) -> dict[str, int]:
    """Return how many clips are on each side; those on neither are under `none`."""
    counts: Counter[str] = Counter()
    for shard in data.shards("split"):
        column = pc.fill_null(data.table("split", shard, ["split"])["split"], "none")
        counts.update(counted(column))
    return dict(counts)


def shortfalls(data: Dataset, settings: SplitSettings) -> list[Shortfall]:
    """Return the quotas that the benchmark does not fill."""
    counts: Counter[tuple[str, str]] = Counter()
    for shard in data.shards("split"):
        chosen = pc.equal(data.table("split", shard, ["split"])["split"], "benchmark")
        columns = {"domain": data.table("domain", shard, ["code"])["code"]}
        if data.has("language", shard):
            columns["language"] = data.table("language", shard, ["language"])["language"]
        for kind, column in columns.items():
            counts.update((kind, value) for value in column.filter(chosen).to_pylist())
        captions = data.table("captions", shard, list(KINDS))
        for kind in KINDS:
            count = pc.sum(pc.and_(pc.is_valid(captions[kind]), pc.fill_null(chosen, False)))
            counts["category", kind] += count.as_py() or 0
    return [
        Shortfall(kind, value, wanted, counts[kind, value])
        for kind, quota in settings.quota.items()
        for value, wanted in quota.items()
        if counts[kind, value] < wanted
    ]


def group(clips: pa.Table, by_uploader: bool) -> NDArray[np.int64]:
    """Return the group of each clip, as a number: what is linked by sound, or by an uploader."""
    recordings = _codes(clips["recording_id"])
    count = int(recordings.max(initial=-1)) + 1
    ends = [np.empty((2, 0), np.int64)]
    for name in ("near", *(["uploader"] if by_uploader else [])):
        codes = _codes(clips[name])
        there = codes >= 0
        ends.append(np.stack([recordings[there], codes[there] + count]))
        count += int(codes.max(initial=-1)) + 1
    left, right = np.concatenate(ends, axis=1)
    return connected(count, left, right)[recordings]


def _places(clips: pa.Table, groups: NDArray[np.int64], seed: int) -> NDArray[np.float64]:
    """Return where the group of each clip stands: the lowest place of its recordings."""
    codes = clips["recording_id"].combine_chunks().dictionary_encode()
    names = codes.dictionary.to_pylist()
    alone = np.array([place(name, seed) for name in names])[codes.indices.to_numpy()]
    lowest = np.full(int(groups.max(initial=-1)) + 1, np.inf)
    np.minimum.at(lowest, groups, alone)
    return np.asarray(lowest[groups], np.float64)


def place(recording_id: str, seed: int) -> float:
    """Return a number in 0..1 that looks random and is always the same for a recording."""
    told = hashlib.blake2b(f"{seed}:{recording_id}".encode(), digest_size=8).digest()
    return int.from_bytes(told, "big") / 2**64


def _allowed(clips: pa.Table, licenses: Sequence[str]) -> NDArray[np.bool_]:
    if not licenses:
        return np.ones(clips.num_rows, bool)
    known = pc.utf8_lower(clips["license"])
    found = pc.is_in(known, pa.array([each.lower() for each in licenses]))
    return np.asarray(found.to_numpy(), bool)


def _within(
    clips: pa.Table,
    fit: NDArray[np.int64],
    places: NDArray[np.float64],
    quota: Mapping[Any, Mapping[str, int]],
) -> NDArray[np.bool_]:
    """Return who is let in: those that were in, then by place, while each of their quotas has room.

    A value that a quota does not name is not limited by it.
    """
    chosen = np.zeros(clips.num_rows, bool)
    if not quota:
        chosen[fit] = True
        return chosen
    before = _flags(clips, "before")
    ids = clips["clip_id"].take(fit).to_pylist()
    order = sorted(range(len(fit)), key=lambda i: (not before[fit[i]], places[fit[i]], ids[i]))
    few = clips.select(["domain", "language", *KINDS]).take(fit).to_pylist()
    room = {(kind, value): n for kind, values in quota.items() for value, n in values.items()}
    for index in order:
        row = few[index]
        wanted = [("domain", row["domain"]), ("language", row["language"])]
        wanted += [("category", kind) for kind in KINDS if row[kind]]
        limited = [key for key in wanted if key in room]
        if all(room[key] > 0 for key in limited):
            chosen[fit[index]] = True
            for key in limited:
                room[key] -= 1
    return chosen


def _codes(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """Return a number for each distinct value; -1 for null."""
    encoded = column.combine_chunks().dictionary_encode()
    return np.asarray(pc.fill_null(encoded.indices, -1).to_numpy(), np.int64)


def _flags(clips: pa.Table, name: str) -> NDArray[np.bool_]:
    return np.asarray(pc.fill_null(clips[name], False).to_numpy(), bool)


def _first_of(recordings: pa.ChunkedArray, groups: NDArray[np.int64]) -> Any:
    """Return the first recording of each clip's group."""
    _, first, back = np.unique(groups, return_index=True, return_inverse=True)
    return recordings.take(pa.array(first[back]))


def _words(column: NDArray[np.str_]) -> pa.Array:
    return pa.array([word or None for word in column.tolist()], pa.string())
