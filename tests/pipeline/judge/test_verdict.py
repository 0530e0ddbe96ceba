"""The verdict says every reason, of clips and of texts, and the funnel counts them."""

from typing import Any

import pytest
from fakes import MADE, fill

from auricle.pipeline.dataset import Dataset, Fingerprint
from auricle.pipeline.judge.calibrate import stored
from auricle.pipeline.judge.funnel import funnel
from auricle.pipeline.judge.verdict import Verdicts
from auricle.pipeline.stage_settings import VerifySettings
from auricle.schemas.clip import Recording, Signal
from auricle.schemas.decision import (
    Consistency,
    Duplicate,
    Support,
    TextScore,
    TextSupport,
    Verdict,
)
from auricle.schemas.errors import UserError
from auricle.schemas.judgement import JudgedQuestion, Judgement, UnsupportedClaim
from auricle.schemas.review import Fix, Judged, Review
from auricle.schemas.text import QA, Captions, Mark, QAPair, Text

COUNT = 60
IDS = [f"r{i}_0_1" for i in range(COUNT)]


def pair(clip: str) -> QAPair:
    return QAPair(
        qa_id=f"{clip}_00000000",
        category="direct_perception",
        difficulty="basic",
        question="What sounds?",
        answer="A tone.",
        support=("E1",),
        confidence=0.5,
    )


@pytest.fixture
def tables() -> dict[str, list[Any]]:
    """Rows of clips with nothing against them."""
    text = Text(text="A tone.", support=("E1",), confidence=0.5)
    known = TextSupport(where="long/0", claims=2, supported=2)
    return {
        "recordings": [
            Recording(recording_id=c.rsplit("_", 2)[0], path="x.wav", license="CC BY 3.0", clips=1)
            for c in IDS
        ],
        "signal": [Signal(clip_id=c, silence=0.0, clipped=0.0) for c in IDS],
        "captions": [Captions(clip_id=c, short=(text,) * 3, long=(text,) * 3) for c in IDS],
        "qa": [QA(clip_id=c, pairs=(pair(c),)) for c in IDS],
        "support": [Support(clip_id=c, texts=(known,), share=1.0) for c in IDS],
        "duplicates": [Duplicate(clip_id=c) for c in IDS],
    }


def verdicts(
    tmp_path: Any, tables: dict[str, list[Any]], scored: bool = False, judged: bool = False,
    **settings: Any,
) -> tuple[Dataset, dict[str, Verdict]]:  # fmt: skip
    data = Dataset(str(tmp_path / "set"))
    fill(data, [IDS])
    for table, rows in tables.items():
        data.write(table, 0, rows, MADE)
    Verdicts(VerifySettings(**settings), scored, judged).run_all(data, lambda done: None)
    data.sign("verdict", Fingerprint(provenance=MADE, settings={}, needs={}))
    return data, {row.clip_id: row for row in data.rows(Verdict, 0)}


def reasons(row: Verdict) -> set[tuple[str, str]]:
    return {(each.rule, each.reason) for each in row.against}


def change(rows: list[Any], index: int, **values: Any) -> None:
    rows[index] = rows[index].model_copy(update=values)


def test_a_clip_with_nothing_against_it_passes(tmp_path, tables) -> None:
    _, found = verdicts(tmp_path, tables)
    row = found[IDS[0]]
    assert (row.passed, row.against, row.texts_out) == (True, (), ())
    assert (row.consistency, row.margin, row.support) == ("not_scored", None, 1.0)
    assert (row.license, row.license_evidence) == ("CC-BY-3.0", "CC BY 3.0")


def test_every_reason_is_said(tmp_path, tables) -> None:
    change(tables["signal"], 0, silence=1.0, clipped=0.5)
    change(tables["duplicates"], 0, near=IDS[7])
    change(tables["captions"], 0, marks=(Mark(where="long/0", check="expert_talk", detail="x"),))
    _, found = verdicts(tmp_path, tables, licenses=("CC0-1.0",))
    assert reasons(found[IDS[0]]) == {
        ("licence", "licence_not_allowed"),
        ("signal", "silent"),
        ("signal", "clipped"),
        ("checks", "expert_talk"),
        ("duplicate", "same_sound"),
    }


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (None, "no_licence"),
        ("all rights reserved", "unclear_licence"),
        ("CC-BY-NC-4.0", "licence_not_allowed"),
    ],
)
def test_a_licence_that_is_not_on_the_list_puts_a_clip_out(
    tmp_path, tables, told: str | None, reason: str
) -> None:
    change(tables["recordings"], 0, license=told)
    _, found = verdicts(tmp_path, tables, licenses=("CC-BY-3.0",))
    assert reasons(found[IDS[0]]) == {("licence", reason)}
    assert found[IDS[0]].license_evidence == told
    assert found[IDS[1]].passed


