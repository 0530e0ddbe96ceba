"""NeMo manifests: the fields that NeMo reads, one line a clip, found from the manifest's folder."""

import json
from pathlib import Path
from typing import Any

import exports

from auricle.pipeline.export import nemo


def read(root: Path, name: str) -> list[dict[str, Any]]:
    with (root / "exports" / "nemo" / "train" / name).open(encoding="utf-8", newline="\n") as file:
        return [json.loads(line) for line in file]


def test_captions_are_the_general_ones_in_order(tmp_path: Path) -> None:
    exports.write(nemo, tmp_path)
    given = exports.rows_of(exports.splits()["train"])
    lines = read(tmp_path, "captions.jsonl")
    assert [line["text"] for line in lines] == [row["caption"] for row in given]
    assert {line["lang"] for line in lines} == {"en"}
    for line, row in zip(lines, given, strict=True):
        path = tmp_path / "exports" / "nemo" / "train" / line["audio_filepath"]
        assert exports.same(path, row["audio"]["bytes"])
        assert line["duration"] == len(exports.samples(path)) / line["sampling_rate"]


def test_transcripts_are_those_of_clips_that_have_one(tmp_path: Path) -> None:
    assert exports.write(nemo, tmp_path)["train"] == (8, 10, 16.0)
    given = [row for row in exports.rows_of(exports.splits()["train"]) if row["transcript"]]
    lines = read(tmp_path, "asr.jsonl")
    assert [line["text"] for line in lines] == [row["transcript"] for row in given]
    assert [line["lang"] for line in lines] == [row["language"] for row in given]


def test_every_line_has_what_nemo_asks_for_with_its_type(tmp_path: Path) -> None:
    exports.write(nemo, tmp_path)
    wanted = {"audio_filepath": str, "duration": float, "text": str, "lang": str}
    for name in ("captions.jsonl", "asr.jsonl"):
        for line in read(tmp_path, name):
            assert {field: type(line[field]) for field in wanted} == wanted
            assert "/" in line["audio_filepath"], "NeMo joins paths that have a folder"
