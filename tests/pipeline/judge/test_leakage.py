"""The report of leakage looks at the tables themselves, and at lists of any kind."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fakes import MADE, fill

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.judge.leakage import FILE, forms_of, ids_in, leakage, torn
from auricle.schemas.clip import Recording
from auricle.schemas.decision import Duplicate, Print, Split
from auricle.schemas.errors import UserError

VIDEOS = ["7fmOlUlwoNg", "wo8sFEF7sWM", "-aB_cDeFgHi", "oJoYJ8HJqis"]
IDS = [f"{video}_{i}_{i + 1}" for video in VIDEOS for i in range(2)]


@pytest.fixture
def data(tmp_path) -> Dataset:
    """Two recordings a side, nothing shared."""
    data = Dataset(str(tmp_path / "set"))
    fill(data, [IDS])
    rows = [Recording(recording_id=v, path=f"{v}.wav", uploader=f"u{v}", clips=2) for v in VIDEOS]
    data.write("recordings", 0, rows, MADE)
    data.write("print", 0, [Print(clip_id=c, sha256=c) for c in IDS], MADE)
    data.write("duplicates", 0, [Duplicate(clip_id=c) for c in IDS], MADE)
    sides = ["train"] * 4 + ["benchmark"] * 4
    rows_ = [Split(clip_id=c, split=s) for c, s in zip(IDS, sides, strict=True)]  # type: ignore[arg-type]
    data.write("split", 0, rows_, MADE)
    return data


def test_sides_that_share_nothing_show_it(data: Dataset) -> None:
    found = leakage(data)
    assert {leak.what: leak.shared for leak in found} == {
        "recordings": 0,
        "samples": 0,
        "sound": 0,
        "uploaders": 0,
        "like captions": 0,
    }
    assert torn(found) == []
    assert json.loads(data.storage.read(FILE) or b"")[0]["shared"] == 0


def test_a_recording_on_both_sides_is_found(data: Dataset) -> None:
    rows = data.rows(Split, 0)
    rows[1] = rows[1].model_copy(update={"split": "benchmark"})
    data.write("split", 0, rows, MADE)
    found = {leak.what: leak for leak in leakage(data)}
    leak = found["recordings"]
    assert (leak.shared, leak.train, leak.benchmark, leak.example) == (1, 1, 1, VIDEOS[0])
    assert "recordings" in torn(found.values())


def test_samples_and_sound_on_both_sides_are_found(data: Dataset) -> None:
    prints = data.rows(Print, 0)
    prints[7] = prints[7].model_copy(update={"sha256": IDS[0]})
    data.write("print", 0, prints, MADE)
    near = [Duplicate(clip_id=c, near=IDS[2] if i in (2, 3, 5) else None)
            for i, c in enumerate(IDS)]  # fmt: skip
    data.write("duplicates", 0, near, MADE)
    found = {leak.what: leak for leak in leakage(data)}
    assert found["samples"].shared == 1
    assert (found["sound"].train, found["sound"].benchmark) == (2, 1)
    assert torn(found.values()) == ["samples", "sound"]


def test_clips_on_no_side_are_not_counted(data: Dataset) -> None:
    rows = data.rows(Split, 0)
    rows[1] = Split(clip_id=IDS[1], status="skipped", reason="not_passed")
    data.write("split", 0, rows, MADE)
    assert torn(leakage(data)) == []


def lists(folder: Path) -> dict[str, Path]:
    """Write one list of each form, each with one video of ours and one of others."""
    files = {
        "audioset.csv": '# YTID, start, end, labels\n7fmOlUlwoNg, 30.000, 40.000, "/m/09x0r"\n',
        "vggsound.csv": "wo8sFEF7sWM,12,playing harp,train\nzzzzzzzzzzz,1,x,test\n",
        "ids.txt": "oJoYJ8HJqis\nzzzzzzzzzzz\n",
        "links.tsv": "id\turl\n1\thttps://www.youtube.com/watch?v=7fmOlUlwoNg&t=3\n",
        "wavcaps.json": json.dumps(
            {"data": [{"id": "Y-aB_cDeFgHi.wav", "caption": "x"}, {"id": "Yzzzzzzzzzzz.wav"}]}
        ),
        "mecat.jsonl": json.dumps({"wo8sFEF7sWM_166_48_176_48": {"short": ["x"]}}) + "\n",
    }
    for name, content in files.items():
        (folder / name).write_text(content)
    with gzip.open(folder / "packed.jsonl.gz", "wt") as file:
        file.write(json.dumps({"file": "audio/7fmOlUlwoNg.flac"}) + "\n")
    pq.write_table(pa.table({"youtube_id": VIDEOS[:3], "n": [1, 2, 3]}), folder / "some.parquet")
    names = [*files, "packed.jsonl.gz", "some.parquet"]
    return {name: folder / name for name in names}


def test_lists_of_other_datasets_are_read_in_their_own_forms(data: Dataset, tmp_path) -> None:
    found = lists(tmp_path)
    leaks = {
        leak.between: leak
        for leak in leakage(data, [str(path) for path in found.values()])
        if leak.between != "train and benchmark"
    }
    assert {name: leak.example for name, leak in leaks.items()} == {
        "audioset.csv": "7fmOlUlwoNg",
        "vggsound.csv": "wo8sFEF7sWM",
        "ids.txt": "oJoYJ8HJqis",
        "links.tsv": "7fmOlUlwoNg",
        "wavcaps.json": "-aB_cDeFgHi",
        "mecat.jsonl": "wo8sFEF7sWM",
        "packed.jsonl.gz": "7fmOlUlwoNg",
        "some.parquet": "-aB_cDeFgHi",
    }
    assert (leaks["ids.txt"].train, leaks["ids.txt"].benchmark) == (0, 2)
    assert leaks["some.parquet"].shared == 3
    assert all(leaks[name].shared == 1 for name in leaks if name != "some.parquet")


def test_a_list_that_cannot_be_read_is_named(tmp_path) -> None:
    with pytest.raises(UserError, match=r"none\.csv"):
        list(ids_in(str(tmp_path / "none.csv")))
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(UserError, match=r"bad\.json"):
        list(ids_in(str(tmp_path / "bad.json")))


@pytest.mark.parametrize(
    ("field", "known"),
    [
        ("Y7fmOlUlwoNg.wav", "7fmOlUlwoNg"),
        ("7fmOlUlwoNg_20_0_30_0", "7fmOlUlwoNg"),
        ("wo8sFEF7sWM_166_48_176_48", "wo8sFEF7sWM"),
        ("audio/dev/7fmOlUlwoNg.flac", "7fmOlUlwoNg"),
        ("https://youtu.be/7fmOlUlwoNg", "7fmOlUlwoNg"),
        ("  7fmOlUlwoNg ", "7fmOlUlwoNg"),
        ("-aB_cDeFgHi_0_10", "-aB_cDeFgHi"),
    ],
)
def test_a_name_stands_for_the_video_that_it_names(field: str, known: str) -> None:
    assert known in forms_of(field)


def test_before_the_split_there_is_no_report(tmp_path) -> None:
    with pytest.raises(UserError, match="auricle split"):
        leakage(Dataset(str(tmp_path / "set")))
