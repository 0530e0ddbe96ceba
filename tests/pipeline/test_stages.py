"""Stages over one shard: what ingest does with excerpts that overlap."""

import soundfile
from fakes import MADE, tone

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.engine.work import Done
from auricle.pipeline.stage_settings import IngestSettings
from auricle.pipeline.stages import Ingest
from auricle.schemas.clip import Clip, Recording, Signal, Source


def test_excerpts_that_overlap_make_each_clip_once_and_say_so(tmp_path) -> None:
    path = tmp_path / "long.wav"
    soundfile.write(path, tone(25.0), 16_000)
    whole = Source(recording_id="long", path=str(path))
    data = Dataset(str(tmp_path / "set"))
    data.write("sources", 0, [whole, whole.model_copy(update={"start": 10.0})], MADE)
    told: list[Done] = []
    Ingest(IngestSettings()).run(data, 0, told.append)
    ids = [clip.clip_id for clip in data.rows(Clip, 0)]
    assert ids == ["long_0_0_10", "long_10_0_20", "long_20_0_25"]
    assert [row.clip_id for row in data.rows(Signal, 0)] == ids
    first, second = data.rows(Recording, 0)
    assert (first.status, first.clips) == ("ok", 3)
    assert (second.status, second.reason, second.clips) == ("error", "overlaps", 0)
    assert sum(done.clips for done in told) == 3
    assert sum(done.errors.get("overlaps", 0) for done in told) == 1
