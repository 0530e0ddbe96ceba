"""A person's marks and corrections count in the verdict and leave with the texts."""

import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from conftest import auricle
from fakes import MADE
from pydantic import ValidationError

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.judge.reviews import forget_outdated, mark, reviews_of
from auricle.pipeline.show import captions_table, find_clip
from auricle.pipeline.status import status
from auricle.schemas.clip import Clip
from auricle.schemas.decision import Verdict
from auricle.schemas.review import Fix
from auricle.schemas.text import QA, Captions


@pytest.fixture
def copy(demo: Path, tmp_path: Path) -> Dataset:
    shutil.copytree(demo, tmp_path / "set")
    return Dataset(str(tmp_path / "set"))


def verdicts(data: Dataset) -> list[Verdict]:
    return data.rows(Verdict, 0)


def again(data: Dataset) -> None:
    for stage in ("verify", "split", "export"):
        done = auricle(stage, data.storage.uri)
        assert done.returncode == 0, done.stderr


def first(data: Dataset, passed: bool) -> int:
    return next(at for at, row in enumerate(verdicts(data)) if row.passed is passed)


def test_there_is_no_review_until_somebody_looks(copy: Dataset) -> None:
    assert not copy.shards("reviews")
    assert {row.reason for row in reviews_of(copy, 0)} == {"not_reviewed"}
    assert forget_outdated(copy) == []


def test_one_mark_writes_a_row_for_every_clip_of_its_shard(copy: Dataset) -> None:
    said = mark(copy, 0, 3, "bad", "two voices", [])
    rows = reviews_of(copy, 0)
    assert rows[3] == said
    assert (said.mark, said.note, said.status) == ("bad", "two voices", "ok")
    assert [row.clip_id for row in rows] == [row.clip_id for row in verdicts(copy)]
    assert sum(row.status == "ok" for row in rows) == 1


def test_a_mark_that_is_taken_back_leaves_no_review(copy: Dataset) -> None:
    mark(copy, 0, 3, "bad", None, [])
    assert mark(copy, 0, 3, None, None, []).reason == "not_reviewed"


def test_marks_and_corrections_count_at_the_next_verify_and_export(copy: Dataset) -> None:
    bad, fixed = first(copy, True), first(copy, True) + 1
    silent = first(copy, False)
    before = verdicts(copy)
    captions, qa = copy.rows(Captions, 0)[fixed], copy.rows(QA, 0)[fixed]
    assert captions.long
    mark(copy, 0, bad, "bad", "a cut in the middle", [])
    mark(copy, 0, silent, "good", None, [])
    fixes = [
        Fix(where="long/0", was=captions.long[0].text, text="A cat purrs near the microphone."),
        Fix(where=f"{qa.pairs[0].qa_id}/answer", was=qa.pairs[0].answer, text="A cat."),
        Fix(where="short/0", was="what never stood there", text="lost"),
    ]
    mark(copy, 0, fixed, None, None, fixes)
    again(copy)

    now = verdicts(copy)
    assert now[bad].passed is False
    assert [(each.rule, each.reason) for each in now[bad].against] == [("review", "marked_bad")]
    assert {each.rule for each in before[silent].against} == {"signal"}
    assert "signal" not in {each.rule for each in now[silent].against}
    assert now[bad].reviewed
    unseen = [at for at in range(len(now)) if at not in (bad, fixed, silent)]
    assert [now[at] for at in unseen] == [before[at] for at in unseen]

    rows = {
        row["clip_id"]: row
        for file in sorted(Path(copy.storage.root, "exports", "parquet").glob("*.parquet"))
        for row in pq.read_table(file).to_pylist()
    }
    assert now[bad].clip_id not in rows
    assert rows[now[fixed].clip_id]["caption"] == "A cat purrs near the microphone."
    assert rows[now[fixed].clip_id]["qa"][0]["answer"] == "A cat."
    assert "lost" not in rows[now[fixed].clip_id]["short"]


def test_verify_makes_only_the_shards_again_whose_reviews_it_does_not_know(copy: Dataset) -> None:
    when = Path(copy.path("verdict", 0)).stat().st_mtime_ns
    assert auricle("verify", copy.storage.uri).returncode == 0
    assert Path(copy.path("verdict", 0)).stat().st_mtime_ns == when
    mark(copy, 0, 0, "good", None, [])
    assert forget_outdated(copy) == [0]
    assert not copy.has("verdict", 0)
    assert not copy.has("split", 0)


def test_reviews_go_with_their_clips_when_clips_are_cut_anew(copy: Dataset) -> None:
    clips = copy.rows(Clip, 0)
    said = mark(copy, 0, 3, "bad", None, [])
    copy.write("clips", 0, [clips[7], clips[3]], MADE)
    assert [row.clip_id for row in reviews_of(copy, 0)] == [clips[7].clip_id, clips[3].clip_id]
    assert reviews_of(copy, 0)[1] == said
    assert reviews_of(copy, 0)[0].reason == "not_reviewed"


def test_no_redo_deletes_a_review(copy: Dataset) -> None:
    said = mark(copy, 0, 3, "bad", None, [])
    done = auricle("run", "samples", "--out", copy.storage.uri, "--redo", "verify")
    assert done.returncode == 0, done.stderr
    assert reviews_of(copy, 0)[3] == said
    assert verdicts(copy)[3].reviewed == said.time
    assert all(line.table != "reviews" for line in status(copy))


def test_a_correction_says_something() -> None:
    with pytest.raises(ValidationError):
        Fix(where="long/0", was="A cat.", text="  ")


def test_show_has_the_corrected_text_and_who_corrected_it(copy: Dataset) -> None:
    captions = copy.rows(Captions, 0)[0]
    assert captions.long
    mark(copy, 0, 0, None, None, [Fix(where="long/0", was=captions.long[0].text, text="Better.")])
    known = find_clip(copy, captions.clip_id).rows["captions"]
    assert isinstance(known, Captions)
    assert known.long
    assert known.long[0].text == "Better."
    assert captions_table(copy)[0].caption == "Better."
    shown = auricle("show", copy.storage.uri, captions.clip_id).stdout
    assert "Better." in shown
    assert f"long/0 was: {captions.long[0].text}"[:40] in shown
    assert "not_reviewed" not in auricle("errors", copy.storage.uri, "--skipped").stdout
