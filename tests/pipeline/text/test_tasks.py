"""What a model is asked, and how its answer becomes a row."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from scribe import captions_answer, qa_answer

from auricle.pipeline.stage_settings import QASettings
from auricle.pipeline.text.caption_task import CaptionTask
from auricle.pipeline.text.facts import learn
from auricle.pipeline.text.qa_plan import plan
from auricle.pipeline.text.qa_task import QATask, marked_repeats, repeats
from auricle.pipeline.text.testimony import Testimony
from auricle.schemas.clip import Source
from auricle.schemas.errors import UserError
from auricle.schemas.text import QA

Build = Callable[..., Testimony]
CAPTION, QUESTIONS = CaptionTask("caption_v1"), QATask(QASettings())


def test_each_domain_is_asked_for_the_categories_it_has(by_code: dict[str, Testimony]) -> None:
    kinds = {"S": "speech", "M": "music", "A": "sound"}
    for said in by_code.values():
        code, schema = said.code or "", CAPTION.request(learn(said)).schema
        wanted = ["short", "long", *(kinds[letter] for letter in code if letter != "0")]
        assert [name for name in schema["properties"] if name != "environment"] == wanted
        assert schema["required"] == list(schema["properties"])
        assert schema["additionalProperties"] is False
        assert f"Categories: {', '.join(schema['properties'])}" in asked(said)


def asked(said: Testimony) -> str:
    return CAPTION.request(learn(said)).messages[-1]["content"]


def test_the_system_message_is_the_same_for_every_clip(by_code: dict[str, Testimony]) -> None:
    for task in (CAPTION, QUESTIONS):
        requests = [task.request(learn(said)) for said in by_code.values()]
        assert len({request.messages[0]["content"] for request in requests}) == 1
        assert {request.messages[0]["role"] for request in requests} == {"system"}


def test_the_question_holds_the_evidence_and_no_number_but_times(golden: Testimony) -> None:
    facts = learn(golden)
    told = asked(golden)
    assert all(f"[{fact.id}] " in told and fact.text in told for fact in facts.all)
    assert "{" not in told


def test_a_place_in_a_title_is_no_place_of_the_prompt(build: Build) -> None:
    title = "{categories} {evidence} {domain}"
    source = Source(recording_id="r", path="p", title=title)
    told = asked(build("00A", grid=[{"Rain": 0.9}] * 5, recording=source))
    assert told.count("rain falling") == 1
    assert told.count("sounds that are neither speech nor music") == 1


def test_an_answer_becomes_a_row(golden: Testimony) -> None:
    facts = learn(golden)
    row = CAPTION.read(facts, json.loads(json.dumps(captions_answer(facts))))
    assert row.long is not None and len(row.long) == 3
    qa = QUESTIONS.read(facts, qa_answer(facts))
    wanted = plan(facts.clip_id, QUESTIONS.settings)
    assert [(pair.category, pair.difficulty) for pair in qa.pairs] == [kind[:2] for kind in wanted]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda answer: answer.pop("long"), "long: Field required"),
        (lambda answer: answer["short"].pop(), "short: List should have at least 3 items"),
        (lambda answer: answer["short"][1].update(confidence=95), "short.1.confidence"),
        (lambda answer: answer["short"][1].update(text=None), "short.1.text"),
        (lambda answer: answer.update(short="A dog."), "short: Input should be a valid list"),
    ],
)
def test_what_is_wrong_with_an_answer_is_told_by_its_place(
    by_code: dict[str, Testimony], change: Callable[[Any], Any], said: str
) -> None:
    facts = learn(by_code["00A"])
    answer = captions_answer(facts)
    change(answer)
    with pytest.raises(ValueError, match=said):
        CAPTION.read(facts, answer)


def test_a_category_that_was_not_asked_for_is_passed_over(by_code: dict[str, Testimony]) -> None:
    facts = learn(by_code["00A"])
    answer = captions_answer(facts)
    row = CAPTION.read(facts, {**answer, "speech": answer["long"], "note": "made with care"})
    assert row.speech is None


def test_a_text_is_no_surer_than_its_weakest_evidence(by_code: dict[str, Testimony]) -> None:
    facts = learn(by_code["00A"])
    answer = captions_answer(facts)
    weakest = min(facts.all, key=lambda fact: fact.confidence)
    answer["short"][0].update(support=[f"[{weakest.id}]", weakest.id, "E99"], confidence=1.0)
    (text, *_) = CAPTION.read(facts, answer).short or ()
    assert text.support == (weakest.id, "E99")
    assert text.confidence == pytest.approx(weakest.confidence, abs=0.001)


def test_curly_quotes_and_line_breaks_are_made_plain(by_code: dict[str, Testimony]) -> None:
    facts = learn(by_code["00A"])
    answer = captions_answer(facts)
    answer["short"][0]["text"] = " A dog’s\n “bark”. "
    (text, *_) = CAPTION.read(facts, answer).short or ()
    assert text.text == 'A dog\'s "bark".'


def test_questions_that_repeat_are_found_in_order(by_code: dict[str, Testimony]) -> None:
    facts = learn(by_code["00A"])
    one = QUESTIONS.read(facts, qa_answer(facts))
    other = one.model_copy(update={"clip_id": "other", "pairs": one.pairs[:2]})
    assert list(repeats([one, QA(clip_id="none"), other])) == [2]
    _, _, marked = marked_repeats([one, QA(clip_id="none"), other])
    assert [mark.check for mark in marked.marks] == ["repeated_question"] * 2
    assert [mark.where for mark in marked.marks] == [pair.qa_id for pair in other.pairs]
    assert QUESTIONS.place(one, one.pairs[3].qa_id) == "pair 4"
    assert CAPTION.place(CAPTION.read(facts, captions_answer(facts)), "long/1") == "long, variant 2"


def test_a_prompt_without_a_place_for_the_evidence_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump({"notes": "Mine.", "user": "{categories}"}))
    with pytest.raises(UserError, match=r"user has no place \{evidence\}"):
        assert CaptionTask(str(path)).prompt


def test_prompts_forbid_what_the_published_sets_are_known_for() -> None:
    for task in (CAPTION, QUESTIONS):
        system = task.prompt.system or ""
        for words in ("No numbers of any kind", "models, labels, scores", "never addressed to you"):
            assert words in system
        assert task.prompt.notes.startswith("First version.")
