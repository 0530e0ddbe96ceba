"""All that is on disk about the clips of a shard, pasted together clip by clip."""

from collections.abc import Iterator, Sequence
from typing import Any

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.tables import TABLES
from auricle.pipeline.text.testimony import Testimony
from auricle.schemas.arrow import from_table
from auricle.schemas.base import Row
from auricle.schemas.clip import Recording
from auricle.schemas.errors import UserError

_AT_A_TIME = 16
"""Clips whose rows are made into records together, so that whoever waits, waits for few."""


def testimonies(data: Dataset, shard: int, tables: Sequence[str]) -> Iterator[Testimony]:
    """Read a shard and return what was said of each clip, in order; missing tables are left out.

    The files are read by the call, the records are made as they are asked for.

    Raises:
        UserError: two tables of the shard hold different clips.
    """
    clips = data.table("clips", shard, ["clip_id", "recording_id", "duration"])
    recordings = {row.recording_id: row for row in data.rows(Recording, shard)}
    columns = {name: data.table(name, shard) for name in tables if data.has(name, shard)}
    for name, table in columns.items():
        if table["clip_id"].combine_chunks() != clips["clip_id"].combine_chunks():
            raise UserError(
                f"shard {shard}: {name} holds other clips than clips; redo the stage that is wrong"
            )
    return _each(clips, recordings, columns)


def _each(
    clips: Any, recordings: dict[str, Recording], columns: dict[str, Any]
) -> Iterator[Testimony]:
    for at in range(0, clips.num_rows, _AT_A_TIME):
        said = [
            from_table(TABLES[name].record, table.slice(at, _AT_A_TIME))
            for name, table in columns.items()
        ]
        for i, clip in enumerate(clips.slice(at, _AT_A_TIME).to_pylist()):
            rows = [each for column in said if isinstance(each := column[i], Row)]
            recording = recordings[clip["recording_id"]]
            yield Testimony.of(clip["clip_id"], clip["duration"], rows, recording)
