"""The lint finds in MECAT's published references what was counted in them by other means.

The figures to meet were counted with other programs and word lists; each comes with the tolerance
that this leaves. The references lie in the package `mecat`, which is read as data.
"""

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from auricle.pipeline.text import published
from auricle.pipeline.text.lint import lint
from auricle.pipeline.text.lint_figures import CaptionFigures, CaptionLint, Lengths, QALint
from auricle.pipeline.text.lint_records import CaptionSet, Question
from auricle.pipeline.text.lint_sources import texts
from auricle.pipeline.text.telltales import expert_talk

SPEC = importlib.util.find_spec("mecat")
REFERENCES = Path(SPEC.origin).parent / "reference" if SPEC and SPEC.origin else None
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        REFERENCES is None or not REFERENCES.is_dir(),
        reason="needs MECAT's references: pip install --no-deps mecat==1.1.0",
    ),
]


@pytest.fixture(scope="module")
def captions() -> CaptionLint:
    found = lint(f"{REFERENCES}/caption").captions
    assert found is not None
    return found


@pytest.fixture(scope="module")
def qa() -> QALint:
    found = lint(f"{REFERENCES}/qa").qa
    assert found is not None
    return found


def whole() -> Iterator[tuple[str, str]]:
    """Yield the long and environment captions with their domains."""
    for given in texts(f"{REFERENCES}/caption"):
        if isinstance(given, CaptionSet) and given.category in ("long", "environment"):
            yield from ((given.domain, text) for text in given.texts)


def test_every_clip_and_text_is_read(captions: CaptionLint, qa: QALint) -> None:
    assert (captions.clips, captions.all.captions) == (20_052, 360_936)
    assert (qa.clips, qa.all.pairs) == (20_052, 100_260)
    assert {name: figures.captions for name, figures in captions.categories.items()} == (
        dict.fromkeys(("short", "long", "speech", "music", "sound", "environment"), 60_156)
    )
    assert captions.domains["000"].captions == 179 * 18 and qa.domains["SMA"].pairs == 3215


SHAPES = {
    # category: mean, median, p95, at most 15 words, distinct words, repeated, None, non-Latin
    "long": (17.446, 16, 28, 0.4384, 13_966, 0.0, 0.0, 0.00045),
    "short": (8.814, 9, 12, 0.9994, 9_508, 0.0096, 0.0, 0.00002),
    "speech": (8.247, 8, 14, 0.9677, 18_764, 0.188, 0.0635, 0.00426),
    "music": (5.853, 4, 12, 0.9817, 2_418, 0.5621, 0.1879, 0.00002),
    "sound": (4.982, 5, 9, 0.9999, 2_886, 0.725, 0.2647, 0.0),
    "environment": (7.58, 7, 10, 0.9977, 2_566, 0.1897, 0.0, 0.00005),
}


@pytest.mark.parametrize("category", SHAPES)
def test_lengths_words_and_repeated_strings_are_exact(captions: CaptionLint, category: str) -> None:
    mean, median, p95, short, vocabulary, repeated, nones, non_latin = SHAPES[category]
    found = captions.categories[category]
    assert found.words.mean == pytest.approx(mean, abs=0.001)
    assert (found.words.median, found.words.p95) == (median, p95)
    assert found.vocabulary == vocabulary
    assert found.short == pytest.approx(short, abs=0.0001)
    assert found.repeated == pytest.approx(repeated, abs=0.0001)
    assert found.nones == pytest.approx(nones, abs=0.0001)
    assert found.non_latin == pytest.approx(non_latin, abs=0.0001)
    assert captions.all.vocabulary == 23_588 and captions.all.alike == 0.0


ABSENT = {"long": 0.009, "short": 0.003, "speech": 0.191, "music": 0.561, "environment": 0.006}


def test_statements_of_absence_are_found(captions: CaptionLint) -> None:
    for category, told in ABSENT.items():
        assert captions.categories[category].absences == pytest.approx(told, abs=0.005)


def test_absent_sounds_are_told_in_more_ways_than_were_counted(captions: CaptionLint) -> None:
    """In 79.4 % the domain says that there is no sound; the other count had found 68.9 %."""
    assert 0.745 < captions.categories["sound"].absences < 0.794


def test_quotes_are_found(captions: CaptionLint) -> None:
    for category, told in {"long": 0.010, "short": 0.001, "speech": 0.058, "music": 0.001}.items():
        assert captions.categories[category].quotes == pytest.approx(told, abs=0.003)


NOISE = {
    **{"000": 0.770, "00A": 0.836, "0M0": 0.751, "0MA": 0.736},
    **{"S00": 0.599, "S0A": 0.715, "SM0": 0.742, "SMA": 0.765},
}


def test_noise_is_claimed_in_every_domain(captions: CaptionLint) -> None:
    for domain, told in NOISE.items():
        assert captions.whole_domains[domain].noise_claims == pytest.approx(told, abs=0.003)


def whole_of(captions: CaptionLint) -> CaptionFigures:
    assert captions.whole is not None
    return captions.whole


