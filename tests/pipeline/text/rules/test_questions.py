import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from auricle.pipeline.stage_settings import QASettings
from auricle.pipeline.text.evidence import gather
from auricle.pipeline.text.rules.draft import bare
from auricle.pipeline.text.rules.questions import write_qa
from auricle.pipeline.text.testimony import Testimony
from auricle.schemas.text import QAPair

Build = Callable[..., Testimony]
SHARES = QASettings()

FORBIDDEN = re.compile(
    r"(?i)\b(detect\w*|classif\w*|labels?|probabilit\w+|models?|metrics?|transcri\w+|metadata|"
    r"audioset|dnsmos|snr|lufs|mos|db|hz|bpm|yamnet|scores?)\b"
)


@pytest.fixture(scope="module")
def pairs(many: list[Testimony]) -> list[QAPair]:
    return [pair for said in many for pair in write_qa(said).pairs]


def unquoted(text: str) -> str:
    return re.sub(r'"[^"]*"', "", text)


def test_each_domain_is_asked_as_it_was_proof_read(by_code: dict[str, Testimony]) -> None:
    golden = json.loads(Path(__file__).with_name("golden.json").read_text(encoding="utf-8"))
    for code, said in by_code.items():
        found = [[pair.question, pair.answer] for pair in write_qa(said).pairs]
        assert found == golden[code]["qa"]


def test_five_pairs_a_clip_with_ids_of_their_own(golden: Testimony) -> None:
    qa = write_qa(golden)
    assert len(qa.pairs) == 5
    ids = [pair.qa_id for pair in qa.pairs]
    assert len(set(ids)) == 5
    assert all(re.fullmatch(rf"{golden.clip_id}_[0-9a-f]{{8}}", id) for id in ids)


def test_no_question_and_no_answer_comes_twice_in_a_clip(golden: Testimony) -> None:
    qa = write_qa(golden)
    assert len({bare(pair.question) for pair in qa.pairs}) == 5
    assert len({bare(pair.answer) for pair in qa.pairs}) == 5


def test_questions_ask_and_answers_keep_to_their_length(golden: Testimony) -> None:
    for pair in write_qa(golden).pairs:
        assert pair.question.endswith("?") and pair.question.count("?") == 1
        assert 3 <= len(pair.answer.split()) <= 15


def test_no_numbers_and_no_expert_talk(golden: Testimony) -> None:
    for pair in write_qa(golden).pairs:
        for text in (unquoted(pair.question), unquoted(pair.answer)):
            assert not re.search(r"\d", text)
            assert not FORBIDDEN.search(text), text


def test_support_names_evidence_that_exists(golden: Testimony) -> None:
    evidence = {piece.id: piece for piece in gather(golden)}
    for pair in write_qa(golden).pairs:
        assert pair.support
        weakest = min(evidence[id].confidence for id in pair.support)
        assert pair.confidence == pytest.approx(weakest, abs=0.001)


def test_the_same_clip_always_gets_the_same_questions(golden: Testimony) -> None:
    assert write_qa(golden) == write_qa(golden)


def test_a_clip_without_a_domain_is_skipped() -> None:
    assert write_qa(Testimony("clip", 10.0)).reason == "no_domain"


def test_no_question_on_the_voice_of_a_clip_without_speech(build: Build) -> None:
    for index in range(50):
        said = build("00A", f"clip{index}", grid=[{"Rain": 0.9}] * 5, quality=(1.0, 1.0, 1.0))
        for pair in write_qa(said).pairs:
            assert "the voice" not in pair.answer.replace("no voice", "")


def test_an_order_question_is_answered_by_the_times(build: Build) -> None:
    grid = [{"Siren": 0.9}, {}, {}, {}, {"Sneeze": 0.9}]
    orders = [
        pair
        for index in range(200)
        for pair in write_qa(build("00A", f"clip{index}", grid=grid)).pairs
        if "come before" in pair.question
    ]
    assert {pair.answer.split(",")[0] for pair in orders} == {"Yes", "No"}
    for pair in orders:
        asked_first = pair.question.index("siren") < pair.question.index("sneezing")
        assert pair.answer.startswith("Yes") == asked_first


def test_all_clips_get_their_five_pairs(pairs: list[QAPair], many: list[Testimony]) -> None:
    assert len(pairs) == 5 * len(many)


def test_categories_approach_their_shares(pairs: list[QAPair]) -> None:
    found = Counter(pair.category for pair in pairs)
    for category, share in SHARES.categories.items():
        assert found[category] / len(pairs) == pytest.approx(share, abs=0.025)


def test_difficulties_approach_their_shares(pairs: list[QAPair]) -> None:
    found = Counter(pair.difficulty for pair in pairs)
    for difficulty, share in SHARES.difficulties.items():
        assert found[difficulty] / len(pairs) == pytest.approx(share, abs=0.02)


def test_difficulty_says_nothing_of_the_category(pairs: list[QAPair]) -> None:
    cells = Counter((pair.category, pair.difficulty) for pair in pairs)
    rows = Counter(pair.category for pair in pairs)
    for (category, difficulty), count in cells.items():
        assert count / rows[category] == pytest.approx(SHARES.difficulties[difficulty], abs=0.07)


def test_yes_and_no_are_balanced(pairs: list[QAPair]) -> None:
    yes = sum(pair.answer.startswith("Yes,") for pair in pairs)
    no = sum(pair.answer.startswith("No,") for pair in pairs)
    assert 0.4 <= yes / (yes + no) <= 0.6
    assert 0.1 <= (yes + no) / len(pairs) <= 0.3


def test_questions_seldom_repeat(pairs: list[QAPair]) -> None:
    count = Counter(pair.question for pair in pairs)
    repeated = sum(times for times in count.values() if times > 1)
    assert repeated / len(pairs) < 0.4
