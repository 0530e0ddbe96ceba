"""Cuts open with Lhotse, hold what it wants and load the same samples."""

from pathlib import Path

import exports
import numpy as np
import pytest

from auricle.pipeline.export import lhotse as export

CUTS = Path("exports/lhotse/train/cuts.jsonl.gz")


def test_lhotse_opens_the_cuts_and_loads_their_sound(tmp_path: Path) -> None:
    lhotse = pytest.importorskip("lhotse")
    exports.write(export, tmp_path)
    cuts = lhotse.CutSet.from_file(tmp_path / CUTS).with_recording_path_prefix(
        tmp_path / CUTS.parent
    )
    given = exports.rows_of(exports.splits()["train"])
    assert [cut.id for cut in cuts] == [row["clip_id"] for row in given]
    for cut, row in zip(cuts, given, strict=True):
        loaded = cut.load_audio()
        wanted = exports.samples(row["audio"]["bytes"])
        assert np.array_equal(np.round(loaded[0] * 32768).astype(np.int16), wanted)
        assert (cut.duration, cut.sampling_rate) == (row["duration"], 16_000)


def test_lhotse_finds_no_fault_in_them(tmp_path: Path) -> None:
    lhotse = pytest.importorskip("lhotse")
    exports.write(export, tmp_path)
    cuts = lhotse.CutSet.from_file(tmp_path / CUTS)
    lhotse.validate(cuts.to_eager())


def test_transcripts_are_supervisions_and_the_rest_is_custom(tmp_path: Path) -> None:
    lhotse = pytest.importorskip("lhotse")
    exports.write(export, tmp_path)
    given = exports.rows_of(exports.splits()["train"])
    for cut, row in zip(lhotse.CutSet.from_file(tmp_path / CUTS), given, strict=True):
        (supervision,) = cut.supervisions
        assert supervision.text == row["transcript"]
        assert supervision.language == row["language"]
        assert cut.caption == row["caption"]
        assert cut.custom.get("speech") == row["speech"]
        assert cut.qa == row["qa"]
        assert cut.domain == row["domain"]
        assert cut.source_recording_id == row["recording_id"]
        assert cut.source_start == row["start"]


def test_lhotse_would_write_them_the_same(tmp_path: Path) -> None:
    lhotse = pytest.importorskip("lhotse")
    import gzip
    import json

    exports.write(export, tmp_path)
    with gzip.open(tmp_path / CUTS, "rt", encoding="utf-8", newline="\n") as file:
        ours = [json.loads(line) for line in file]
    assert [cut.to_dict() for cut in lhotse.CutSet.from_file(tmp_path / CUTS)] == ours
