"""How a voice sounds: only what stands out, and nothing that contradicts itself."""

from collections.abc import Callable
from typing import Any

import pytest

from auricle.pipeline.text.facts import learn
from auricle.pipeline.text.testimony import Testimony
from auricle.schemas.annotation import LabelScore
from auricle.schemas.base import Row
from auricle.schemas.speech import (
    Accent,
    Diarization,
    Emotion,
    SpeakerTraits,
    Traits,
    Turn,
    Voice,
    VoiceMeasures,
)

Heard = Callable[..., set[str]]


def voice(**changes: Any) -> Voice:
    measures = {"start": 0.0, "end": 10.0, "voiced_seconds": 5.0, **changes}
    return Voice(clip_id="clip", clip=VoiceMeasures.model_validate(measures))


def gender(who: str | None, sure: float = 0.9) -> Traits:
    row = {"seconds": 5.0, "gender": who, "gender_probability": sure if who else None}
    return Traits(clip_id="clip", speakers=(SpeakerTraits.model_validate(row),))


def emotion(**values: Any) -> Emotion:
    return Emotion.model_validate({"clip_id": "clip", **values})


@pytest.fixture
def heard(build: Callable[..., Testimony]) -> Heard:
    def hear(*more: Row) -> set[str]:
        said = build("S00", grid=[{"Speech": 0.95}] * 5, spans=((0.0, 9.9),), more=more)
        kinds = ("emotion", "arousal", "valence", "pitch", "melody", "timbre", "health", "accent")
        return {fact.text for fact in learn(said).of(*kinds, "pace")}

    return hear


@pytest.mark.parametrize(
    ("who", "pitch", "told"),
    [
        ("male", 80, "the voice is deep for a man"),
        ("male", 120, None),
        ("male", 200, "the voice is high-pitched for a man"),
        ("female", 160, "the voice is low-pitched for a woman"),
        ("female", 200, None),
        ("female", 300, "the voice is high-pitched for a woman"),
        (None, 300, None),
    ],
)
def test_pitch_is_told_by_what_is_usual_for_a_man_or_a_woman(
    heard: Heard, who: str | None, pitch: float, told: str | None
) -> None:
    assert heard(gender(who), voice(pitch=pitch)) == ({told} if told else set())


def test_pitch_is_not_told_of_an_unsure_gender_or_of_a_moment_of_voice(heard: Heard) -> None:
    assert not heard(gender("male", 0.4), voice(pitch=80))
    assert not heard(gender("male"), voice(pitch=80, voiced_seconds=0.5))


@pytest.mark.parametrize(
    ("arousal", "told"),
    [
        (0.1, "the speech sounds calm"),
        (0.25, None),
        (0.8, None),
        (0.9, "the speech sounds animated"),
        (0.98, "the speech sounds very animated"),
    ],
)
@pytest.mark.parametrize("who", ["male", "female", None])
def test_excitement_is_told_only_away_from_what_is_usual(
    heard: Heard, who: str | None, arousal: float, told: str | None
) -> None:
    assert heard(gender(who), emotion(arousal=arousal)) == ({told} if told else set())


def test_an_emotion_and_an_excitement_that_contradict_each_other_are_not_both_told(
    heard: Heard,
) -> None:
    told = heard(emotion(category="sad", probability=0.8, arousal=0.99))
    assert told == {"the speech sounds sad"}
    told = heard(emotion(category="angry", probability=0.8, arousal=0.05))
    assert told == {"the speech sounds angry"}


@pytest.mark.parametrize("category", ["other", "unknown", "<unk>", "", None, "class 7"])
def test_an_emotion_without_a_plain_word_is_not_told(heard: Heard, category: str | None) -> None:
    assert not heard(emotion(category=category, probability=0.9))


def test_a_monotone_voice_is_told_unless_it_is_excited(heard: Heard) -> None:
    flat = voice(pitch_range=3.0)
    assert heard(flat) == {"the melody of the voice is monotone"}
    angry = emotion(category="angry", probability=0.9)
    assert heard(flat, angry) == {"the speech sounds angry"}
    assert not heard(voice(pitch_range=30.0))


def test_words_for_timbre_and_health_are_told_where_they_are_sure(heard: Heard) -> None:
    def words(timbre: str, sure: float) -> Voice:
        labels = (LabelScore(label=timbre, score=sure),)
        rough = (LabelScore(label="rough", score=0.8), LabelScore(label="clear", score=0.9))
        return Voice(clip_id="clip", timbre=labels, health=rough)

    assert heard(words("breathy", 0.7)) == {"the voice is breathy", "the voice sounds rough"}
    assert heard(words("breathy", 0.3)) == {"the voice sounds rough"}
    assert heard(words("Klang 3", 0.9)) == {"the voice sounds rough"}


def test_what_one_voice_has_is_not_told_where_two_speak(heard: Heard) -> None:
    two = Diarization(
        clip_id="clip",
        turns=(Turn(speaker="A", start=0, end=5), Turn(speaker="B", start=5, end=9)),
        speakers=2,
        confidence=0.9,
    )
    assert not heard(two, voice(pitch=80, pitch_range=3.0))


@pytest.mark.parametrize(
    ("label", "told"),
    [("Scottish", "Scottish"), ("Indian accent", "Indian"), ("en_US 3", "en US"), ("7", None)],
)
def test_an_accent_is_told_without_its_own_word_and_without_numbers(
    heard: Heard, label: str, told: str | None
) -> None:
    accent = Accent(clip_id="clip", accent=label, probability=0.8)
    assert heard(accent) == ({f"the accent sounds {told}"} if told else set())


def test_the_pace_is_that_of_the_syllables_where_no_words_are_trusted(heard: Heard) -> None:
    assert heard(voice(rate=2.0)) == {"the speaker talks at a slow pace"}
    assert heard(voice(rate=8.0)) == {"the speaker talks at a very quick pace"}
