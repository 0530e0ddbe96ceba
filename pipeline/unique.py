"""Clip ids are unique in a dataset: across shards, only reading them can tell."""

from array import array

import numpy as np

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.ids import hash64
from auricle.schemas.errors import UserError


def check_clips(data: Dataset) -> None:
    """Make sure that no two clips of a dataset have one id; to be called when all are ingested.

    Files are named apart when they are listed. Members of different containers meet here first.
    Keeps 8 bytes a clip.

    Raises:
        UserError: two have one; the recordings and their containers are named.
    """
    marks = array("Q")
    for shard in data.shards("clips"):
        marks.extend(_marks(data, shard))
    ordered = np.frombuffer(marks, np.uint64)
    ordered.sort()  # in place
    twice = set(ordered[1:][ordered[1:] == ordered[:-1]].tolist())
    if twice:
        _name_a_pair(data, twice)


def _marks(data: Dataset, shard: int) -> list[int]:
    ids = data.table("clips", shard, ["clip_id"])["clip_id"].to_pylist()
    return [hash64(clip.encode()) for clip in ids]


def _name_a_pair(data: Dataset, twice: set[int]) -> None:
    met: dict[str, int] = {}
    for shard in data.shards("clips"):
        clips = data.table("clips", shard, ["clip_id", "recording_id"]).to_pydict()
        for clip, recording in zip(clips["clip_id"], clips["recording_id"], strict=True):
            if hash64(clip.encode()) not in twice:
                continue
            if clip in met:
                one, other = (_place(data, each, recording) for each in (met[clip], shard))
                raise UserError(
                    f"{data.storage.uri}: {one} and {other} both make the clip {clip} "
                    f"({len(twice)} ids come twice); take one out of the source or set "
                    'ingest.recording_id to "path", and run again with --redo ingest'
                )
            met[clip] = shard


def _place(data: Dataset, shard: int, recording: str) -> str:
    """Return where a recording of a shard comes from."""
    rows = data.table("recordings", shard, ["recording_id", "path", "member"]).to_pylist()
    row = next(row for row in rows if row["recording_id"] == recording)
    return f"{row['path']} ({row['member']})" if row["member"] else str(row["path"])
