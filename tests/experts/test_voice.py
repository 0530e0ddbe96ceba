import numpy as np
import pytest
from voices import RATE, held, syllables

from auricle.experts.base import Heard, Waveform
from auricle.experts.prosody import Measures, prosody
from auricle.experts.voice import DspVoice
from auricle.experts.voice_words import health, judged, timbre
from auricle.schemas.annotation import Domain, Span, Vad
from auricle.schemas.base import Row
from auricle.schemas.clip import Signal
from auricle.schemas.speech import Diarization, Turn, Voice

ORDINARY = Measures(
    voiced_seconds=4.0,
    pitch=120.0,
    pitch_range=10.0,
    harmonicity=9.0,
    jitter=0.028,
    shimmer=0.108,
    tilt=-6.3,
)


def annotate(sound: Waveform, *said: Row) -> Voice:
    expert = DspVoice()
    expert.load()
    (found,) = expert.annotate([Heard("a", sound, RATE, said)])
    return found


def clean(code: str = "S00", bandwidth: float = 8000.0, speakers: int = 1) -> tuple[Row, ...]:
    return (
        Domain.model_validate({"clip_id": "a", "code": code}),
        Signal(clip_id="a", bandwidth=bandwidth, clipped=0.0),
        Diarization(
            clip_id="a",
            turns=(Turn(start=0.0, end=4.0, speaker="A"),),
            speakers=speakers,
        ),
    )


def spoken(sound: Waveform) -> Waveform:
    """Let a held voice speak syllables, and pause."""
    swell = np.minimum(0.001 + 6 * np.sin(np.pi * 3 * np.arange(len(sound)) / RATE) ** 2, 1.0)
    return np.concatenate([sound * swell, np.zeros(RATE)]).astype(np.float32)


def words(found: tuple[object, ...]) -> list[str]:
    return [entry.label for entry in found]  # type: ignore[attr-defined]


def test_each_turn_is_measured_apart() -> None:
    turns = (Turn(start=0.0, end=2.0, speaker="A"), Turn(start=2.0, end=4.0, speaker="B"))
    said = Diarization(clip_id="a", turns=turns, speakers=2)
    found = annotate(np.concatenate([held(110, 2), held(220, 2)]), said)
    assert [turn.speaker for turn in found.turns] == ["A", "B"]
    assert found.turns[0].pitch == pytest.approx(110, rel=0.01)
    assert found.turns[1].pitch == pytest.approx(220, rel=0.01)
    assert found.clip is not None and found.clip.speaker is None
    assert found.clip.voiced_seconds == pytest.approx(4.0, abs=0.2)


def test_where_two_speak_at_once_nobody_is_measured() -> None:
    turns = (Turn(start=0.0, end=3.0, speaker="A"), Turn(start=2.0, end=4.0, speaker="B"))
    said = Diarization(clip_id="a", turns=turns, speakers=2)
    found = annotate(np.concatenate([held(110, 2), held(300, 1), held(220, 1)]), said)
    assert found.turns[0].pitch == pytest.approx(110, rel=0.01)
    assert found.turns[0].voiced_seconds == pytest.approx(2.0, abs=0.1)
    assert found.turns[1].pitch == pytest.approx(220, rel=0.01)


def test_without_turns_the_spans_of_speech_are_measured() -> None:
    spans = (Span(start=0.0, end=1.0), Span(start=2.0, end=3.0))
    sound = np.concatenate([held(110, 1), np.zeros(RATE, np.float32), held(220, 1)])
    found = annotate(sound, Vad(clip_id="a", spans=spans))
    assert [(turn.start, turn.end, turn.speaker) for turn in found.turns] == [
        (0.0, 1.0, None),
        (2.0, 3.0, None),
    ]


def test_an_unsteady_voice_is_called_rough_or_hoarse_and_a_steady_one_clear() -> None:
    ill = annotate(spoken(held(120, 4, jitter=0.07, shimmer=0.3)), *clean())
    well = annotate(spoken(held(120, 4, jitter=0.003, shimmer=0.02)), *clean())
    assert set(words(ill.health)) <= {"rough", "hoarse"} and ill.health
    assert words(well.health) == ["clear"]