def test_numbers_are_found_within_two_in_a_thousand(captions: CaptionLint) -> None:
    """0.8 % have a number with a unit; ours are also numbers without one."""
    assert whole_of(captions).raw_numbers == pytest.approx(0.0082, abs=0.002)
    assert captions.whole_domains["000"].raw_numbers == pytest.approx(0.0493, abs=0.002)


def test_expert_talk_is_found_and_more_names_of_metrics(captions: CaptionLint, qa: QALint) -> None:
    """The other count left out RT60, valence and arousal, and took in speeches about metrics.

    It found 0.47 % of the captions, 5.4 % of those of silence and 0.6 % of the questions.
    """
    assert whole_of(captions).expert_talk == pytest.approx(0.0077, abs=0.0005)
    assert captions.whole_domains["000"].expert_talk == pytest.approx(0.054, abs=0.02)
    assert qa.all.expert_talk == pytest.approx(0.006, abs=0.0025)
    assert qa.domains["000"].expert_talk == pytest.approx(0.0536, abs=0.02)
    new = re.compile(r"rt[- ]?60|.*(?:valenc|arousal).*", re.IGNORECASE)
    known = [any(not new.fullmatch(each) for each in expert_talk(text)) for _, text in whole()]
    assert sum(known) / len(known) == pytest.approx(0.0047, abs=0.0016)
    pairs = [each for each in texts(f"{REFERENCES}/qa") if isinstance(each, Question)]
    talk = [expert_talk(f"{each.question} {each.answer}") for each in pairs]
    known = [any(not new.fullmatch(each) for each in found) for found in talk]
    assert sum(known) / len(known) == pytest.approx(0.006, abs=0.001)


def test_words_of_time_are_few_and_most_of_them_tell_no_order(captions: CaptionLint) -> None:
    assert whole_of(captions).temporal_words == pytest.approx(0.051, abs=0.004)
    assert whole_of(captions).order_words == pytest.approx(0.02, abs=0.002)


def test_questions_repeat_and_difficulty_follows_category(qa: QALint) -> None:
    found = qa.all
    assert found.repeated_questions == pytest.approx(0.8181, abs=0.0001)
    assert found.repeated_answers == pytest.approx(0.2592, abs=0.0001)
    assert found.yes_no == pytest.approx(0.152, abs=0.0005)
    assert found.no == pytest.approx(10_677 / 15_235, abs=0.0005)
    assert found.question_words.mean == pytest.approx(7.091, abs=0.001)
    assert found.answer_words.mean == pytest.approx(6.616, abs=0.001)
    assert (found.question_words.p95, found.answer_words.p95) == (10, 10)
    assert found.categories == pytest.approx(
        {
            "direct_perception": 0.2057,
            "sound_characteristics": 0.1972,
            "inference_judgement": 0.1970,
            "quality_assessment": 0.1889,
            "environment_reasoning": 0.1825,
            "application_context": 0.0286,
        },
        abs=0.0001,
    )
    assert found.difficulties == pytest.approx(
        {"intermediate": 0.3639, "basic": 0.2360, "advanced": 0.2001, "complex": 0.1999}, abs=0.0001
    )
    usual = {name: (each.difficulty, round(each.share, 2)) for name, each in found.usual.items()}
    assert usual["direct_perception"] == ("basic", 0.98)
    assert usual["sound_characteristics"] == ("intermediate", 0.94)
    assert usual["environment_reasoning"] == ("advanced", 0.80)
    assert usual["inference_judgement"] == ("complex", 0.79)
    assert usual["quality_assessment"] == ("intermediate", 0.69)
    assert qa.frequent_questions[0].times == 2695


def test_the_figures_shown_beside_are_those_of_this_ruler(
    captions: CaptionLint, qa: QALint
) -> None:
    groups = {
        "captions": captions.all,
        "long, environment": whole_of(captions),
        **captions.whole_domains,
        **captions.categories,
    }
    assert set(groups) == set(published.CAPTIONS)
    for about, figures in published.CAPTIONS.items():
        for name, value in figures.items():
            found = captions.clips if name == "clips" else getattr(groups[about], name)
            assert same(found, value), (about, name, found)
    for name, value in published.QA.items():
        assert same(qa.clips if name == "clips" else getattr(qa.all, name), value), name
    assert same(qa.all.cramers_v, published.CRAMERS_V)
    assert qa.all.categories == pytest.approx(published.QA_CATEGORIES, abs=0.00006)
    assert qa.all.difficulties == pytest.approx(published.QA_DIFFICULTIES, abs=0.00006)
    assert {name: each.difficulty for name, each in qa.all.usual.items()} == {
        name: each.difficulty for name, each in published.QA_USUAL.items()
    }


def same(found: object, value: object) -> bool:
    """Tell whether a figure is the published one, but for rounding."""
    if isinstance(value, Lengths) and isinstance(found, Lengths):
        near = abs(found.mean - value.mean) < 0.006
        return near and (found.median, found.p95) == (value.median, value.p95)
    if isinstance(value, float) and isinstance(found, float):
        return abs(found - value) < 0.00006
    return found == value
