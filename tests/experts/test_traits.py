"""Gender from the speaker embedding."""

import json

import numpy as np
import pytest

from auricle.experts.base import Heard
from auricle.experts.speaker_net import SIZE
from auricle.experts.traits import HEAD, EmbeddingTraits, own_windows
from auricle.experts.turns import VoiceTurn
from auricle.experts.vad import SileroVad
from auricle.experts.voiceprints import Voiceprints
from auricle.schemas.errors import MissingModel
from auricle.schemas.speech import Diarization, Turn

RATE = 16_000
WINDOWS = np.array([[0.0, 1.6], [1.0, 2.6], [2.0, 3.6]])


@pytest.fixture(scope="module")
def expert() -> EmbeddingTraits:
    traits = EmbeddingTraits()
    try:
        traits.load()
    except MissingModel as error:
        pytest.skip(str(error))
    return traits


@pytest.fixture(scope="module")
def vad() -> SileroVad:
    found = SileroVad()
    found.load()
    return found


@pytest.fixture
def faked() -> EmbeddingTraits:
    """Hear the first axis as female; windows as in WINDOWS: female, between, male."""
    axis = np.zeros((3, SIZE), np.float32)
    axis[:, :2] = (1, 0), (np.sqrt(0.5), np.sqrt(0.5)), (0, 1)
    traits = EmbeddingTraits()
    traits._weights = np.append([4.0, -4.0], np.zeros(SIZE - 2))
    traits._constant = 0.0
    traits._encoder = lambda clips: [Voiceprints(WINDOWS, axis) for _ in clips]  # type: ignore
    return traits


def clip(*turns: tuple[float, float, str]) -> Heard:
    sound = np.full(4 * RATE, 0.1, np.float32)
    told = tuple(Turn(start=start, end=end, speaker=who) for start, end, who in turns)
    said = (Diarization(clip_id="a", turns=told, speakers=len(told)),) if turns else ()
    return Heard("a", sound, RATE, said)


def test_each_speaker_is_judged_on_the_windows_of_its_own_turns(faked: EmbeddingTraits) -> None:
    (found,) = faked.annotate([clip((0.0, 1.7, "A"), (1.9, 4.0, "B"))])
    assert [(s.speaker, s.gender, s.seconds) for s in found.speakers] == [
        ("A", "female", 1.7),
        ("B", "male", 2.1),
    ]
    assert found.speakers[0].gender_probability == pytest.approx(1 / (1 + np.exp(-4)), abs=1e-3)


def test_an_unsure_gender_stays_open(faked: EmbeddingTraits) -> None:
    (found,) = faked.annotate([clip((1.0, 2.6, "A"))])
    assert found.speakers[0].gender is None
    assert found.speakers[0].gender_probability == 0.5


def test_a_speaker_without_a_window_is_named_and_not_judged(faked: EmbeddingTraits) -> None:
    (found,) = faked.annotate([clip((0.0, 1.7, "A"), (3.7, 3.9, "B"))])
    assert (found.speakers[1].gender, found.speakers[1].gender_probability) == (None, None)


def test_without_a_diarization_the_clip_is_one_voice(faked: EmbeddingTraits) -> None:
    (found,) = faked.annotate([clip()])
    assert [speaker.speaker for speaker in found.speakers] == [None]


def test_age_is_said_to_be_beyond_it(faked: EmbeddingTraits) -> None:
    (found,) = faked.annotate([clip((0.0, 1.7, "A"))])
    assert [(one.what, one.reason) for one in found.unjudged] == [("age", "backend_cannot")]
    assert found.speakers[0].age is None and found.speakers[0].age_band is None


def test_a_window_mostly_in_the_turns_counts_by_what_lies_in_them() -> None:
    turns = [VoiceTurn(0.0, 1.2, "A"), VoiceTurn(1.3, 1.4, "A"), VoiceTurn(3.0, 4.0, "A")]
    assert own_windows(WINDOWS, turns).round(3).tolist() == [1.3, 0.0, 0.0]


def test_the_head_says_what_it_was_learned_from() -> None:
    head = json.loads(HEAD.read_text("utf-8"))
    assert len(head["weights"]) == SIZE
    assert all(
        part["licence"].startswith(("CC BY 4.0", "public domain")) and part["speakers"]
        for part in head["learned_from"]
    )
    assert head["made_by"] == "bench/train_gender.py"


@pytest.mark.parametrize(
    ("path", "gender"),
    [
        ("telephone_8k/asterisk_en_US_f_Allison_demo-echodone.wav", "female"),
        ("telephone_8k/asterisk_it_IT_m_Carlo_demo-thanks.wav", "male"),
    ],
)
def test_voices_that_the_head_did_not_learn_from_are_told(
    expert: EmbeddingTraits, vad: SileroVad, dev_clip, path: str, gender: str
) -> None:
    heard = dev_clip(path)
    (found,) = expert.annotate([Heard(path, heard.waveform, RATE, tuple(vad.annotate([heard])))])
    assert found.speakers[0].gender == gender
