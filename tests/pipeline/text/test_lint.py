"""The lint counts what is there, ties figures to groups, and stays small."""

import json
import tracemalloc
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from fakes import MADE

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.text.lint import LintLine, lines, lint, lint_rows
from auricle.pipeline.text.lint_captions import CaptionCount
from auricle.pipeline.text.lint_count import Commonest, Examples, Strings, lengths
from auricle.pipeline.text.lint_figures import Frequent, Lengths, Usual
from auricle.pipeline.text.lint_questions import QuestionCount, cramers_v
from auricle.pipeline.text.lint_records import CaptionSet, Question
from auricle.schemas.annotation import Domain
from auricle.schemas.errors import UserError
from auricle.schemas.text import QA, Captions, QAPair, Text


def caption(text: str) -> Text:
    return Text(text=text, support=("E1",), confidence=0.9)


def variants(*texts: str) -> tuple[Text, ...]:
    return tuple(caption(text) for text in texts)


def pair(clip: str, number: int, question: str, answer: str, **other: Any) -> QAPair:
    return QAPair(
        qa_id=f"{clip}_{number:08x}",
        category=other.get("category", "direct_perception"),
        difficulty=other.get("difficulty", "basic"),
        question=question,
        answer=answer,
        support=("E1",),
        confidence=0.9,
    )


@pytest.fixture
def ours(tmp_path: Path) -> str:
    """A dataset of three clips, one of which was skipped, in two shards."""
    data = Dataset(str(tmp_path / "set"))
    rain = Captions(
        clip_id="rain_0_10",
        short=variants("Rain falls.", "The rain falls!", "It rains."),
        long=variants(
            "Rain falls, then a dog barks.", "Rain at 3 dB.", "Rain with background noise."
        ),
        sound=variants("Rain, according to the classifier.", "Rain.", "A dog."),
    )
    talk = Captions(
        clip_id="talk_0_10",
        long=variants('A woman says "12 % noise".', "Rain with background noise.", "None"),
        speech=variants("A woman speaks.", 'She says "не знаю".', "A calm voice."),
    )
    data.write("captions", 0, [rain, Captions.skipped("void_0_10", "no_domain")], MADE)
    data.write("captions", 1, [talk], MADE)
    data.write(
        "domain", 0, [Domain(clip_id="rain_0_10", code="00A"), Domain(clip_id="void_0_10")], MADE
    )
    data.write("domain", 1, [Domain(clip_id="talk_0_10", code="S00")], MADE)
    data.write(
        "qa",
        0,
        [
            QA(
                clip_id="rain_0_10",
                pairs=(
                    pair("rain_0_10", 1, "Is there rain?", "Yes, rain."),
                    pair("rain_0_10", 2, "Is there a cat?", "No.", difficulty="complex"),
                ),
            ),
            QA.skipped("void_0_10", "no_domain"),
        ],
        MADE,
    )
    talking = QA(
        clip_id="talk_0_10",
        pairs=(
            pair("talk_0_10", 3, "is there rain?", "No rain."),
            pair("talk_0_10", 4, "Who speaks?", "A woman, with 97% probability."),
        ),
    )
    data.write("qa", 1, [talking], MADE)
    return str(tmp_path / "set")


def test_a_dataset_is_measured_in_all_by_category_and_by_domain(ours: str) -> None:
    found = lint(ours).captions
    assert found is not None and found.whole is not None
    assert (found.clips, found.all.captions) == (2, 15)
    assert list(found.categories) == ["short", "long", "speech", "sound"]
    assert {domain: figures.captions for domain, figures in found.domains.items()} == {
        "00A": 9,
        "S00": 6,
    }
    long = found.categories["long"]
    assert long.captions == found.whole.captions == 6
    assert long.words == Lengths(mean=pytest.approx(4.1667, abs=1e-4), median=4, p95=6)
    assert long.short == 1.0
    assert long.repeated == pytest.approx(2 / 6)
    assert long.noise_claims == pytest.approx(2 / 6)
    assert found.whole_domains["00A"].noise_claims == pytest.approx(1 / 3)
    assert long.temporal_words == long.raw_numbers == long.nones == long.quotes
    assert long.nones == long.absences == pytest.approx(1 / 6)
    assert found.categories["sound"].expert_talk == pytest.approx(1 / 3)
    assert found.categories["speech"].non_latin == pytest.approx(1 / 3)
    assert found.categories["short"].alike == 1.0 and found.all.alike == pytest.approx(1 / 5)
    assert found.categories["short"].vocabulary == 5


def test_questions_are_measured_with_their_answers(ours: str) -> None:
    found = lint(ours).qa
    assert found is not None
    assert (found.clips, found.all.pairs) == (2, 4)
    assert found.all.repeated_questions == 0.5 and found.all.repeated_answers == 0.0
    assert found.all.yes_no == 0.75 and found.all.no == pytest.approx(2 / 3)
    assert found.all.expert_talk == found.all.raw_numbers == 0.25
    assert found.all.categories == {"direct_perception": 1.0}
    assert found.all.difficulties == {"basic": 0.75, "complex": 0.25}
    assert found.all.usual == {"direct_perception": Usual("basic", 0.75)}
    assert found.all.told == 0.75 and found.all.cramers_v is None
    assert found.domains["S00"].no == 1.0 and found.domains["00A"].no == 0.5
    assert found.all.question_words.median == 3


