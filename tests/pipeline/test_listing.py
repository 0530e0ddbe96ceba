"""Listing what there is: once, in little memory, and nothing of it where two are named alike."""

import os
import tracemalloc

import pytest
from containers import sound

from auricle.pipeline.config import Config
from auricle.pipeline.dataset import Dataset
from auricle.pipeline.run import list_sources
from auricle.schemas.errors import UserError


def config(source, **settings):
    return Config.model_validate({"source": str(source), "ingest": settings})


def test_every_folder_is_listed_once(tmp_path, monkeypatch):
    for name in ("a/x.wav", "b/y.wav", "z.wav"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(sound(kind="WAV"))
    listed = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: listed.append(str(path)) or scandir(path))
    assert list_sources(Dataset(str(tmp_path / "set")), config(tmp_path / "in")).sources == 3
    assert [path for path in listed if "/in" in path] == [
        f"{tmp_path}/in{below}" for below in ("", "/a", "/b")
    ]


def test_of_two_names_alike_nothing_stays_listed(tmp_path):
    for name in ("a/x.wav", "b/x.wav", "c/y.wav"):
        (tmp_path / "in" / name).parent.mkdir(parents=True)
        (tmp_path / "in" / name).write_bytes(sound(kind="WAV"))
    data, told = Dataset(str(tmp_path / "set")), {"recording_id": "stem", "shard_clips": 1}
    with pytest.raises(UserError, match="are both recording 'x'"):
        list_sources(data, config(tmp_path / "in", **told))
    assert data.shards("sources") == []
    (tmp_path / "in" / "b" / "x.wav").unlink()
    assert list_sources(data, config(tmp_path / "in", **told)).sources == 2
    assert data.shards("sources") == [0, 1]


def test_memory_holds_some_bytes_a_source(tmp_path):
    def written(count):
        rows = "".join(f"{n}.flac,id{n},0,10\n" for n in range(count))
        (tmp_path / f"{count}.csv").write_text("path,recording_id,start,duration\n" + rows)
        return config(tmp_path / f"{count}.csv")

    peaks = []
    for count in (1_000, 9_000):
        told = written(count)
        tracemalloc.start()
        assert list_sources(Dataset(str(tmp_path / f"set{count}")), told).sources == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert (peaks[1] - peaks[0]) / 8_000 < 64
