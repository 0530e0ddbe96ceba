"""Parquet and Arrow files with the bytes of sound files, as the datasets library writes them."""

import json
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from containers import ingest, sound
from datasets import Audio, Dataset, DatasetDict, Features, Value
from datasets.table import InMemoryTable

from auricle.pipeline.sources import describe, discover
from auricle.schemas.errors import UserError

FEATURES = Features(
    {
        "audio": Audio(decode=False),
        "title": Value("string"),
        "license": Value("string"),
        "duration": Value("float32"),
        "label": Value("int64"),
    }
)


def rows(count, first=0):
    return {
        "audio": [{"bytes": sound(1.0), "path": f"s{n}.flac"} for n in range(first, first + count)],
        "title": [f"Title {n}" for n in range(first, first + count)],
        "license": ["CC0"] * count,
        "duration": [1.0] * count,
        "label": list(range(first, first + count)),
    }


def made_dataset(count, first=0):
    """A dataset of this feature; its encoder, which only needs the bytes, is passed by."""
    table = pa.Table.from_pydict(rows(count, first), schema=FEATURES.arrow_schema)
    return Dataset(InMemoryTable(table))


def test_a_parquet_file_of_the_hub_is_read_with_its_columns(tmp_path):
    made_dataset(3).to_parquet(tmp_path / "x.parquet")
    made = ingest(tmp_path / "x.parquet", tmp_path / "set", recording_id="stem")
    assert made.ids == ["s0", "s1", "s2"]
    row = made.recordings[1]
    assert (row.kind, row.member, row.first_member, row.members) == ("parquet", "row 1", 1, 1)
    assert (row.title, row.license, row.duration) == ("Title 1", "CC0", None)
    assert row.extra is not None and json.loads(row.extra) == {"duration": 1.0, "label": 1}
    assert len(made.clips) == 3


def test_a_parquet_file_is_divided_between_its_row_groups(tmp_path):
    made_dataset(10).to_parquet(tmp_path / "in" / "x.parquet", batch_size=2)
    made = ingest(tmp_path / "in", tmp_path / "set", shard_clips=4)
    assert [len(shard) for shard in made.sources] == [1, 1, 1]
    assert [(s[0].first_member, s[0].members) for s in made.sources] == [(0, 4), (4, 4), (8, 2)]
    assert [row.title for row in made.recordings] == [f"Title {n}" for n in range(10)]
    whole = ingest(tmp_path / "in", tmp_path / "whole")
    assert (whole.ids, len(whole.sources)) == (made.ids, 1)
    assert [c.clip_id for c in whole.clips] == [c.clip_id for c in made.clips]


def test_small_parquet_files_share_a_shard(tmp_path):
    for number in range(3):
        made_dataset(2, number).to_parquet(tmp_path / "in" / f"{number}.parquet")
    made = ingest(tmp_path / "in", tmp_path / "set", shard_clips=4)
    assert [len(shard) for shard in made.sources] == [2, 1]
    assert len(set(made.ids)) == 6


def test_any_column_of_bytes_with_a_name_of_sound_will_do(tmp_path):
    table = pa.table({"wav": [sound(kind="WAV")], "image": [b"no"], "id": ["a"]})
    pq.write_table(table, tmp_path / "x.parquet")
    made = ingest(tmp_path / "x.parquet", tmp_path / "set", recording_id="stem")
    assert (made.ids, made.reasons, made.recordings[0].extra) == (["x_0"], [None], '{"id": "a"}')


def test_a_row_without_bytes_is_read_from_its_path(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "beside.wav").write_bytes(sound(2.0, "WAV"))
    (tmp_path / "far.flac").write_bytes(sound(3.0))
    audio = [
        {"bytes": None, "path": "beside.wav"},
        {"bytes": None, "path": str(tmp_path / "far.flac")},
        {"bytes": None, "path": "gone.wav"},
        {"bytes": None, "path": None},
        None,
    ]
    kind = pa.struct({"bytes": pa.binary(), "path": pa.string()})
    pq.write_table(pa.table({"audio": pa.array(audio, kind)}), tmp_path / "in" / "x.parquet")
    made = ingest(tmp_path / "in" / "x.parquet", tmp_path / "set")
    assert [row.decoded_seconds for row in made.recordings] == [2, 3, 0, 0, 0]
    assert made.reasons == [None, None, "missing_file", "no_audio", "no_audio"]


