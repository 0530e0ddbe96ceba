"""How many people speak and who they are: what several experts say beats what one does."""

from collections.abc import Callable

import pytest

from auricle.pipeline.text.evidence import gather, render
from auricle.pipeline.text.fact import Fact
from auricle.pipeline.text.facts import learn
from auricle.pipeline.text.testimony import Testimony
from auricle.schemas.annotation import Events
from auricle.schemas.base import Row
from auricle.schemas.speech import Diarization, LanguageOpinion, SpeakerTraits, Traits, Turn

Build = Callable[..., Testimony]
WOMAN, MAN = "Female speech, woman speaking", "Male speech, man speaking"


def turns(*found: tuple[str, float, float], confidence: float | None = 0.9) -> Diarization:
    return Diarization(
        clip_id="clip",
        turns=tuple(Turn(speaker=name, start=start, end=end) for name, start, end in found),
        speakers=len({name for name, *_ in found}),
        confidence=confidence,
    )


def traits(*found: tuple[str, str | None, float | None], age: str | None = None) -> Traits:
    rows = [
        {"speaker": name, "seconds": 5.0, "gender": gender, "gender_probability": sure,
         "age_band": age}
        for name, gender, sure in found
    ]  # fmt: skip
    return Traits(clip_id="clip", speakers=tuple(map(SpeakerTraits.model_validate, rows)))


@pytest.fixture
def heard(build: Build) -> Callable[..., dict[str, Fact]]:
    def hear(*more: Row, tags: dict[str, float] | None = None) -> dict[str, Fact]:
        grid = [{"Speech": 0.95, **(tags or {})}] * 5
        said = build("S00", grid=grid, spans=((0.0, 9.9),), language="en", more=more)
        kinds = ("count", "speaker", "exchange", "turn", "age", "language")
        return {fact.text: fact for fact in learn(said).of(*kinds)}

    return hear


ONE, TWO = turns(("A", 0, 9.9)), turns(("A", 0, 4), ("B", 4, 7), ("A", 7, 9.9))
Heard = Callable[..., dict[str, Fact]]


def test_a_number_of_speakers_is_told_only_where_it_is_sure(heard: Heard) -> None:
    assert "two voices" in heard(TWO)
    for confidence in (0.49, None):
        unsure = turns(("A", 0, 4), ("B", 4, 9), confidence=confidence)
        assert not any("voices" in text for text in heard(unsure))


def test_each_speaker_is_told_when_they_speak(build: Build) -> None:
    said = build(
        "S00", spans=((0.0, 9.9),), more=(TWO, traits(("A", "female", 0.95), ("B", "male", 0.9)))
    )
    lines = render(gather(said))
    assert "0-4 s: a woman speaking" in lines
    assert "4-7 s: a man speaking" in lines
    assert "the voices take turns" in lines


def test_speakers_of_one_kind_are_told_apart_by_their_order(heard: Heard) -> None:
    told = heard(TWO, traits(("A", "male", 0.9), ("B", "male", 0.9)))
    assert {"the voices of two men", "a first man speaking", "a second man speaking"} <= set(told)


def test_a_speaker_whose_gender_is_unsure_stays_a_voice(heard: Heard) -> None:
    told = heard(TWO, traits(("A", "female", 0.9), ("B", None, None)))
    assert "the voice of a woman" in told and "another voice speaking" in told
    assert not any("man" in text.replace("woman", "") for text in told)


def test_more_people_than_one_can_tell_apart_are_several(heard: Heard) -> None:
    crowd = turns(*((name, 2.0 * at, 2.0 * at + 1.9) for at, name in enumerate("ABCDE")))
    told = heard(crowd, traits(("A", "female", 0.9)))
    assert "several voices" in told
    assert not any("speaking" in text for text in told)


def test_tags_and_traits_that_agree_are_surer_than_either(heard: Heard) -> None:
    told = heard(ONE, traits(("A", "female", 0.8)), tags={WOMAN: 0.6})
    assert told["the voice of a woman"].confidence > 0.8


def test_tags_and_traits_that_contradict_each_other_leave_the_gender_open(heard: Heard) -> None:
    told = heard(ONE, traits(("A", "female", 0.9)), tags={MAN: 0.9})
    assert not any(fact.sure for fact in told.values() if fact.kind == "speaker")


def test_two_that_agree_beat_one(heard: Heard) -> None:
    told = heard(ONE, traits(("A", "female", 0.9)), tags={WOMAN: 0.6, MAN: 0.7})
    assert told["the voice of a woman"].sure
    assert "the voice of a man" not in told


def test_a_tag_that_no_speaker_fits_makes_the_least_sure_speaker_unknown(heard: Heard) -> None:
    unsure = traits(("A", "female", 0.95), ("B", "female", 0.6))
    told = heard(TWO, unsure, tags={MAN: 0.8})
    assert "the voice of a woman" in told and "another voice speaking" in told


def test_one_voice_in_a_conversation_is_not_asserted(heard: Heard) -> None:
    assert not heard(ONE, tags={"Conversation": 0.8})["one voice"].sure


def test_without_a_sure_number_only_the_voice_that_speaks_most_is_believed(heard: Heard) -> None:
    unsure = turns(("A", 0, 8), ("B", 8, 9), confidence=0.3)
    both = Traits(
        clip_id="clip",
        speakers=(
            SpeakerTraits(speaker="A", seconds=8, gender="male", gender_probability=0.9),
            SpeakerTraits(speaker="B", seconds=1, gender="female", gender_probability=0.9),
        ),
    )
    told = heard(unsure, both)
    assert told["the voice of a man"].sure and not told["the voice of a woman"].sure


def test_a_child_is_a_child_whatever_its_gender(heard: Heard) -> None:
    told = heard(ONE, traits(("A", "female", 0.9), age="child"))
    assert "the voice of a child" in told and "the voice of a woman" not in told


def test_an_age_is_told_of_one_who_speaks_alone(heard: Heard) -> None:
    assert "the voice sounds elderly" in heard(ONE, traits(("A", "male", 0.9), age="elderly"))
    both = traits(("A", "male", 0.9), ("B", "female", 0.9), age="elderly")
    assert "the voice sounds elderly" not in heard(TWO, both)


def test_turns_that_do_not_fit_the_number_are_not_told(heard: Heard) -> None:
    wrong = TWO.model_copy(update={"speakers": 3})
    assert "three voices" in (told := heard(wrong))
    assert not any("speaking" in text for text in told)


def test_much_overlap_is_told_as_such(heard: Heard) -> None:
    both = turns(("A", 0, 6), ("B", 4, 9)).model_copy(update={"overlap_seconds": 2.0})
    assert "the voices talk over each other at times" in heard(both)


def test_a_second_opinion_on_the_language_makes_it_surer_or_hedges_it(heard: Heard) -> None:
    alike = LanguageOpinion(clip_id="clip", language="en", probability=0.8, agrees=True)
    other = LanguageOpinion(clip_id="clip", language="nl", probability=0.8, agrees=False)
    unsure = LanguageOpinion(clip_id="clip", agrees=None)
    text = "the speech is in English"
    alone = heard()[text].confidence
    assert heard(alike)[text].confidence > alone == heard(unsure)[text].confidence
    assert not heard(other)[text].sure


def test_nobody_is_told_where_the_domain_has_no_speech(build: Build) -> None:
    more = (TWO, traits(("A", "male", 0.9)), Events(clip_id="clip"))
    said = build("00A", grid=[{"Rain": 0.9}] * 5, more=more)
    assert not learn(said).of("count", "speaker", "turn")
