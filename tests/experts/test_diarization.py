"""Who speaks when: telling voices apart, turns, and real conversations."""

import numpy as np
import pytest

from auricle.experts.base import Heard, closed_gate
from auricle.experts.diarization import ResemblyzerDiarization, name, turns
from auricle.experts.speaker_split import Voices, tell_apart, two_voices
from auricle.experts.vad import SileroVad
from auricle.experts.voiceprints import Voiceprints
from auricle.schemas.annotation import Domain, Span, Vad
from auricle.schemas.errors import MissingModel

RATE = 16_000
SIZE = 32


@pytest.fixture(scope="module")
def expert() -> ResemblyzerDiarization:
    diarization = ResemblyzerDiarization()
    try:
        diarization.load()
    except MissingModel as error:
        pytest.skip(str(error))
    return diarization


@pytest.fixture(scope="module")
def vad() -> SileroVad:
    found = SileroVad()
    found.load()
    return found


def prints(who: str, seconds: float, likeness: float = 0.5) -> Voiceprints:
    """Return windows over stretches of equal length, a letter a stretch, voices so much alike."""
    random = np.random.default_rng(4)
    common = np.eye(SIZE)[0] * np.sqrt(likeness)
    starts = np.arange(0, len(who) * seconds - 1.6 + 1e-9, 0.4)
    vectors = []
    for start in starts:
        shares = [
            max(0.0, min(start + 1.6, (at + 1) * seconds) - max(start, at * seconds))
            for at in range(len(who))
        ]
        voice = sum(
            share * (common + np.eye(SIZE)[1 + ord(letter) - ord("A")] * np.sqrt(1 - likeness))
            for share, letter in zip(shares, who, strict=True)
        )
        voice = voice / np.linalg.norm(voice) + random.normal(0, 0.08, SIZE)
        vectors.append(voice / np.linalg.norm(voice))
    return Voiceprints(np.stack([starts, starts + 1.6], 1), np.array(vectors, np.float32))


def heard_as(who: str, seconds: float, likeness: float = 0.5) -> Voices:
    span = Span(start=0.0, end=len(who) * seconds)
    found = prints(who, seconds, likeness)
    return tell_apart([span], found.windows, found.vectors.astype(float))


@pytest.mark.parametrize("who", ["A", "AB", "ABA", "ABCA", "ABCD"])
def test_every_voice_is_found_and_numbered_as_first_heard(who: str) -> None:
    found = heard_as(who, 5.0)
    middles = found.voices[25::50].tolist()
    assert middles == [ord(letter) - ord("A") for letter in who]


def test_a_change_of_voice_is_found_to_a_few_tenths_of_a_second() -> None:
    found = heard_as("AB", 5.0)
    assert found.times[np.flatnonzero(found.voices)[0]] == pytest.approx(5.0, abs=0.3)


def test_voices_much_alike_are_one() -> None:
    assert heard_as("AB", 5.0, likeness=0.95).voices.max() == 0


def test_two_clear_voices_are_surer_than_two_alike() -> None:
    clear, alike = heard_as("AB", 5.0, 0.2), heard_as("AB", 5.0, 0.7)
    assert clear.voices.max() == alike.voices.max() == 1
    assert clear.certainty > alike.certainty


def test_the_less_is_heard_of_a_voice_the_less_alike_it_has_to_be() -> None:
    assert two_voices(0.7, 4.0) > 0.5 > two_voices(0.7, 1.0)
    assert two_voices(0.6, 2.0) > two_voices(0.8, 2.0)


def test_too_little_speech_is_one_voice_and_not_quite_sure() -> None:
    found = tell_apart([Span(start=0.0, end=0.2)], np.zeros((0, 2)), np.zeros((0, SIZE)))
    assert found.voices.tolist() == [0, 0]
    assert 0.5 < found.certainty < 1


def spans(*stretches: tuple[float, float]) -> list[Span]:
    return [Span(start=start, end=end) for start, end in stretches]


def voices(times: list[float], whose: list[int]) -> Voices:
    return Voices(np.array(times), np.array(whose), 1.0)


