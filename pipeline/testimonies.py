"""All that is on disk about the clips of a shard, pasted together clip by clip."""

from collections.abc import Iterator, Sequence

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.text.testimony import Testimony
from auricle.schemas.clip import Recording
from auricle.schemas.errors import UserError


def testimonies(data: Dataset, shard: int, tables: Sequence[str]) -> Iterator[Testimony]:
    """Yield what was said of each clip of a shard, in order; tables not there are left out.

    Raises:
        UserError: two tables of the shard hold different clips.
    """
    clips = data.table("clips", shard, ["clip_id", "recording_id", "duration"]).to_pylist()
    recordings = {row.recording_id: row for row in data.rows(Recording, shard)}
    columns = [data.clip_rows(table, shard) for table in tables if data.has(table, shard)]
    for i, clip in enumerate(clips):
        said = tuple(rows[i] for rows in columns)
        wrong = next((row for row in said if row.clip_id != clip["clip_id"]), None)
        if wrong:
            raise UserError(
                f"shard {shard}: clip {clip['clip_id']} meets {type(wrong).__name__} of "
                f"{wrong.clip_id}; redo the stage that is wrong"
            )
        recording = recordings[clip["recording_id"]]
        yield Testimony.of(clip["clip_id"], clip["duration"], said, recording)
