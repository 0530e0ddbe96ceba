"""What the guards take out of a transcript, and what they leave."""

import pytest

from auricle.experts.transcript_guards import Draft, guard, guard_text, is_phantom
from auricle.schemas.annotation import Span
from auricle.schemas.speech import Word

SPEECH = (Span(start=0.0, end=4.0),)


def draft(
    text: str = " Good morning.",
    probability: float = 0.9,
    at: float = 1.0,
    sure: float = -0.3,
    no_speech: float = 0.01,
    compression: float = 1.0,
) -> Draft:
    """Return a segment that no guard objects to, but for what is asked."""
    words = tuple(
        Word(start=at, end=at + 0.3, text=f" {word}", probability=probability)
        for word in text.split()
    )
    return Draft(text, words, sure, no_speech, compression)


def rejected_by(one: Draft, language_known: bool = True) -> list[str]:
    _, rejected = guard([one], SPEECH, language_known)
    return [entry.guard for entry in rejected]


def test_plain_speech_passes_unchanged() -> None:
    one = draft()
    kept, rejected = guard([one], SPEECH, language_known=True)
    assert kept == [one]
    assert rejected == ()


@pytest.mark.parametrize(
    ("one", "name"),
    [
        (draft(" Oh, oh, oh, oh, oh.", compression=3.1), "repetition"),
        (draft(" I see.", sure=-1.2), "improbable"),
        (draft(" I see.", sure=-0.6, no_speech=0.8), "no_speech"),
        (draft(" . . ."), "no_words"),
        (draft()._replace(words=()), "no_words"),
        (draft(" Thanks for watching!", probability=0.4), "phantom_phrase"),
        (draft(" Sous-titrage Société Radio-Canada", probability=0.4), "phantom_phrase"),
    ],
)
def test_a_guard_takes_out_a_segment_and_says_which_guard_it_was(one: Draft, name: str) -> None:
    kept, rejected = guard([one], SPEECH, language_known=True)
    assert kept == []
    assert [(entry.guard, entry.text) for entry in rejected] == [(name, one.text.strip())]


def test_a_doubtful_segment_leaves_its_neighbours_in_place() -> None:
    drafts = [draft(" First."), draft(" La la la la.", compression=5.0), draft(" Last.")]
    kept, rejected = guard(drafts, SPEECH, language_known=True)
    assert [entry.text for entry in kept] == [" First.", " Last."]
    assert len(rejected) == 1


def test_a_loop_is_taken_out_and_the_words_before_it_stay() -> None:
    looping = draft(" What might have been" + " called a" * 6)
    kept, rejected = guard([looping], SPEECH, language_known=True)
    assert [entry.text for entry in kept] == [" What might have been"]
    assert [(entry.guard, entry.text) for entry in rejected] == [
        ("repetition", " ".join(["called a"] * 6))
    ]


@pytest.mark.parametrize("text", [" No, no, no, no, no!", " Very, very good, very good, I said."])
def test_what_people_say_twice_or_five_times_is_no_loop(text: str) -> None:
    assert rejected_by(draft(text)) == []


def test_text_in_an_unknown_language_has_to_be_very_probable() -> None:
    assert rejected_by(draft(sure=-0.7)) == []
    assert rejected_by(draft(sure=-0.7), language_known=False) == ["unknown_language"]
    assert rejected_by(draft(sure=-0.3), language_known=False) == []


def test_somebody_who_clearly_says_thanks_for_watching_is_believed() -> None:
    assert rejected_by(draft(" Thanks for watching.", probability=0.95)) == []


def test_an_unsure_word_far_from_all_speech_is_taken_out_of_its_segment() -> None:
    near, far = draft(" Good morning."), draft(" one", probability=0.3, at=8.0)
    both = near._replace(words=near.words + far.words, text=near.text + far.text)
    kept, rejected = guard([both], SPEECH, language_known=True)
    assert [entry.text for entry in kept] == [" Good morning."]
    assert [(entry.guard, entry.text) for entry in rejected] == [("outside_speech", "one")]


def test_a_sure_word_stays_where_voice_activity_hears_nothing() -> None:
    assert rejected_by(draft(" door", probability=0.98, at=8.0)) == []


def test_without_any_speech_only_sure_words_stay() -> None:
    kept, rejected = guard([draft(" Good morning.", probability=0.5)], (), language_known=True)
    assert kept == []
    assert [entry.guard for entry in rejected] == ["outside_speech"]


@pytest.mark.parametrize(
    "text",
    [
        "Thank you.",
        "Thank you so much for watching!",
        "Subtitles by the Amara.org community",
        "Untertitel im Auftrag des ZDF für funk, 2017",
        "Продолжение следует...",
        "ご視聴ありがとうございました",
        "Please subscribe to my channel.",
    ],
)
def test_phrases_of_subtitles_are_known(text: str) -> None:
    assert is_phantom(text)


@pytest.mark.parametrize(
    "text", ["Thank you for the flowers.", "She is watching the subtitles.", "I subscribe to it."]
)
def test_sentences_that_only_hold_such_words_are_not_phantoms(text: str) -> None:
    assert not is_phantom(text)


@pytest.mark.parametrize(
    ("text", "kept", "guards"),
    [
        ("Good morning, everyone.", "Good morning, everyone.", []),
        ("", "", []),
        (" ... ", "", ["no_words"]),
        ("ha" * 60, "", ["repetition"]),
        ("yes " + "no no " * 4 + "maybe", "yes maybe", ["repetition"]),
        ("谢谢大家来到这里", "谢谢大家来到这里", []),
    ],
)
def test_a_text_without_times_is_guarded_by_what_it_says(
    text: str, kept: str, guards: list[str]
) -> None:
    found, rejected = guard_text(text)
    assert found == kept
    assert [one.guard for one in rejected] == guards
