"""Texts come from datasets of ours and from the forms that others use; what is broken is named."""

import csv
import gzip
import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.text.lint_records import CaptionSet, Question
from auricle.pipeline.text.lint_sources import texts
from auricle.schemas.errors import UserError

SIX = ("short", "long", "speech", "music", "sound", "environment")


def write(path: Path, *rows: Any) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(content.encode()))
    else:
        path.write_text(content, encoding="utf-8")
    return str(path)


def six(**other: Any) -> dict[str, Any]:
    return {name: [f"{name} {i}" for i in range(3)] for name in SIX} | other


def test_mecat_captions_and_questions_are_read_with_clip_and_domain(tmp_path: Path) -> None:
    path = write(
        tmp_path / "x.jsonl",
        {"abc_0_10": six(domain="SMA")},
        {
            "abc_0_10_0a1b2c3d": {
                "category": "direct_perception",
                "difficulty": "basic",
                "question": "What?",
                "answer": "A dog.",
                "domain": "SMA",
            }
        },
    )
    *captions, question = texts(path)
    assert captions[0] == CaptionSet("abc_0_10", "SMA", "short", ("short 0", "short 1", "short 2"))
    assert [each.category for each in captions] == list(SIX)
    assert question == Question("abc_0_10", "SMA", "direct_perception", "basic", "What?", "A dog.")


def test_acavcaps_lines_take_their_domain_from_the_files_name(tmp_path: Path) -> None:
    write(tmp_path / "caption" / "S00.jsonl.gz", {"abc_0_10": six()})
    write(tmp_path / "caption" / "part-1.jsonl", {"def_0_10": six()})
    found = list(texts(str(tmp_path)))
    assert {(each.clip_id, each.domain) for each in found} == {
        ("abc_0_10", "S00"),
        ("def_0_10", ""),
    }
    assert list(texts(str(tmp_path / "*" / "S*.jsonl.gz"))) == found[:6]


@pytest.mark.parametrize(
    ("row", "clip", "captions"),
    [
        ({"id": "Y1.wav", "caption": "A dog."}, "Y1.wav", ("A dog.",)),
        ({"audio_id": 7, "text": "A cat.", "tags": ["x"]}, "7", ("A cat.",)),
        ({"key": "k", "captions": ["A dog.", "A cat."]}, "k", ("A dog.", "A cat.")),
        ({"file_name": "a.wav", "caption_1": "A.", "caption_2": "B."}, "a.wav", ("A.", "B.")),
        ({"Youtube_ID": "y", "Caption": "A dog."}, "y", ("A dog.",)),
    ],
)
def test_other_peoples_lines_are_captions_of_no_category(
    tmp_path: Path, row: dict[str, Any], clip: str, captions: tuple[str, ...]
) -> None:
    path = write(tmp_path / "x.jsonl", row)
    assert list(texts(path)) == [CaptionSet(clip, "", "caption", captions)]


def test_a_row_that_names_no_clip_is_named_by_its_place(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl", {"caption": "A dog."}, {"caption": None}, {"text": "A cat."})
    assert [each.clip_id for each in texts(path)] == [f"{path}:1", f"{path}:3"]


def test_csv_tsv_json_and_parquet_are_read(tmp_path: Path) -> None:
    rows = [{"id": "a", "caption": 'A "dog", barking'}, {"id": "b", "caption": "Two\nlines"}]
    for name, dialect in (("x.csv", "excel"), ("x.tsv", "excel-tab")):
        with (tmp_path / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, ["id", "caption"], dialect=dialect)
            writer.writeheader()
            writer.writerows(rows)
    (tmp_path / "list.json").write_text(json.dumps(rows), encoding="utf-8")
    (tmp_path / "wavcaps.json").write_text(json.dumps({"num": 1, "data": rows}), encoding="utf-8")
    sound = {"audio": {"bytes": b"x", "path": "x.flac"}}
    table = pa.Table.from_pylist([row | sound for row in rows])
    pq.write_table(table, tmp_path / "x.parquet")
    wanted = [CaptionSet(row["id"], "", "caption", (row["caption"],)) for row in rows]
    for name in ("x.csv", "x.tsv", "list.json", "wavcaps.json", "x.parquet"):
        assert list(texts(str(tmp_path / name))) == wanted, name


def test_tables_of_questions_are_read(tmp_path: Path) -> None:
    row = {"id": "a", "question": "What?", "answer": "Rain.", "category": "x", "difficulty": None}
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "x.parquet")
    assert list(texts(str(tmp_path / "x.parquet"))) == [
        Question("a", "", "x", "", "What?", "Rain.")
    ]


