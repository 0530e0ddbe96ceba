"""The MECAT export has the published form, line for line, and MECAT's own code reads it."""

import csv
import gzip
import json
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import exports
import pytest

from auricle.pipeline.export import mecat

KEY = re.compile(r"[A-Za-z0-9_-]{11}_\d+_\d+_\d+(_\d+)?")


def published(kind: str) -> Iterator[dict[str, Any]]:
    """Yield the first hundred lines of every published file."""
    spec = find_spec("mecat")
    if spec is None or spec.origin is None:
        pytest.skip("needs the references of PyPI's mecat")
    for path in sorted((Path(spec.origin).parent / "reference" / kind / "test").glob("*.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line, _ in zip(lines, range(100), strict=False):
                yield json.loads(line)


def ours(root: Path, kind: str, side: str) -> list[dict[str, Any]]:
    files = sorted((root / "exports" / "mecat" / kind / side).glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.open(encoding="utf-8")]


def form(value: Any) -> Any:
    """Return the shape of a line: names in order, types, lengths of lists."""
    if isinstance(value, dict):
        return [(name, form(inner)) for name, inner in value.items()]
    if isinstance(value, list):
        return [type(inner).__name__ for inner in value]
    return type(value).__name__


def shapes(lines: Any) -> set[str]:
    return {repr(form(inner)) for line in lines for inner in line.values()}


@pytest.mark.parametrize("kind", ["caption", "qa"])
@pytest.mark.parametrize("side", ["train", "test"])
def test_lines_have_the_published_form(tmp_path: Path, kind: str, side: str) -> None:
    exports.write(mecat, tmp_path)
    lines = ours(tmp_path, kind, side)
    assert len(lines) == {"train": 8, "test": 4}[side]
    assert shapes(lines) == shapes(published(kind))
    assert all(len(line) == 1 for line in lines)


@pytest.mark.parametrize("kind", ["caption", "qa"])
def test_the_domain_is_the_name_of_the_file(tmp_path: Path, kind: str) -> None:
    exports.write(mecat, tmp_path)
    for path in (tmp_path / "exports" / "mecat" / kind).rglob("*.jsonl"):
        told = [json.loads(line) for line in path.open(encoding="utf-8")]
        assert {inner["domain"] for line in told for inner in line.values()} == {path.stem}


def test_published_keys_come_back_from_their_video_and_start() -> None:
    tried = 0
    for line in published("caption"):
        (name,) = line
        parts = name[12:].split("_")
        start = float(f"{parts[0]}.{parts[1]}")
        for duration in (10.0, 9.9999375):
            assert mecat.key("any", name[:11], start, duration) == name
        tried += 1
    assert tried == 800


def test_keys_of_video_ids_follow_the_rule_and_others_are_safe_and_unique(tmp_path: Path) -> None:
    exports.write(mecat, tmp_path)
    keys = [name for line in ours(tmp_path, "caption", "train") for name in line]
    assert len(set(keys)) == 8
    assert all(re.fullmatch(r"[A-Za-z0-9_~-]+", name) for name in keys)
    video = [name for name in keys if name.startswith("wo8sFEF7sWM")]
    assert video == ["wo8sFEF7sWM_0_25_2_25", "wo8sFEF7sWM_2_25_4_25"]
    assert all(KEY.fullmatch(name) for name in video)


def test_what_a_clip_has_not_is_none_and_two_sentences_as_published(tmp_path: Path) -> None:
    exports.write(mecat, tmp_path)
    said = {category: set() for category in ("speech", "music", "sound")}
    for line in published("caption"):
        for told in line.values():
            for category, sentences in said.items():
                if told[category][0] == "None":
                    sentences.update(told[category])
    (line,) = [
        line for line in ours(tmp_path, "caption", "train") if "wo8sFEF7sWM_2_25_4_25" in line
    ]
    told = line["wo8sFEF7sWM_2_25_4_25"]
    assert told["music"][0] == told["sound"][0] == told["environment"][0] == "None"
    assert len(set(told["music"])) == len(set(told["sound"])) == 3
    assert set(told["sound"]) <= said["sound"]
    assert set(told["music"]) <= said["music"]


def test_missing_variants_are_the_first_again_and_a_fourth_is_left_out(tmp_path: Path) -> None:
    exports.write(mecat, tmp_path)
    lines = {
        name: told for line in ours(tmp_path, "caption", "train") for name, told in line.items()
    }
    first = f"{exports.HARD} (wo8sFEF7sWM_0_25_2_25)"
    assert lines["wo8sFEF7sWM_0_25_2_25"]["long"] == [first, "A second text.", first]
    assert lines["wo8sFEF7sWM_0_25_2_25"]["short"] == ["A short text."] * 3
    assert lines["rain_2_25_4_25"]["sound"] == ["Rain falls.", "Rain.", "It rains."]


@pytest.mark.parametrize("lacks", ["short", "long", "speech", "domain"])
def test_a_clip_that_lacks_what_its_domain_calls_for_is_left_out(
    tmp_path: Path, lacks: str
) -> None:
    rows = exports.rows_of(exports.splits()["train"])[:2]
    rows[0] = {**rows[0], lacks: None}
    given = {"train": [exports.table(rows)], "benchmark": []}
    assert exports.write(mecat, tmp_path, given)["train"].clips == 1
    names = [name for line in ours(tmp_path, "caption", "train") for name in line]
    assert names == ["wo8sFEF7sWM_2_25_4_25"]


def test_questions_are_keyed_by_clip_and_eight_hex_digits(tmp_path: Path) -> None:
    exports.write(mecat, tmp_path)
    told = {name: pair for line in ours(tmp_path, "qa", "test") for name, pair in line.items()}
    assert len(told) == 4
    assert (
        told["-bench_mark_0_25_2_25_0123abc0"]["question"] == f"What <audio> is it, {exports.HARD}?"
    )


def test_the_list_of_clips_leads_back_to_the_dataset(tmp_path: Path) -> None:
    exports.write(mecat, tmp_path)
    with (tmp_path / "exports" / "mecat" / "clips.csv").open(encoding="utf-8", newline="") as file:
        listed = list(csv.DictReader(file))
    assert list(listed[0]) == [
        "key", "clip_id", "recording_id", "split", "domain", "language", "duration",
    ]  # fmt: skip
    keys = {row["key"] for row in listed}
    assert keys == {
        name
        for side in ("train", "test")
        for line in ours(tmp_path, "caption", side)
        for name in line
    }
    assert {row["clip_id"] for row in listed if row["split"] == "train"} == {
        row["clip_id"] for row in exports.rows_of(exports.splits()["train"])
    }


def test_mecats_own_loader_reads_the_references(tmp_path: Path) -> None:
    evaluate = pytest.importorskip("mecat.evaluate")
    exports.write(mecat, tmp_path)
    root = tmp_path / "exports" / "mecat"
    keys = [name for line in ours(tmp_path, "caption", "test") for name in line]
    predicted = dict.fromkeys(keys, "A man speaks.")
    references, _, _ = evaluate.load_data_with_config(
        predicted, task="caption", subtask="short", reference_dir=str(root / "caption" / "test")
    )
    assert {name: [each["caption"] for each in texts] for name, texts in references.items()} == {
        name: ["A short text."] * 3 for name in keys
    }
    asked = [name for line in ours(tmp_path, "qa", "test") for name in line]
    answers, _, _ = evaluate.load_data_with_config(
        dict.fromkeys(asked, "Yes."),
        task="qa",
        subtask="direct_perception",
        level=["basic"],
        reference_dir=str(root / "qa" / "test"),
    )
    assert set(answers) == set(asked)
