import csv
from typing import Literal

import numpy as np
import pytest
from fakes import DEV
from voices import RATE, held

from auricle.experts.base import Heard
from auricle.experts.emotion_prosody import ProsodyEmotion
from auricle.schemas.annotation import Domain
from auricle.schemas.base import Row
from auricle.schemas.speech import Emotion, SpeakerTraits, Traits, Voice, VoiceMeasures

SOUND = np.zeros(RATE, np.float32)


def turn(end: float = 2.0, **measures: float) -> VoiceMeasures:
    usual = {"voiced_seconds": 1.0, "pitch": 180.0, "tilt": -6.0, "rate": 4.9}
    return VoiceMeasures(start=0.0, end=end, **(usual | measures))


def annotate(*turns: VoiceMeasures, said: tuple[Row, ...] = ()) -> Emotion:
    voice = Voice(clip_id="a", turns=turns)
    (found,) = ProsodyEmotion().annotate([Heard("a", SOUND, RATE, (voice, *said))])
    return found


def test_an_ordinary_voice_is_in_the_middle() -> None:
    assert annotate(turn()).arousal == 0.5


@pytest.mark.parametrize(
    ("calm", "excited"),
    [
        ({"pitch": 100.0}, {"pitch": 260.0}),
        ({"tilt": -9.0}, {"tilt": -3.0}),
        ({"rate": 3.0}, {"rate": 7.0}),
    ],
)
def test_excited_voices_are_higher_brighter_and_faster(
    calm: dict[str, float], excited: dict[str, float]
) -> None:
    low, high = annotate(turn(**calm)).arousal, annotate(turn(**excited)).arousal
    assert low is not None and high is not None
    assert 0 <= low < 0.5 < high <= 1


def test_pitch_is_held_against_what_is_usual_for_the_speakers_gender() -> None:
    def arousal(gender: Literal["female", "male"] | None) -> float:
        traits = Traits(clip_id="a", speakers=(SpeakerTraits(seconds=2.0, gender=gender),))
        value = annotate(turn(pitch=170.0), said=(traits,)).arousal
        assert value is not None
        return value

    assert arousal("female") < arousal(None) < 0.5 < arousal("male")


def test_the_level_of_the_recording_changes_nothing() -> None:
    assert annotate(turn(level=-50.0)) == annotate(turn(level=-10.0))


def test_turns_count_by_how_much_voice_they_have() -> None:
    short, long = turn(tilt=-2.0, voiced_seconds=0.5), turn(tilt=-9.0, voiced_seconds=4.5)
    found = annotate(short, long)
    arousals = [turn.arousal for turn in found.turns]
    assert found.arousal == pytest.approx(0.1 * arousals[0] + 0.9 * arousals[1], abs=1e-3)  # type: ignore[operator]


def test_category_and_valence_are_left_out_with_the_reason() -> None:
    found = annotate(turn())
    assert (found.category, found.valence) == (None, None)
    assert {entry.what: entry.reason for entry in found.unjudged} == {
        "category": "backend_cannot",
        "valence": "backend_cannot",
    }


def test_nothing_is_judged_under_music() -> None:
    found = annotate(turn(tilt=0.0), said=(Domain(clip_id="a", code="SM0"),))
    assert found.arousal is None and found.turns == ()
    assert found.unjudged[0].reason == "music"


def test_too_little_voice_is_not_judged() -> None:
    short = VoiceMeasures(start=0.0, end=0.4, voiced_seconds=0.2, pitch=200.0)
    found = annotate(short)
    assert found.arousal is None
    assert found.unjudged[0].reason == "too_little_voice"


def test_without_voice_measures_it_measures_itself() -> None:
    (found,) = ProsodyEmotion().annotate([Heard("a", held(120, 3), RATE)])
    assert found.arousal is not None and found.arousal < 0.5  # a held vowel, steep and low


def test_acted_anger_is_more_aroused_than_the_same_actors_calm(dev_clip) -> None:  # type: ignore[no-untyped-def]
    if not DEV.is_dir():
        pytest.skip(f"the listening set is not at {DEV}")
    rows = list(csv.DictReader((DEV / "manifest.csv").open(encoding="utf-8")))
    actors: dict[str, dict[str, float]] = {}
    for row in rows:
        if row["emotion"] in ("anger", "calm", "boredom"):
            (found,) = ProsodyEmotion().annotate([dev_clip(row["path"])])
            kind = "excited" if row["emotion"] == "anger" else "calm"
            if found.arousal is not None:
                actors.setdefault(row["speaker_id"], {})[kind] = found.arousal
    pairs = [heard for heard in actors.values() if len(heard) == 2]
    assert len(pairs) >= 10
    assert np.mean([pair["excited"] > pair["calm"] for pair in pairs]) >= 0.9
