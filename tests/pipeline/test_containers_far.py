"""Containers and files on an object store, in several shards, and in a whole run."""

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from containers import ingest, sound, write_tar
from moto_server import S3Server, s3_server
from pyarrow import fs as pafs
from rich.console import Console

from auricle.pipeline.config import Config
from auricle.pipeline.dataset import Dataset
from auricle.pipeline.run import run
from auricle.pipeline.sources import describe, discover
from auricle.pipeline.unique import check_clips
from auricle.schemas.clip import Recording
from auricle.schemas.errors import UserError


@pytest.fixture(scope="module")
def store():
    with s3_server() as server:
        yield server


def put(server: S3Server, place: str, content: bytes) -> None:
    fs, path = pafs.FileSystem.from_uri(server.uri(f"bucket/{place}"))
    with fs.open_output_stream(path) as stream:
        stream.write(content)


def tar(tmp_path, **members: bytes) -> bytes:
    write_tar(tmp_path / "made.tar", {name.replace("_", "."): m for name, m in members.items()})
    return (tmp_path / "made.tar").read_bytes()


def parquet(**columns) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


def test_tars_are_read_from_an_object_store_as_from_a_disk(store, tmp_path):
    members = {"a_flac": sound(1.0), "a_json": b'{"title": "A"}', "b_wav": sound(2.0, "WAV")}
    for name in ("x y.tar", "deep/z.tar"):
        put(store, f"tars/{name}", tar(tmp_path, **members))
        path = tmp_path / "here" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(tar(tmp_path, **members))
    far = ingest(store.uri("bucket/tars"), tmp_path / "far")
    here = ingest(tmp_path / "here", tmp_path / "near")
    assert far.reasons == [None] * 4
    assert [(row.recording_id, row.title) for row in far.recordings] == [
        (row.recording_id, row.title) for row in here.recordings
    ]
    assert far.clips == here.clips
    assert far.recordings[-1].path.startswith("s3://bucket/tars/x%20y.tar?endpoint_override=")
    again = ingest(store.uri("bucket/tars"), tmp_path / "far")
    assert (again.listed.sources, again.listed.new) == (2, 0)


def test_patterns_name_objects(store, tmp_path):
    for number in range(3):
        put(store, f"many/set-{number:02d}.tar", tar(tmp_path, a_flac=sound()))
    for pattern, count in (("set-*.tar", 3), ("set-{00..01}.tar", 2), ("set-02.tar", 1)):
        found = list(discover(store.uri("bucket/many").replace("many", f"many/{pattern}")))
        assert [item.kind for item in found] == ["tar"] * count


def test_parquet_is_read_from_an_object_store(store, tmp_path):
    kind = pa.struct({"bytes": pa.binary(), "path": pa.string()})
    audio = [{"bytes": sound(1.0), "path": "a.flac"}, {"bytes": None, "path": "b.wav"}]
    put(store, "tables/x.parquet", parquet(audio=pa.array(audio, kind), title=["A", "B"]))
    put(store, "tables/b.wav.md", b"no sound")
    made = ingest(store.uri("bucket/tables"), tmp_path / "set")
    assert [(row.title, row.reason) for row in made.recordings] == [
        ("A", None),
        ("B", "missing_file"),
    ]
    put(store, "tables2/x.parquet", parquet(audio=pa.array(audio[1:], kind), title=["B"]))
    put(store, "tables2/b.wav", sound(2.0, "WAV"))
    one = ingest(store.uri("bucket/tables2/x.parquet"), tmp_path / "one")
    assert [row.decoded_seconds for row in one.recordings] == [2.0]


def test_sound_files_are_read_from_an_object_store(store, tmp_path):
    put(store, "files/a.wav", sound(12.0, "WAV"))
    put(store, "files/deep/b.flac", sound(1.5))
    put(store, "files/empty.flac", b"")
    put(store, "files/note.txt", b"not sound")
    made = ingest(store.uri("bucket/files"), tmp_path / "set")
    assert [(row.container, row.decoded_seconds, row.reason) for row in made.recordings] == [
        ("wav", 12.0, None),
        ("flac", 1.5, None),
        (None, 0.0, "empty_file"),
    ]


def test_what_is_not_on_the_store_is_said_without_the_options(store):
    with pytest.raises(UserError, match=r"^s3://bucket/none: no such file or folder"):
        describe(store.uri("bucket/none"))
    with pytest.raises(UserError, match="leave the key out of the address") as caught:
        describe("s3://NAME:hush@bucket/x")
    assert "hush" not in str(caught.value)
    put(store, "about/manifest.csv", b"path\na.wav\n")
    with pytest.raises(UserError, match="read from a disk"):
        describe(store.uri("bucket/about/manifest.csv"))


def test_clips_of_two_containers_with_one_id_are_found(tmp_path):
    for name in ("a.tar", "b.tar"):
        write_tar(tmp_path / "in" / name, {"x.flac": sound(), f"{name[0]}.flac": sound()})
    apart = ingest(tmp_path / "in", tmp_path / "apart")
    check_clips(apart.data)
    mixed = ingest(tmp_path / "in", tmp_path / "mixed", recording_id="stem")
    with pytest.raises(UserError) as caught:
        check_clips(mixed.data)
    for words in ("a.tar (x.flac)", "b.tar (x.flac)", "x_0_0_1", "1 ids", "--redo ingest"):
        assert words in str(caught.value)


def test_a_run_over_tars_counts_what_is_wrong(tmp_path):
    write_tar(tmp_path / "in" / "a.tar", {"x.flac": sound(), "y.flac": b"not sound"})
    config = Config.model_validate({"source": f"{tmp_path}/in"})
    data, told = Dataset(str(tmp_path / "set")), io.StringIO()
    run(data, config, Console(file=told), ("ingest",))
    assert "1 sources" in told.getvalue()
    assert data.summary("recordings", 0)[:3] == (1, 0, 1)
    assert [row.member for row in data.rows(Recording, 0)] == ["x.flac", "y.flac"]
