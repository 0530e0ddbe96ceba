from pathlib import Path

import pytest

from auricle.pipeline.text.english import choose, listing, sentence, when, with_article
from auricle.pipeline.text.languages import language_name
from auricle.pipeline.text.settings import SETTINGS, WHERE
from auricle.pipeline.text.sound_words import SOUND_WORDS
from auricle.pipeline.text.sounds import sound
from auricle.pipeline.text.vocabulary import CERTAINTY, LOUDNESS, SCALES, words_markdown
from auricle.schemas.audioset import LABELS, branch

DOCS = Path(__file__).parents[3] / "docs" / "words.md"


def test_the_documented_table_is_the_one_in_the_code() -> None:
    assert DOCS.read_text(encoding="utf-8") == words_markdown()


def test_a_step_holds_from_its_value_up() -> None:
    assert CERTAINTY.word(0.4499) == "possible"
    assert CERTAINTY.word(0.45) == "fairly certain"
    assert LOUDNESS.word(-200.0) == "hardly audible"
    assert LOUDNESS.word(0.0) == "very loud"


@pytest.mark.parametrize("scale", SCALES, ids=lambda scale: scale.measures)
def test_steps_rise_and_words_differ(scale: object) -> None:
    from auricle.pipeline.text.vocabulary import Scale

    assert isinstance(scale, Scale)
    floors = [floor for floor, _ in scale.steps]
    assert floors == sorted(set(floors))
    words = [scale.lowest, *(word for _, word in scale.steps)]
    assert len(set(words)) == len(words)


def test_every_sound_in_the_table_is_an_audioset_class() -> None:
    known = {label for table in SOUND_WORDS.values() for label in table}
    assert known <= set(LABELS)


def test_nearly_all_sound_classes_have_words_of_their_own() -> None:
    known = {label for table in SOUND_WORDS.values() for label in table}
    wanted = [label for label in LABELS if branch(label) == "sound"]
    assert sum(label in known for label in wanted) / len(wanted) > 0.9


def test_a_label_without_words_is_named_as_it_stands() -> None:
    assert sound("Air brake").noun == "the sound of air brake"
    assert sound("Warp drive (fictional), engine").clause == "the sound of warp drive is heard"


def test_a_sound_can_be_hedged_and_met_again() -> None:
    assert sound("Bark").noun == "a dog barking"
    assert sound("Bark").maybe_clause == "a dog may be barking"
    assert sound("Applause").maybe_clause == "there may be applause"
    assert sound("Bark").definite == "the barking"
    assert sound("Train").definite == "the train"
    assert sound("Throat clearing").definite == "the throat clearing"


def test_settings_are_made_of_classes_and_each_has_a_place() -> None:
    assert {label for labels in SETTINGS.values() for label in labels} <= set(LABELS)
    assert set(SETTINGS) == set(WHERE)


@pytest.mark.parametrize(
    ("code", "name"),
    [("en", "English"), ("pt-BR", "Portuguese"), ("yue", "Cantonese"), ("zz", None), (None, None)],
)
def test_language_codes_have_english_names(code: str | None, name: str | None) -> None:
    assert language_name(code) == name


def test_lists_articles_and_sentences() -> None:
    assert listing(["a", "b", "c"]) == "a, b and c"
    assert with_article("hour") == "an hour"
    assert with_article("unhurried piece") == "an unhurried piece"
    assert with_article("ukulele") == "a ukulele"
    assert with_article("electric guitar") == "an electric guitar"
    assert sentence('someone says "go on…"') == 'Someone says "go on…"'
    assert sentence("rain  falls") == "Rain falls."


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (None, None, ""),
        (0.0, 2.0, "at the start"),
        (0.0, 5.0, "in the first half"),
        (4.0, 6.0, "in the middle"),
        (6.0, 10.0, "in the second half"),
        (8.0, 10.0, "at the end"),
        (0.2, 9.9, ""),
    ],
)
def test_times_become_words(start: float | None, end: float | None, words: str) -> None:
    assert when(start, end, 10.0) == words


def test_a_choice_depends_on_the_key_alone_and_takes_all_options() -> None:
    options = ("a", "b", "c")
    assert [choose(f"clip{i}", options) for i in range(9)] == [
        choose(f"clip{i}", options) for i in range(9)
    ]
    assert {choose(f"clip{i}", options) for i in range(60)} == set(options)
