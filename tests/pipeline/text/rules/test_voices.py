"""Who speaks, how many and in what manner, as captions and questions tell it."""

import re
from collections.abc import Callable

import pytest

from auricle.pipeline.text.rules.captions import write_captions
from auricle.pipeline.text.rules.questions import write_qa
from auricle.pipeline.text.testimony import Testimony
from auricle.schemas.annotation import Description
from auricle.schemas.base import Row
from auricle.schemas.speech import Diarization, Emotion, SpeakerTraits, Traits, Turn

Build = Callable[..., Testimony]


def turns(*speakers: str, confidence: float = 0.9) -> Diarization:
    return Diarization(
        clip_id="clip",
        turns=tuple(
            Turn(speaker=name, start=3.0 * at, end=3.0 * at + 2.9)
            for at, name in enumerate(speakers)
        ),
        speakers=len(set(speakers)),
        confidence=confidence,
    )


def traits(**genders: str | None) -> Traits:
    rows = [
        {"speaker": name, "seconds": 4.0, "gender": gender,
         "gender_probability": 0.95 if gender else None}
        for name, gender in genders.items()
    ]  # fmt: skip
    return Traits(clip_id="clip", speakers=tuple(map(SpeakerTraits.model_validate, rows)))


@pytest.fixture
def written(build: Build) -> Callable[..., str]:
    """Return all that is written on many clips of the same content, in lower case."""

    def write(*more: Row, clips: int = 30) -> str:
        texts = []
        for index in range(clips):
            grid, spans = [{"Speech": 0.95}] * 5, ((0.0, 9.9),)
            said = build("S00", f"clip{index}", grid=grid, spans=spans, language="en", more=more)
            captions = write_captions(said)
            for category in (captions.short, captions.long, captions.speech):
                texts += [text.text for text in category or ()]
            texts += [f"{pair.question} {pair.answer}" for pair in write_qa(said).pairs]
        return "\n".join(texts).lower()

    return write


Written = Callable[..., str]


def test_a_man_and_a_woman_are_both_named_and_who_begins_is_asked(written: Written) -> None:
    told = written(turns("A", "B", "A"), traits(A="female", B="male"))
    assert "a woman and a man speak" in told
    assert "a woman speaks first" in told
    assert not re.search(r"a man speaks first|\ba voice\b|\bsomeone\b|somebody", told)


def test_two_of_a_kind_are_two(written: Written) -> None:
    told = written(turns("A", "B"), traits(A="male", B="male"))
    assert "two men speak" in told
    assert "a first" not in told and "a second" not in told


def test_a_known_and_an_unknown_speaker_are_not_one(written: Written) -> None:
    told = written(turns("A", "B"), traits(A="male", B=None))
    assert "a man and another person speak" in told
    assert "a woman" not in told


def test_unknown_speakers_are_people(written: Written) -> None:
    assert "three people speak" in written(turns("A", "B", "C"))


def test_an_unsure_number_is_neither_told_nor_asked(written: Written) -> None:
    told = written(turns("A", "B", confidence=0.4))
    assert not re.search(r"\btwo\b|how many (people|voices|speakers)|in turn|people speak", told)


def test_the_number_is_asked_where_it_is_sure(written: Written) -> None:
    assert "two people speak" in written(turns("A", "B"))
    assert "a single person speaks" in written(turns("A"))


def test_a_mood_is_told_where_it_is_sure_and_not_where_it_is_not(written: Written) -> None:
    def mood(probability: float) -> Emotion:
        return Emotion(clip_id="clip", category="sad", probability=probability)

    assert "in a sad tone" in written(mood(0.9))
    assert "sad" not in written(mood(0.4))


def test_two_people_have_voices_and_not_a_voice(written: Written) -> None:
    told = written(turns("A", "B"), Emotion(clip_id="clip", category="happy", probability=0.9))
    assert "in happy voices" in told and "in a happy" not in told


def test_what_a_listener_wrote_is_never_asserted(written: Written) -> None:
    assert "zebra" not in written(Description(clip_id="clip", text="A zebra speaks Swahili."))