def test_turns_fill_the_speech_and_part_where_the_voice_changes() -> None:
    told = voices([0.25, 0.35, 0.45, 0.55], [0, 0, 1, 1])
    found = [(t.start, t.end, t.speaker) for t in turns(told, spans((0.2, 0.62)), 0.5)]
    assert found == [(0.2, 0.4, "A"), (0.4, 0.62, "B")]


def test_a_short_pause_is_part_of_a_turn_and_a_long_one_or_another_voice_ends_it() -> None:
    told = voices([0.05, 0.45, 1.55, 1.95], [0, 0, 0, 1])
    found = turns(told, spans((0.0, 0.1), (0.4, 0.5), (1.5, 1.6), (1.9, 2.0)), 0.5)
    assert [(t.start, t.end, t.speaker) for t in found] == [
        (0.0, 0.5, "A"),
        (1.5, 1.6, "A"),
        (1.9, 2.0, "B"),
    ]


def test_a_stretch_too_short_for_a_frame_goes_to_whoever_spoke_before() -> None:
    told = voices([0.05, 0.15], [0, 1])
    found = turns(told, spans((0.0, 0.2), (0.71, 0.74)), 0.1)
    assert [t.speaker for t in found] == ["A", "B", "B"]


def test_voices_have_letters() -> None:
    assert [name(voice) for voice in (0, 1, 25, 26, 27, 52)] == ["A", "B", "Z", "AA", "AB", "BA"]


@pytest.mark.parametrize(("code", "opened"), [("S00", True), ("0MA", False)])
def test_only_speech_is_listened_to(code: str, opened: bool) -> None:
    said = (
        Domain.model_validate({"clip_id": "a", "code": code}),
        Vad(clip_id="a", spans=(Span(start=0.0, end=1.0),)),
    )
    clip = Heard("a", np.zeros(RATE, np.float32), RATE, said)
    assert (closed_gate(ResemblyzerDiarization.gate, clip) is None) == opened


def test_overlap_is_not_heard_and_says_so(expert: ResemblyzerDiarization) -> None:
    sound = np.random.default_rng(0).normal(0, 0.1, 3 * RATE).astype(np.float32)
    (found,) = expert.annotate([Heard("a", sound, RATE)])
    assert found.overlap_seconds is None and found.speakers == 1


def test_a_clip_in_which_nobody_speaks_has_no_speaker(expert: ResemblyzerDiarization) -> None:
    sound = np.random.default_rng(0).normal(0, 0.1, 3 * RATE).astype(np.float32)
    (found,) = expert.annotate([Heard("a", sound, RATE, (Vad(clip_id="a"),))])
    assert found.status == "ok" and found.speakers == 0 and not found.turns


def with_speech(clip: Heard, vad: SileroVad) -> Heard:
    return Heard(clip.clip_id, clip.waveform, RATE, tuple(vad.annotate([clip])))


def test_two_readers_in_turn_are_told_apart(
    expert: ResemblyzerDiarization, vad: SileroVad, dev_clip
) -> None:
    names = ("f_1183-124566-0000", "f_1263-138246-0000")
    first, other = (dev_clip(f"speech/librispeech/{name}.flac").waveform for name in names)
    sound = np.concatenate([first[: 4 * RATE], other[: 4 * RATE], first[4 * RATE : 7 * RATE]])
    (found,) = expert.annotate([with_speech(Heard("two", sound, RATE), vad)])
    assert found.speakers == 2
    assert {t.speaker for t in found.turns if t.end < 3.5} <= {"A"}
    assert {t.speaker for t in found.turns if 4.5 < (t.start + t.end) / 2 < 7.5} == {"B"}
    assert found.turns[-1].speaker == "A"


def test_one_reader_is_one_speaker(
    expert: ResemblyzerDiarization, vad: SileroVad, dev_clip
) -> None:
    clip = with_speech(dev_clip("speech/librispeech/f_1183-124566-0000.flac"), vad)
    (found,) = expert.annotate([clip])
    assert found.speakers == 1
    assert found.confidence > 0.5
