"""The check of exports passes what is whole, and names what is not."""

import gzip
import json
import shutil
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

import exports
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auricle.pipeline.engine.storage import Storage
from auricle.pipeline.export.check import check
from auricle.pipeline.export.counts import write_counts
from auricle.pipeline.export.readers import READERS
from auricle.pipeline.export.rows import Count
from auricle.schemas.errors import UserError

LIBRARY = {
    "parquet": "datasets",
    "webdataset": "webdataset",
    "mdl": "datasets",
    "lhotse": "lhotse",
    "meralion": "datasets",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All exports of the sample clips."""
    root = tmp_path_factory.mktemp("made")
    for name in READERS:
        if name == "parquet":
            _parquet(root / "exports" / "parquet", exports.splits())
        else:
            exports.write(import_module(f"auricle.pipeline.export.{name}"), root)
    return root


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Callable[[str], Path]:
    """Copy one export, with the sound that it may name, and say where it is."""

    def copy(name: str) -> Path:
        pytest.importorskip(LIBRARY.get(name, "json"))
        for each in (name, "flac"):
            shutil.copytree(made / "exports" / each, tmp_path / "exports" / each)
        return tmp_path / "exports" / name

    return copy


def _parquet(folder: Path, given: Mapping[str, list[pa.Table]]) -> None:
    """Write tables as the training Parquet has them."""
    folder.mkdir(parents=True)
    counts = {}
    for split, tables in given.items():
        for number, table in enumerate(tables):
            pq.write_table(table, folder / f"{split}-{number:05d}.parquet")
        seconds = sum(row["duration"] for row in exports.rows_of(tables))
        clips = sum(table.num_rows for table in tables)
        counts[split] = Count(clips, clips, seconds)
    write_counts(Storage(str(folder)), ".", "parquet", counts)


def refused(folder: Path, *words: str) -> None:
    with pytest.raises(UserError) as caught:
        check(str(folder.parent.parent))
    said = str(caught.value)
    assert "\n" not in said
    for word in words:
        assert word in said


@pytest.mark.parametrize("name", READERS)
def test_a_whole_export_passes_and_is_told(name: str, copy: Callable[[str], Path]) -> None:
    folder = copy(name)
    found = {each.split: each for each in check(str(folder.parent))}
    told = json.loads((folder / "counts.json").read_text())
    assert told["format"] == name
    assert told["splits"] == {
        split: {"clips": each.clips, "rows": each.rows, "seconds": each.seconds}
        for split, each in found.items()
    }
    assert {split: (each.clips, each.seconds) for split, each in found.items()} == {
        "train": (8, 16.0),
        "benchmark": (4, 8.0),
    }
    heard = {split: each.decoded for split, each in found.items()}
    no_sound = name == "mecat"
    assert heard == {"train": 0 if no_sound else 4, "benchmark": 0 if no_sound else 3}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("unit", ["clips", "rows", "seconds"])
def test_a_changed_count_is_found(name: str, unit: str, copy: Callable[[str], Path]) -> None:
    folder = copy(name)
    told = json.loads((folder / "counts.json").read_text())
    told["splits"]["benchmark"][unit] += 1
    (folder / "counts.json").write_text(json.dumps(told))
    said = told["splits"]["benchmark"][unit]
    refused(folder, f"exports/{name}", f"{said - 1:g} {unit}, counts.json says {said:g}")


@pytest.mark.parametrize(
    "file",
    [
        "mecat/caption/train/S00.jsonl",
        "mecat/qa/test/S00.jsonl",
        "mecat/clips.csv",
        "mdl/train.csv",
        "swift/benchmark.jsonl",
        "nemo/train/captions.jsonl",
        "nemo/train/asr.jsonl",
        "lhotse/train/cuts.jsonl.gz",
        "meralion/instruct/train.jsonl",
    ],
)
def test_a_lost_line_is_found(file: str, copy: Callable[[str], Path]) -> None:
    name, _, rest = file.partition("/")
    path = copy(name) / rest
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rb") as lines:
        kept = lines.read().splitlines(keepends=True)[:-1]
    with opened(path, "wb") as lines:
        lines.write(b"".join(kept))
    refused(path.parents[len(Path(rest).parts) - 1], f"exports/{name}", "counts.json says")


@pytest.mark.parametrize(
    "file",
    [
        "parquet/train-00000.parquet",
        "webdataset/train/S00-000000.tar",
        "mdl/train.csv",
        "swift/train.jsonl",
        "lhotse/train/cuts.jsonl.gz",
        "meralion/ctc/train-00000.parquet",
    ],
)
def test_a_file_cut_short_is_named(file: str, copy: Callable[[str], Path]) -> None:
    name, _, rest = file.partition("/")
    folder = copy(name)
    whole = (folder / rest).read_bytes()
    (folder / rest).write_bytes(whole[: len(whole) * 2 // 3])
    refused(folder, str(folder / rest))


def test_a_tar_cut_between_two_clips_is_found(copy: Callable[[str], Path]) -> None:
    import tarfile

    folder = copy("webdataset")
    path = folder / "train" / "S00-000000.tar"
    with tarfile.open(path) as tar:
        cut = tar.getmembers()[2].offset
    path.write_bytes(path.read_bytes()[:cut])
    refused(folder, "train", "clips, counts.json says 8")


@pytest.mark.parametrize("name", ["mdl", "swift", "nemo", "lhotse", "meralion"])
def test_a_missing_sound_is_named(name: str, copy: Callable[[str], Path]) -> None:
    folder = copy(name)
    (sound,) = (folder.parent / "flac" / "train").rglob("rain_0*.flac")
    sound.unlink()
    refused(folder, f"exports/{name}", sound.name, "is missing")


def test_a_sound_that_does_not_decode_is_named(copy: Callable[[str], Path]) -> None:
    folder = copy("swift")
    (sound,) = (folder.parent / "flac" / "train").rglob("wo8sFEF7sWM_0*.flac")
    sound.write_bytes(sound.read_bytes()[:-2000])
    refused(folder, "swift/train.jsonl", "wo8sFEF7sWM_0_25_2_25 does not decode")


@pytest.mark.parametrize("name", READERS)
def test_a_clip_on_both_sides_is_found(name: str, tmp_path: Path) -> None:
    pytest.importorskip(LIBRARY.get(name, "json"))
    tables = exports.splits()["train"][:1]
    given = {"train": tables, "benchmark": tables}
    folder = tmp_path / "exports" / name
    if name == "parquet":
        _parquet(folder, given)
    else:
        exports.write(import_module(f"auricle.pipeline.export.{name}"), tmp_path, given)
    refused(folder, f"exports/{name}", "wo8sFEF7sWM", "in both splits")


@pytest.mark.parametrize("name", ["parquet", "webdataset", "mecat", "nemo", "lhotse"])
def test_a_recording_on_both_sides_is_found(name: str, tmp_path: Path) -> None:
    pytest.importorskip(LIBRARY.get(name, "json"))
    one, other = exports.rows_of(exports.splits()["train"])[:2]
    given = {"train": [exports.table([one])], "benchmark": [exports.table([other])]}
    folder = tmp_path / "exports" / name
    if name == "parquet":
        _parquet(folder, given)
    else:
        exports.write(import_module(f"auricle.pipeline.export.{name}"), tmp_path, given)
    refused(folder, f"exports/{name}", "recording wo8sFEF7sWM is in both splits")


def test_a_row_without_its_text_is_found(copy: Callable[[str], Path]) -> None:
    folder = copy("mdl")
    path = folder / "benchmark.csv"
    path.write_text(path.read_text("utf-8").replace("A second text.", "NULL"), "utf-8")
    refused(folder, "mdl/benchmark.csv", "a row without audio or prediction")


def test_an_export_that_did_not_end_is_named(copy: Callable[[str], Path]) -> None:
    folder = copy("nemo")
    (folder / "counts.json").unlink()
    refused(folder, "nemo/counts.json is missing", "export again")


def test_a_missing_package_is_named_with_the_command(
    copy: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copy("lhotse")
    monkeypatch.setitem(sys.modules, "lhotse", None)
    refused(folder, "pip install lhotse")


def test_a_place_without_exports_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no exports here"):
        check(str(tmp_path))


def test_only_the_wanted_formats_are_opened(copy: Callable[[str], Path]) -> None:
    folder = copy("mecat")
    copied = check(str(folder.parent), ["mecat"])
    assert {each.format for each in copied} == {"mecat"}
    with pytest.raises(UserError, match="nemo/counts.json is missing"):
        check(str(folder.parent), ["mecat", "nemo"])
    with pytest.raises(UserError, match="nemmo: no such format"):
        check(str(folder.parent), ["nemmo"])


def test_an_export_without_a_benchmark_passes(tmp_path: Path) -> None:
    given = {"train": exports.splits()["train"], "benchmark": []}
    for name in ("webdataset", "mecat", "mdl", "swift", "nemo", "lhotse", "meralion"):
        pytest.importorskip(LIBRARY.get(name, "json"))
        exports.write(import_module(f"auricle.pipeline.export.{name}"), tmp_path, given)
    found = [each for each in check(str(tmp_path)) if each.split == "benchmark"]
    assert len(found) == 7
    assert {(each.clips, each.rows, each.seconds) for each in found} == {(0, 0, 0.0)}
