"""WebDataset tars open with `webdataset`, hold what loaders want and are the same twice."""

import json
from collections.abc import Iterator
from pathlib import Path

import exports
import pyarrow as pa
import pytest

from auricle.pipeline.engine.storage import Storage
from auricle.pipeline.export import webdataset
from auricle.pipeline.export.flac import safe_name

ROOM = Path("exports/webdataset")


def read(folder: Path) -> list[dict[str, bytes]]:
    library = pytest.importorskip("webdataset")
    found = []
    for path in sorted(folder.glob("*.tar")):
        found += list(library.WebDataset(str(path), shardshuffle=False))
    return found


def test_webdataset_reads_every_clip_with_its_sound_and_texts(tmp_path: Path) -> None:
    assert exports.write(webdataset, tmp_path) == {"train": (8, 8, 16.0), "benchmark": (4, 4, 8.0)}
    given = {row["clip_id"]: row for row in exports.rows_of(exports.splits()["train"])}
    found = read(tmp_path / ROOM / "train")
    assert len(found) == len(given)
    for sample in found:
        told = json.loads(sample["json"])
        row = given.pop(told["clip_id"])
        assert sample["__key__"] == safe_name(row["clip_id"])
        assert exports.same(sample["flac"], row["audio"]["bytes"])
        assert told["captions"] == row["long"]
        assert {name: told[name] for name in row if name != "audio"} == {
            name: value for name, value in row.items() if name != "audio"
        }
    assert not given


def test_keys_have_no_dots_so_that_the_two_members_of_a_clip_meet(tmp_path: Path) -> None:
    exports.write(webdataset, tmp_path)
    keys = [sample["__key__"] for sample in read(tmp_path / ROOM / "train")]
    assert not any("." in key for key in keys)
    assert len(set(keys)) == 8


def test_tars_are_named_by_domain_and_closed_at_their_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webdataset, "BYTES", 100_000)
    exports.write(webdataset, tmp_path)
    names = sorted(path.name for path in (tmp_path / ROOM / "train").iterdir())
    assert [name for name in names if name.startswith("S00")] == [
        "S00-000000.tar",
        "S00-000001.tar",
    ]
    assert {name.split("-")[0] for name in names} == {"S00", "0MA", "00A"}
    assert len(read(tmp_path / ROOM / "train")) == 8


def test_equal_clips_give_equal_bytes(tmp_path: Path) -> None:
    for place in ("one", "two"):
        exports.write(webdataset, tmp_path / place)
    one, two = (
        {p.name: p.read_bytes() for p in (tmp_path / place / ROOM).rglob("*.tar")}
        for place in ("one", "two")
    )
    assert one == two


def test_a_clip_without_a_domain_is_kept_apart(tmp_path: Path) -> None:
    row = {**exports.rows_of(exports.splits()["train"])[0], "domain": None}
    exports.write(webdataset, tmp_path, {"train": [exports.table([row])], "benchmark": []})
    assert [p.name for p in (tmp_path / ROOM / "train").iterdir()] == ["unknown-000000.tar"]


def test_a_writer_that_breaks_leaves_no_tar_behind(tmp_path: Path) -> None:
    def breaks() -> Iterator[pa.Table]:
        yield exports.splits()["train"][0]
        raise RuntimeError("the source is gone")

    with pytest.raises(RuntimeError, match="the source is gone"):
        webdataset.write(Storage(str(tmp_path)), webdataset.FOLDER, {"train": breaks()})
    assert not list((tmp_path / ROOM).rglob("*.*"))


def test_tars_of_an_earlier_export_are_gone(tmp_path: Path) -> None:
    exports.write(webdataset, tmp_path)
    rows = [row for row in exports.rows_of(exports.splits()["train"]) if row["domain"] == "S00"]
    exports.write(webdataset, tmp_path, {"train": [exports.table(rows)], "benchmark": []})
    left = sorted(path.name for path in (tmp_path / ROOM).rglob("*.tar"))
    assert left == ["S00-000000.tar"]


def test_an_object_store_gets_the_same_tars(tmp_path: Path) -> None:
    exports.write(webdataset, tmp_path)
    store = exports.object_store("webdataset")
    webdataset.write(store, webdataset.FOLDER, exports.splits())
    for path in (tmp_path / ROOM).rglob("*.tar"):
        assert store.read(path.relative_to(tmp_path).as_posix()) == path.read_bytes()