def test_a_defect_is_shown_by_examples_that_name_the_clip(ours: str) -> None:
    report = lint(ours)
    assert report.captions is not None and report.qa is not None
    (talk,) = report.captions.examples["expert_talk"]
    assert (talk.clip_id, talk.where) == ("rain_0_10", "sound")
    assert talk.text == "Rain, according to the classifier." and talk.found == ("classifier",)
    assert report.captions.frequent == (Frequent("rain with background noise.", 2),)
    assert report.qa.frequent_questions == (Frequent("is there rain?", 2),)
    assert report.qa.examples["raw_numbers"][0].found == ("97%",)


def test_the_table_fits_80_columns_and_stands_beside_mecat(ours: str) -> None:
    rows = lint_rows(ours)
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    assert sum(widths) + 3 * 2 <= 80
    assert LintLine("00A", "noise claims", "33.3%", "83.5%") in rows
    assert LintLine("questions", "repeated questions", "50.0%", "81.8%") in rows
    assert LintLine("long", "words: mean, p50, p95", "4.2, 4, 6", "17.4, 16, 28") in rows


def test_the_longest_names_fit_80_columns_too(tmp_path: Path) -> None:
    row = {"question": "Why?", "answer": "No.", "category": "c" * 60, "difficulty": "d" * 60}
    path = tmp_path / "qa.jsonl"
    path.write_text(json.dumps(row) + "\n" + json.dumps({"caption": "A dog."}), encoding="utf-8")
    rows = lint_rows(str(path))
    assert sum(max(len(row[column]) for row in rows) for column in range(4)) + 3 * 2 <= 80


def test_the_report_is_json(ours: str) -> None:
    told = json.loads(json.dumps(lint(ours).as_json()))
    assert told["captions"]["categories"]["long"]["words"]["median"] == 4
    assert told["qa"]["all"]["usual"]["direct_perception"]["difficulty"] == "basic"
    assert told["captions"]["all"]["repeated"] == round(told["captions"]["all"]["repeated"], 5)


def test_a_report_of_questions_alone_has_no_captions(tmp_path: Path) -> None:
    path = tmp_path / "qa.jsonl"
    path.write_text('{"question": "What?", "answer": "A dog."}', encoding="utf-8")
    report = lint(str(path))
    assert report.captions is None and report.qa is not None
    assert report.qa.all.no is None and report.qa.all.told is None
    assert {line.about for line in lines(report)} == {"questions"}


def test_texts_without_one_word_of_text_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "empty.jsonl"
    path.write_text('{"caption": null}\n', encoding="utf-8")
    with pytest.raises(UserError, match="not one caption or question"):
        lint(str(path))


def test_association_is_none_for_independent_and_one_for_tied_values() -> None:
    independent = Counter({(a, b): 5 for a in "xyz" for b in "12"})
    tied = Counter({("x", "1"): 4, ("y", "2"): 3, ("z", "3"): 9})
    assert cramers_v(independent) == pytest.approx(0.0)
    assert cramers_v(tied) == pytest.approx(1.0)
    # chi2 = 40 * (15 * 15 - 5 * 5)**2 / 20**4 = 10; V = sqrt(10 / 40)
    half = Counter({("x", "1"): 15, ("x", "2"): 5, ("y", "1"): 5, ("y", "2"): 15})
    assert cramers_v(half) == pytest.approx(0.5)
    assert cramers_v(Counter({("x", "1"): 3, ("y", "1"): 2})) is None


def test_percentiles_are_lengths_that_occur() -> None:
    assert lengths(Counter({1: 94, 7: 6})) == Lengths(pytest.approx(1.36), 1, 7)
    assert lengths(Counter()) == Lengths(0.0, 0, 0)


def test_strings_are_repeated_across_groups_and_in_any_case() -> None:
    one, two = Strings(), Strings()
    for text in ("A dog.", "a dog. ", "A cat."):
        one.add(text)
    two.add("a CAT.")
    assert one.repeated() == pytest.approx(2 / 3) and two.repeated() == 0.0
    assert Strings([one, two]).repeated() == 1.0
    assert Strings([one, two]).times("A dog.") == 2
    assert Strings().repeated() == 0.0


def test_the_commonest_string_is_found_among_many_others() -> None:
    strings, commonest = Strings(), Commonest(room=20)
    for index in range(3000):
        for text in (f"text {index}", "often") if index % 9 == 0 else (f"text {index}",):
            strings.add(text)
            commonest.add(text)
    assert commonest.top(strings) == (Frequent("often", 334),)


def test_examples_do_not_depend_on_the_order_of_texts() -> None:
    texts = [f"text {index}" for index in range(100)]
    shown = []
    for order in (texts, texts[::-1]):
        examples = Examples(room=3)
        for text in order:
            examples.add("noise", f"clip of {text}", "long", text, ("x",))
        shown.append(examples.result())
    assert shown[0] == shown[1] and len(shown[0]["noise"]) == 3


def test_memory_grows_by_a_few_bytes_a_text() -> None:
    captions, questions = CaptionCount(), QuestionCount()

    def feed(start: int, stop: int) -> int:
        for index in range(start, stop):
            words = " ".join(f"{index:05d}")
            texts = tuple(f"Noise of {words} and {variant}." for variant in range(3))
            captions.add(CaptionSet(words, "00A", "long", texts))
            questions.add(Question(words, "00A", "basic", "x", f"What {words}?", f"No {words}."))
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        few, many = feed(0, 1000), feed(1000, 4000)
    finally:
        tracemalloc.stop()
    # Three captions, a question, an answer and two clip ids: seven hashes of eight bytes.
    assert (many - few) / 3000 < 2 * 7 * 8
