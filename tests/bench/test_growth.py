"""Datasets grow by rows under other ids, and runs over them are timed."""

from pathlib import Path

import growth
import pytest
from fakes import MADE, fill

from auricle.pipeline.dataset import Dataset, Fingerprint
from auricle.pipeline.engine.chain import Chain
from auricle.pipeline.status import status

TABLES = ("sources", "recordings", "clips", "signal")


@pytest.fixture
def source(tmp_path: Path) -> Dataset:
    data = Dataset(str(tmp_path / "source"))
    fill(data, [["a_0_1", "b_0_1", "c_0_1"]])
    data.sign("clips", Fingerprint(provenance=MADE, settings={}, needs={}))
    return data


def test_rows_are_repeated_under_other_ids_with_their_sound(
    source: Dataset, tmp_path: Path
) -> None:
    data = Dataset(str(tmp_path / "grown"))
    growth.grow(source, data, 600, TABLES)
    rows = [
        row
        for shard in data.shards("clips")
        for row in data.table("clips", shard, ["clip_id", "audio"]).to_pylist()
    ]
    assert [data.count("clips", shard) for shard in data.shards("clips")] == [512, 88]
    assert len({row["clip_id"] for row in rows}) == 600
    assert all(row["audio"].startswith(b"fLaC") for row in rows)


def test_a_run_is_timed_from_loaded_to_its_last_shard(source: Dataset) -> None:
    time = growth.took(source, [Chain("nothing", (growth.Listening(),))], "local")
    assert source.count("vad", 0) == 3
    assert 0 < time.work < time.all


def test_a_finished_dataset_of_many_clips_has_copies_and_sources_of_its_own(
    source: Dataset, tmp_path: Path
) -> None:
    data = Dataset(str(tmp_path / "many"))
    growth.repeat(source, data, 1500)
    assert [(one.table, one.shards, one.rows) for one in status(data)] == [("clips", 3, 1500)]
    sources = [data.table("sources", shard, ["recording_id"]) for shard in data.shards("sources")]
    assert len({name for rows in sources for name in rows["recording_id"].to_pylist()}) == 1500