def test_without_a_list_every_licence_passes_and_is_kept(tmp_path, tables) -> None:
    change(tables["recordings"], 0, license="all rights reserved")
    _, found = verdicts(tmp_path, tables)
    assert (found[IDS[0]].passed, found[IDS[0]].license) == (True, None)


def test_the_first_of_a_cluster_stays_and_the_others_say_of_what_they_are_copies(
    tmp_path, tables
) -> None:
    for index in (2, 4, 6):
        change(tables["duplicates"], index, near=IDS[2], exact=IDS[2] if index < 6 else None)
    _, found = verdicts(tmp_path, tables)
    assert found[IDS[2]].passed
    assert reasons(found[IDS[4]]) == {("duplicate", "same_samples")}
    assert reasons(found[IDS[6]]) == {("duplicate", "same_sound")}
    assert found[IDS[6]].against[0].detail == f"duplicate of {IDS[2]}"


def test_a_clip_without_captions_is_out(tmp_path, tables) -> None:
    tables["captions"][0] = Captions.failed(IDS[0], "invalid_answer", "no JSON")
    _, found = verdicts(tmp_path, tables)
    assert reasons(found[IDS[0]]) == {("checks", "no_captions")}


def test_a_marked_text_is_out_and_its_clip_only_if_it_is_the_general_caption(
    tmp_path, tables
) -> None:
    change(tables["captions"], 0, marks=(Mark(where="short/1", check="length", detail="long"),))
    change(tables["qa"], 1, marks=(Mark(where=f"{IDS[1]}_00000000", check="quote", detail="x"),))
    change(tables["captions"], 2, marks=(Mark(where="long/0", check="quote", detail="x"),))
    _, found = verdicts(tmp_path, tables)
    assert [each.where for each in found[IDS[0]].texts_out] == ["short/1"]
    assert [each.where for each in found[IDS[1]].texts_out] == [f"{IDS[1]}_00000000"]
    assert [found[c].passed for c in IDS[:3]] == [True, True, False]


def test_a_mark_of_a_kind_of_caption_is_against_all_its_variants(tmp_path, tables) -> None:
    change(tables["captions"], 0, marks=(Mark(where="short", check="domain", detail="none"),))
    _, found = verdicts(tmp_path, tables)
    assert [each.where for each in found[IDS[0]].texts_out] == ["short/0", "short/1", "short/2"]


def test_marks_of_the_plan_and_of_missing_captions_put_nothing_out(tmp_path, tables) -> None:
    marks = (
        Mark(where=f"{IDS[0]}_00000000", check="plan", detail="basic"),
        Mark(where="", check="plan", detail="five"),
    )
    change(tables["qa"], 0, marks=marks)
    change(tables["captions"], 0, marks=(Mark(where="music", check="domain", detail="missing"),))
    _, found = verdicts(tmp_path, tables)
    assert found[IDS[0]].texts_out == ()


def scores(lift: dict[int, float]) -> list[Consistency]:
    """Return scores in which all texts are a clear .3 above their controls but some."""
    rows = []
    for index, clip in enumerate(IDS):
        controls = tuple(0.1 + 0.001 * ((index * 7 + k * 3) % 11 - 5) for k in range(8))
        own = 0.1 + lift.get(index, 0.3)
        margin = own - sum(controls) / 8
        score = TextScore(where="long/0", similarity=own, controls=controls, margin=margin, rank=1)
        rows.append(Consistency(clip_id=clip, texts=(score,), label=0.25))
    return rows


def test_a_caption_that_scores_like_one_of_another_clip_is_out(tmp_path, tables) -> None:
    tables["consistency"] = scores({3: -0.2})
    data, found = verdicts(tmp_path, tables, scored=True)
    assert reasons(found[IDS[3]]) == {("consistency", "not_consistent")}
    assert (found[IDS[3]].consistency, found[IDS[0]].consistency) == ("failed", "passed")
    assert found[IDS[0]].margin == pytest.approx(0.3, abs=0.01)
    assert stored(data) is not None


def test_by_the_rule_of_labels_a_caption_must_beat_them(tmp_path, tables) -> None:
    tables["consistency"] = scores({3: 0.1})  # above its controls, below the label's .25
    _, found = verdicts(tmp_path, tables, scored=True, rule="label")
    assert reasons(found[IDS[3]]) == {("consistency", "not_consistent")}
    assert found[IDS[0]].passed


def test_thresholds_are_kept_when_clips_are_added(tmp_path, tables) -> None:
    tables["consistency"] = scores({})
    data, _ = verdicts(tmp_path, tables, scored=True)
    before = stored(data)
    tables["consistency"] = scores(dict.fromkeys(range(30), 0.0))
    again, _ = verdicts(tmp_path, tables, scored=True)
    assert stored(again) == before


