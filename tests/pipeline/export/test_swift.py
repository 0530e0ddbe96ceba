"""Lines for ms-swift open with `datasets`, with one place for sound each."""

from pathlib import Path

import exports
import pytest

from auricle.pipeline.export import swift
from auricle.pipeline.export.mdl import turns

FOLDER = Path("exports/swift")


def test_every_text_is_a_conversation_about_a_file(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    exports.write(swift, tmp_path)
    opened = datasets.load_dataset(
        "json",
        data_files=str(tmp_path / FOLDER / "train.jsonl"),
        split="train",
        cache_dir=str(tmp_path / "cache"),
    )
    clips = exports.rows_of(exports.splits()["train"])
    given = [(clip, ask, answer) for clip in clips for ask, answer in turns(clip)]
    assert opened.num_rows == len(given)
    for row, (clip, ask, answer) in zip(opened, given, strict=True):
        user, assistant = row["messages"]
        assert (user["role"], assistant["role"]) == ("user", "assistant")
        assert user["content"] == "<audio>" + ask.replace("<audio>", "audio")
        assert assistant["content"] == answer
        (path,) = row["audios"]
        assert exports.same(tmp_path / FOLDER / path, clip["audio"]["bytes"])


def test_paths_are_short_enough_to_be_taken_for_paths(tmp_path: Path) -> None:
    row = exports.rows_of(exports.splits()["train"])[0]
    rows = [{**row, "clip_id": name * 300} for name in ("a", "ü", ".")]
    exports.write(swift, tmp_path, {"train": [exports.table(rows)], "benchmark": []})
    datasets = pytest.importorskip("datasets")
    opened = datasets.load_dataset(
        "json",
        data_files=str(tmp_path / FOLDER / "train.jsonl"),
        split="train",
        cache_dir=str(tmp_path / "cache"),
    )
    paths = {path for row in opened for path in row["audios"]}
    assert len(paths) == 3
    assert max(map(len, paths)) <= 200, "ms-swift takes longer ones for base64"
