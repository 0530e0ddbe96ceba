"""Shards appear whole or not at all, and tables know what they were made with."""

import pyarrow.parquet as pq
import pytest
from fakes import MADE, fill

from auricle.pipeline.dataset import Dataset, Fingerprint
from auricle.schemas.annotation import Events, Vad
from auricle.schemas.errors import UserError


@pytest.fixture
def data(tmp_path) -> Dataset:
    return Dataset(str(tmp_path / "set"))


def test_a_shard_that_was_written_is_done_and_reads_back(data: Dataset) -> None:
    rows = [Events(clip_id="a", music=0.5), Events.skipped("b", "no_music")]
    data.write("events", 3, rows, MADE)
    assert data.shards("events") == [3]
    assert data.rows(Events, 3) == rows
    assert data.provenance("events", 3) == MADE


def test_a_writer_that_fails_leaves_nothing_behind(data: Dataset, tmp_path) -> None:
    with pytest.raises(ZeroDivisionError), data.writer("events", 0, MADE) as add:
        add([Events(clip_id="a")])
        raise ZeroDivisionError
    assert data.shards("events") == []
    assert list((tmp_path / "set" / "annotations" / "events").iterdir()) == []


def test_a_reader_sees_the_old_shard_until_the_new_one_is_complete(data: Dataset) -> None:
    data.write("events", 0, [Events(clip_id="old")], MADE)
    with data.writer("events", 0, MADE) as add:
        add([Events(clip_id="new")] * 200)
        assert [row.clip_id for row in data.rows(Events, 0)] == ["old"]
    assert data.count("events", 0) == 200


def test_leftovers_of_a_killed_writer_are_no_shard_and_get_swept(data: Dataset, tmp_path) -> None:
    data.write("events", 0, [Events(clip_id="a")], MADE)
    folder = tmp_path / "set" / "annotations" / "events"
    (folder / ".shard-00001.parquet.ab12.part").write_bytes(b"half")
    assert data.shards("events") == [0]
    data.sweep("events")
    assert [file.name for file in folder.iterdir()] == ["shard-00000.parquet"]


def test_provenance_lies_once_in_the_files_metadata(data: Dataset, tmp_path) -> None:
    data.write("vad", 0, [Vad(clip_id="a")], MADE)
    file = pq.ParquetFile(tmp_path / "set" / "annotations" / "vad" / "shard-00000.parquet")
    assert b'"backend":"fake"' in file.schema_arrow.metadata[b"auricle.provenance"]
    assert "provenance" not in file.schema_arrow.names


def test_a_shard_that_is_not_parquet_is_named(data: Dataset, tmp_path) -> None:
    data.write("vad", 0, [Vad(clip_id="a")], MADE)
    path = tmp_path / "set" / "annotations" / "vad" / "shard-00000.parquet"
    path.write_bytes(b"rubbish that is long enough to have a footer")
    with pytest.raises(UserError, match="shard-00000.parquet: not a Parquet file"):
        data.rows(Vad, 0)


def test_a_missing_shard_is_named(data: Dataset) -> None:
    with pytest.raises(UserError, match="there is no annotations/vad/shard-00007.parquet"):
        data.rows(Vad, 7)


def test_fingerprints_differ_with_settings_and_needs_but_not_with_the_version() -> None:
    one = Fingerprint(provenance=MADE, settings={"floor": 1}, needs={"clips": "x"})
    newer = MADE.model_copy(update={"version": "9"})
    assert one.digest == one.model_copy(update={"provenance": newer}).digest
    assert one.digest != one.model_copy(update={"settings": {"floor": 2}}).digest
    assert one.digest != one.model_copy(update={"needs": {"clips": "y"}}).digest


def test_clips_are_read_a_few_at_a_time(data: Dataset) -> None:
    fill(data, [[f"r{i}_0_1" for i in range(150)]])
    sizes = [batch.num_rows for batch in data.batches("clips", 0, 64, ["clip_id"])]
    assert sum(sizes) == 150
    assert max(sizes) <= 64