def test_training_parquet_gives_the_lists_and_the_questions_and_no_caption_twice(
    tmp_path: Path,
) -> None:
    row = {
        "caption": "long 0",
        "long": ["long 0", "long 1"],
        "music": None,
        "qa": [{"category": "c", "difficulty": "d", "question": "What?", "answer": "Rain."}],
        "domain": "00A",
        "clip_id": "a_0_10",
    }
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "train.parquet")
    (tmp_path / "info.json").write_text('{"state": "x"}', encoding="utf-8")
    assert list(texts(str(tmp_path))) == [
        CaptionSet("a_0_10", "00A", "long", ("long 0", "long 1")),
        Question("a_0_10", "00A", "c", "d", "What?", "Rain."),
    ]


def test_rows_are_read_one_by_one(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl", {"caption": "A dog."}, {"caption": 7})
    found = texts(path)
    assert next(found).texts == ("A dog.",)  # type: ignore[union-attr]
    with pytest.raises(UserError):
        next(found)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.jsonl", b'{"caption": "A"}\n{"caption": ', r"x\.jsonl:2: not JSON .* one JSON object"),
        ("x.jsonl", b'["A dog."]', r"x\.jsonl:1: an object is wanted"),
        (
            "x.jsonl",
            b'{"a": 1, "b": 2}',
            r"x\.jsonl:1: no texts among a, b; wanted are lists short",
        ),
        ("x.jsonl", b'{"k": {"long": [1]}}', r"x\.jsonl:1: `long` must be a text or a list of"),
        ("x.jsonl", b'{"k": {"question": "Why?"}}', r"x\.jsonl:1: `answer` must be a text"),
        ("x.jsonl", b'{"caption": "\xff"}', r"x\.jsonl: not UTF-8 .* convert it"),
        ("x.jsonl.gz", b"no gzip", r"x\.jsonl\.gz: broken gzip .* fetch or make it again"),
        ("x.json", b'{"data": [', r"x\.json:1: not JSON"),
        ("x.csv", b"k1,A dog.\nk2,A cat.\n", r"x\.csv:1: no header that names a column caption"),
        ("x.csv", b"id,caption\na,A dog.\nb,A, cat.\n", r"x\.csv:3: not as many cells"),
        ("x.csv", b"id,caption\na,A dog.\nb\n", r"x\.csv:3: not as many cells"),
        ("x.parquet", b"no parquet at all", r"x\.parquet: not a Parquet file"),
        ("x.txt", b"A dog.", r"x\.txt: what is this\? The lint reads \.jsonl, "),
    ],
)
def test_what_is_broken_is_named_with_its_place(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError) as error:
        list(texts(str(tmp_path / name)))
    assert re.search(message, str(error.value)), str(error.value)


def test_a_gzip_file_that_is_cut_off_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"caption": "A dog."}\n' * 1000)[:-20])
    with pytest.raises(UserError, match="broken gzip"):
        list(texts(str(path)))


def test_places_without_texts_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file or folder"):
        list(texts(str(tmp_path / "nowhere")))
    with pytest.raises(UserError, match="no texts; the lint reads"):
        list(texts(str(tmp_path)))
    Dataset(str(tmp_path / "set")).storage.write("dataset.yaml", b"source: x")
    with pytest.raises(UserError, match="no captions or questions yet; `auricle run` makes them"):
        list(texts(str(tmp_path / "set")))
    with pytest.raises(UserError, match="no dataset here"):
        list(texts(f"file://{tmp_path}/empty"))
