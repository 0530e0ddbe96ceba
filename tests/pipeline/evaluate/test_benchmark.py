"""A benchmark folder is read as MECAT publishes it, and refused where it is of another form."""

import json
from collections import Counter
from pathlib import Path

import pytest

from auricle.pipeline.evaluate.benchmark import CODES, GROUPS, read_benchmark
from auricle.pipeline.evaluate.evaluation import WEIGHTS
from auricle.schemas.errors import UserError

KEY = "RjRMEFDocEY_78_681_88_681"
TEXTS = {field: ["a", "b", "c"] for field in ("short", "long", "speech", "music", "sound")}
ROW = {**TEXTS, "environment": ["d", "e", "f"], "domain": "S00"}
QUESTION = {"category": "direct_perception", "difficulty": "basic", "question": "?", "answer": "No"}


@pytest.fixture
def bench(tmp_path):
    def write(task: str, rows: dict[str, dict], code: str = "S00", clips: str = "") -> str:
        side = tmp_path / task / "test"
        side.mkdir(parents=True, exist_ok=True)
        lines = [json.dumps({key: value}) for key, value in rows.items()]
        (side / f"{code}.jsonl").write_text("\n".join(lines))
        if clips:
            (tmp_path / "clips.csv").write_text(clips)
        return str(tmp_path)

    return write


def test_a_clip_is_a_sample_of_every_group_of_its_domain(bench) -> None:
    read = read_benchmark(bench("caption", {KEY: ROW}), "caption")
    assert [sample.group for sample in read.samples] == [
        *("content_long", "content_short", "pure_speech", "environment")
    ]
    assert read.samples[3].references == ("d", "e", "f")
    assert read.keys == {KEY}


def test_a_question_is_a_sample_of_its_category(bench) -> None:
    read = read_benchmark(bench("qa", {f"{KEY}_0a1b2c3d": QUESTION}), "qa")
    (sample,) = read.samples
    assert (sample.group, sample.difficulty) == ("direct_perception", "basic")
    assert (sample.recording, sample.references) == ("RjRMEFDocEY", ("No",))


def test_recordings_come_from_the_list_of_clips_where_there_is_one(bench) -> None:
    folder = bench("caption", {KEY: ROW}, clips=f"key,clip_id,recording_id\n{KEY},c,tape 7\n")
    assert {s.recording for s in read_benchmark(folder, "caption").samples} == {"tape 7"}
    bench("qa", {f"{KEY}_0a1b2c3d": QUESTION})
    assert {s.recording for s in read_benchmark(folder, "qa").samples} == {"tape 7"}
    bench("caption", {"other": ROW})
    with pytest.raises(UserError, match=r"clips\.csv: other is missing"):
        read_benchmark(folder, "caption")


@pytest.mark.parametrize(
    ("task", "row", "told"),
    [
        ("caption", {**ROW, "speech": ["a", "b"]}, f"S00.jsonl:1: {KEY} has no 3 texts under sp"),
        ("caption", {**ROW, "long": None}, "has no 3 texts under long"),
        ("qa", {**QUESTION, "category": "taste"}, "is taste, basic; a category is one of direct"),
        ("qa", {**QUESTION, "answer": None}, "has no answer"),
    ],
)
def test_a_line_of_another_form_is_refused(bench, task, row, told) -> None:
    with pytest.raises(UserError) as error:
        read_benchmark(bench(task, {KEY: row}), task)
    assert told in str(error.value)


def test_a_key_that_is_there_twice_is_refused(bench) -> None:
    bench("caption", {KEY: ROW})
    with pytest.raises(UserError, match=f"{KEY} is in S00.jsonl already"):
        read_benchmark(bench("caption", {KEY: ROW}, code="SMA"), "caption")


def test_a_folder_without_a_test_side_is_refused(tmp_path) -> None:
    with pytest.raises(UserError, match="no test references here"):
        read_benchmark(str(tmp_path), "qa")


def test_the_published_benchmark_is_read_whole() -> None:
    mecat = pytest.importorskip("mecat", reason="the published references are in mecat")
    folder = str(Path(mecat.__file__).parent / "reference")
    captions = read_benchmark(folder, "caption")
    assert len(captions.keys) == 20_052
    assert Counter(s.group for s in captions.samples)["mixed_sound"] == 199 + 2439 + 5312 + 643
    assert len({s.recording for s in captions.samples}) == 19_056  # videos
    assert {s.domain for s in captions.samples} == {*CODES}


def test_groups_and_their_shares_are_the_scorers() -> None:
    pytest.importorskip("mecat", reason="the groups are compared with mecat's")
    utils = pytest.importorskip("mecat.utils", reason="mecat lacks a package that it needs")
    theirs = utils.CaptionEvaluationConfig.GROUP_CONFIGS
    assert {g: (c["subtask"], {*c["subsets"]}) for g, c in theirs.items()} == {
        group: (field, {*domains}) for group, (field, domains) in GROUPS.items()
    }
    assert sum(WEIGHTS.values()) == pytest.approx(1)