def test_what_the_judge_contradicts_and_what_needs_no_listening_is_out(tmp_path, tables) -> None:
    claim = UnsupportedClaim(where="short/2", claim="a dog", fault="contradicted", why="x")
    doubt = claim.model_copy(update={"where": "short/1", "fault": "overstated"})
    question = JudgedQuestion(
        qa_id=f"{IDS[0]}_00000000",
        blind_answer="A tone.",
        blind_confidence=0.9,
        same=True,
        needs_listening=False,
    )
    tables["judgements"] = [Judgement(clip_id=c) for c in IDS]
    tables["judgements"][0] = Judgement(
        clip_id=IDS[0], claims=5, unsupported=(claim, doubt), questions=(question,)
    )
    _, found = verdicts(tmp_path, tables, judged=True)
    assert {(each.where, each.reason) for each in found[IDS[0]].texts_out} == {
        ("short/2", "contradicted"),
        (f"{IDS[0]}_00000000", "answered_unheard"),
    }


def reviewed(
    tables: dict[str, list[Any]], at: int, mark: Judged | None, *fixes: Fix, note: str | None = None
) -> None:
    rows = tables.setdefault("reviews", [Review.skipped(c, "not_reviewed") for c in IDS])
    rows[at] = Review(clip_id=IDS[at], mark=mark, note=note, fixes=fixes, time="2026-01-01")


def test_a_clip_that_a_person_marked_bad_is_out_with_their_note(tmp_path, tables) -> None:
    reviewed(tables, 0, "bad", note="two voices")
    _, found = verdicts(tmp_path, tables)
    assert reasons(found[IDS[0]]) == {("review", "marked_bad")}
    assert found[IDS[0]].against[0].detail == "two voices"
    assert (found[IDS[0]].reviewed, found[IDS[1]].reviewed) == ("2026-01-01", None)
    assert found[IDS[1]].passed


def test_a_good_mark_stands_above_what_was_measured_and_not_above_licence_and_copies(
    tmp_path, tables
) -> None:
    faulty = (Mark(where="long/0", check="unsupported_claim", detail="no rain"),)
    for at in (0, 1):
        change(tables["signal"], at, silence=1.0, clipped=1.0)
        change(tables["captions"], at, marks=faulty)
        change(tables["recordings"], at, license="all rights reserved")
        change(tables["duplicates"], at, near=IDS[5])
    reviewed(tables, 0, "good")
    _, found = verdicts(tmp_path, tables, licenses=("CC-BY-3.0",))
    kept = {rule for rule, _ in reasons(found[IDS[0]])}
    assert kept == {"licence", "duplicate"}
    assert {rule for rule, _ in reasons(found[IDS[1]])} == kept | {"signal", "checks"}


def test_a_corrected_text_is_not_out_for_what_it_said_before(tmp_path, tables) -> None:
    faulty = (Mark(where="long/0", check="unsupported_claim", detail="no rain"),)
    for at in (0, 1):
        change(tables["captions"], at, marks=faulty)
    reviewed(tables, 0, None, Fix(where="long/0", was="A tone.", text="A low tone."))
    reviewed(tables, 1, None, Fix(where="long/0", was="Rain.", text="A low tone."))
    _, found = verdicts(tmp_path, tables)
    assert found[IDS[0]].passed
    assert (found[IDS[0]].consistency, found[IDS[0]].support) == ("not_scored", None)
    assert reasons(found[IDS[1]]) == {("checks", "unsupported_claim")}


def test_the_funnel_counts_each_rule_alone_and_in_turn(tmp_path, tables) -> None:
    for index in range(10):
        change(tables["recordings"], index, license=None)
    for index in range(5, 20):
        change(tables["signal"], index, silence=1.0)
    for index in range(18, 30):
        change(tables["duplicates"], index, near=IDS[50])
    data, _ = verdicts(tmp_path, tables, licenses=("CC-BY-3.0",))
    found = funnel(data)
    steps = {step.rule: step for step in found.steps}
    assert (found.clips, found.passed) == (60, 30)
    assert [steps[rule][2:] for rule in ("licence", "signal", "duplicate")] == [
        (10, 5, 50),
        (15, 8, 40),
        (12, 10, 30),
    ]
    assert steps["checks"].left == 40
    assert found.scored == 0


def test_without_verdicts_there_is_no_funnel(tmp_path) -> None:
    with pytest.raises(UserError, match="auricle verify"):
        funnel(Dataset(str(tmp_path / "set")))


def test_a_second_run_changes_no_file(tmp_path, tables) -> None:
    data, _ = verdicts(tmp_path, tables)
    file = tmp_path / "set" / "verdicts" / "shard-00000.parquet"
    before = file.stat().st_mtime_ns
    Verdicts(VerifySettings(), False, False).run_all(data, lambda done: None)
    assert file.stat().st_mtime_ns == before