def test_what_the_datasets_library_saved_is_read_split_by_split(tmp_path):
    whole = DatasetDict({"train": made_dataset(5), "test": made_dataset(2, 5)})
    whole.save_to_disk(tmp_path / "saved", num_shards={"train": 2, "test": 1})
    (tmp_path / "saved" / "train" / "cache-0123456789abcdef.arrow").write_bytes(b"left by map()")
    made = ingest(tmp_path / "saved", tmp_path / "set")
    paths = [source.path.partition("saved/")[2] for shard in made.sources for source in shard]
    assert paths == [
        "test/data-00000-of-00001.arrow",
        "train/data-00000-of-00002.arrow",
        "train/data-00001-of-00002.arrow",
    ]
    assert sorted(row.title or "" for row in made.recordings) == [f"Title {n}" for n in range(7)]
    assert made.reasons == [None] * 7
    alone = ingest(tmp_path / "saved" / "test", tmp_path / "alone")
    assert [row.title for row in alone.recordings] == ["Title 5", "Title 6"]


def test_an_arrow_file_with_a_footer_is_read_too(tmp_path):
    table = pa.table({"audio": [sound(), sound()], "title": ["a", "b"]})
    with pa.ipc.new_file(tmp_path / "x.arrow", table.schema) as file:
        file.write_table(table)
    made = ingest(tmp_path / "x.arrow", tmp_path / "set")
    assert [(row.title, row.status) for row in made.recordings] == [("a", "ok"), ("b", "ok")]


def test_a_repository_in_the_cache_of_the_hub_is_read_through_its_main_revision(tmp_path):
    repo = tmp_path / "datasets--someone--sounds"
    for folder in ("blobs", "refs", "snapshots/abc/data", "snapshots/old/data"):
        (repo / folder).mkdir(parents=True)
    made_dataset(2).to_parquet(repo / "blobs" / "0123")
    (repo / "refs" / "main").write_text("abc")
    (repo / "snapshots/abc/data/train-00000-of-00001.parquet").symlink_to("../../../blobs/0123")
    (repo / "snapshots/old/data/train-00000-of-00001.parquet").symlink_to("../../../blobs/0123")
    (repo / "snapshots/abc/README.md").write_text("about")
    (repo / "snapshots/abc/LICENSE").write_text("terms")
    made = ingest(repo, tmp_path / "set")
    assert [row.title for row in made.recordings] == ["Title 0", "Title 1"]


def test_damage_in_the_middle_keeps_what_came_before(tmp_path):
    kind = pa.struct({"bytes": pa.binary(), "path": pa.string()})
    noise = [
        {"bytes": sound(1.0) + random.Random(n).randbytes(20_000), "path": f"{n}.flac"}
        for n in range(6)
    ]
    table = pa.table({"audio": pa.array(noise, kind)})
    pq.write_table(table, tmp_path / "x.parquet", row_group_size=2)
    content = bytearray((tmp_path / "x.parquet").read_bytes())
    group = pq.ParquetFile(tmp_path / "x.parquet").metadata.row_group(1)
    at = group.column(0).dictionary_page_offset or group.column(0).data_page_offset
    content[at : at + 64] = b"\xff" * 64
    (tmp_path / "x.parquet").write_bytes(content)
    made = ingest(tmp_path / "x.parquet", tmp_path / "set")
    assert made.reasons[0] is None and made.reasons[-1] == "bad_container"
    assert len(made.clips) == len(made.reasons) - 1


@pytest.mark.parametrize("ending", ["parquet", "arrow"])
def test_a_table_cut_short_is_an_error_row(tmp_path, ending):
    made_dataset(40).to_parquet(tmp_path / "whole.parquet")
    if ending == "arrow":
        made_dataset(40).save_to_disk(tmp_path / "saved")
        (tmp_path / "saved" / "data-00000-of-00001.arrow").rename(tmp_path / "whole.arrow")
    (tmp_path / "in").mkdir()
    content = (tmp_path / f"whole.{ending}").read_bytes()
    (tmp_path / "in" / f"x.{ending}").write_bytes(content[: len(content) // 2])
    made = ingest(tmp_path / "in", tmp_path / "set")
    assert made.reasons[-1] == "bad_container"
    assert made.recordings[-1].member is None


def test_tables_without_sound_are_no_containers(tmp_path):
    pq.write_table(pa.table({"text": ["a"], "image": [b"b"]}), tmp_path / "about.parquet")
    with pytest.raises(UserError, match="holds no sound file"):
        list(discover(str(tmp_path)))
    (tmp_path / "unnamed").write_bytes(sound())
    assert [item.kind for item in discover(str(tmp_path))] == [None]


def test_a_manifest_in_parquet_stays_a_manifest(tmp_path):
    pq.write_table(pa.table({"path": ["a.wav"], "audio": [b"x"]}), tmp_path / "m.parquet")
    assert describe(str(tmp_path / "m.parquet")).endswith("a Parquet manifest")
    made_dataset(1).to_parquet(tmp_path / "x.parquet")
    assert describe(str(tmp_path / "x.parquet")).endswith("one file")