def test_an_ordinary_voice_gets_no_words() -> None:
    assert timbre(ORDINARY) == () and health(ORDINARY) == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"pitch": 80.0}, ["deep"]),
        ({"tilt": -1.0}, ["bright"]),
        ({"tilt": -12.0}, ["dark"]),
        ({"tilt": -8.5, "harmonicity": 4.5, "jitter": 0.02}, ["breathy"]),
        ({"tilt": -8.5, "harmonicity": 4.5, "jitter": 0.04}, []),
    ],
)
def test_timbre_words_come_from_measures_beyond_what_is_usual(
    change: dict[str, float], said: list[str]
) -> None:
    assert words(timbre(ORDINARY._replace(**change))) == said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"jitter": 0.06, "shimmer": 0.18}, ["rough"]),
        ({"jitter": 0.06, "shimmer": 0.18, "harmonicity": 4.0}, ["hoarse"]),
        ({"jitter": 0.06}, []),
        ({"harmonicity": 4.0}, []),
        ({"jitter": 0.045, "shimmer": 0.15}, []),
        ({"harmonicity": 13.0, "jitter": 0.02, "shimmer": 0.09}, ["clear"]),
    ],
)
def test_fault_is_found_with_a_voice_only_where_all_measures_say_so(
    change: dict[str, float], said: list[str]
) -> None:
    assert words(health(ORDINARY._replace(**change))) == said


def test_the_further_beyond_the_surer() -> None:
    (near,), (far,) = (timbre(ORDINARY._replace(tilt=tilt)) for tilt in (-9.6, -11.0))
    assert 0.6 <= near.score < far.score <= 0.9


@pytest.mark.parametrize(
    ("said", "opened"),
    [
        (clean(), True),
        (clean(code="SM0"), False),
        (clean(code="S0A"), False),
        (clean(bandwidth=3400.0), False),
        (clean(speakers=2), False),
        (clean()[:1], False),
        (clean()[1:], False),
    ],
)
def test_words_need_one_voice_alone_in_a_full_band(said: tuple[Row, ...], opened: bool) -> None:
    sound = spoken(held(120, 4))
    assert judged(Heard("a", sound, RATE, said), ORDINARY, prosody(sound, RATE)) == opened


def test_words_need_a_quiet_and_dry_recording_with_enough_voice() -> None:
    from scipy import signal

    dry = spoken(held(120, 4))
    noisy = dry + np.random.default_rng(0).normal(0, 0.03, len(dry)).astype(np.float32)
    time = np.arange(RATE) / RATE
    answer = np.random.default_rng(1).normal(size=RATE) * 10 ** (-3 * time / 0.8)
    wet = signal.fftconvolve(dry, answer)[: len(dry)].astype(np.float32)

    def open_to(sound: Waveform, measures: Measures = ORDINARY) -> bool:
        return judged(Heard("a", sound, RATE, clean()), measures, prosody(sound, RATE))

    assert open_to(dry)
    assert not open_to(noisy)
    assert not open_to(wet)
    assert not open_to(dry, ORDINARY._replace(voiced_seconds=1.0))


def test_the_pitch_of_real_speech_tells_a_woman_from_a_man(dev_clip) -> None:  # type: ignore[no-untyped-def]
    folder = "speech/librispeech"
    woman, man = (
        annotate(dev_clip(f"{folder}/{name}-0000.flac").waveform)
        for name in ("f_103-1240", "m_2952-407")
    )
    assert man.clip.pitch < 165 < woman.clip.pitch  # type: ignore[union-attr, operator]
    assert 2 < man.clip.rate < 7  # type: ignore[union-attr, operator]


def test_what_has_no_frame_is_skipped() -> None:
    assert annotate(np.zeros(0, np.float32)).reason == "too_short"
    assert annotate(np.zeros(RATE, np.float32)).reason == "silent"
    assert annotate(syllables(3, 1)[:300]).reason == "too_short"
