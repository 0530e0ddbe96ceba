import numpy as np
import pytest

from auricle.experts.base import Heard
from auricle.experts.reverb import DecayReverb, free_decays
from auricle.schemas.acoustics import Reverb
from auricle.schemas.annotation import Domain, LabelScore, Tags

RATE = 16_000


def tail(rt60: float, seconds: float = 2.0, seed: int = 0) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    return np.random.default_rng(seed).normal(size=len(time)) * 10 ** (-3 * time / rt60)


def knocks(rt60: float, floor: float = 1e-5) -> np.ndarray:
    """Return four knocks in a room, 2 s apart, over a noise floor."""
    sound = np.concatenate([tail(rt60, seed=seed) for seed in range(4)]) * 0.1
    sound += np.random.default_rng(9).normal(0, floor, len(sound))
    return sound.astype(np.float32)


def convolved(sound: np.ndarray, rt60: float) -> np.ndarray:
    room = tail(rt60, rt60) * 0.03
    room[0] = 1.0
    size = len(sound) + len(room)
    wet = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(room, size), size)[: len(sound)]
    return (0.5 * wet / np.abs(wet).max()).astype(np.float32)


def hear(sound: np.ndarray, code: str | None = "S00", *labels: str) -> Reverb:
    said = (
        (
            Domain.model_validate({"clip_id": "a", "code": code}),
            Tags(clip_id="a", labels=tuple(LabelScore(label=name, score=0.9) for name in labels)),
        )
        if code
        else ()
    )
    (found,) = DecayReverb().annotate([Heard("a", sound.astype(np.float32), RATE, said)])
    return found


@pytest.mark.parametrize("rt60", [0.4, 0.8, 1.5])
def test_decays_of_knocks_fall_at_the_rate_of_the_room(rt60: float) -> None:
    decays = free_decays(knocks(rt60))
    assert {decay.band for decay in decays} == {0, 1, 2, 3}
    assert np.median([decay.rt60 for decay in decays]) == pytest.approx(rt60, rel=0.1)
    assert min(decay.drop for decay in decays) > 14


@pytest.mark.parametrize("rt60", [0.4, 0.8, 1.3])
def test_speech_in_a_room_gives_the_rt60_of_the_room(dev_clip, rt60: float) -> None:
    names = ["f_1998-15444-0002", "m_1081-125237-0000", "m_2033-164914-0000"]
    clips = [dev_clip(f"speech/librispeech/{name}.flac").waveform for name in names]
    heard = [hear(convolved(clip, rt60)).rt60 for clip in clips]
    assert np.median([one for one in heard if one]) == pytest.approx(rt60, rel=0.25)


@pytest.mark.parametrize("name", ["f_1998-15444-0002", "m_1081-125237-0000"])
def test_dry_speech_reads_under_300_ms(dev_clip, name: str) -> None:
    found = hear(dev_clip(f"speech/librispeech/{name}.flac").waveform)
    assert found.rt60 is not None and found.rt60 < 0.3
    assert found.c50 is None


def test_measured_rooms_are_told_apart(dev_clip) -> None:
    short = hear(dev_clip("reverb/derived_02_rt0.456.flac").waveform)
    long = hear(dev_clip("reverb/derived_03_rt1.501.flac").waveform)
    assert short.rt60 == pytest.approx(0.456, rel=0.2)
    assert long.rt60 == pytest.approx(1.501, rel=0.2)


@pytest.mark.parametrize(
    "sound",
    [
        np.random.default_rng(1).normal(0, 0.1, 10 * RATE),  # steady noise
        0.5 * np.sin(np.arange(10 * RATE) * 0.2),
        knocks(0.8, floor=0.02),  # the noise is met before the fall is long enough
        np.tile(np.r_[np.random.default_rng(1).normal(0, 0.1, RATE), np.zeros(RATE)], 4),  # edits
    ],
    ids=["noise", "tone", "noisy knocks", "cut to digital silence"],
)
def test_without_free_decays_nothing_is_said(sound: np.ndarray) -> None:
    found = hear(sound)
    assert (found.status, found.reason) == ("skipped", "no_decays")


def test_music_is_left_out_and_other_sound_needs_a_sharp_end() -> None:
    sound = knocks(0.8)
    assert hear(sound, "SM0").reason == "music"
    assert hear(sound, "00A", "Rain").reason == "no_decays"
    assert hear(sound, "00A", "Knock").status == "ok"
    assert hear(sound, None).status == "ok"


def test_more_decays_make_it_surer() -> None:
    few, many = hear(knocks(0.8)[: 2 * RATE + RATE // 2]), hear(knocks(0.8))
    assert few.decays < many.decays
    assert few.confidence < many.confidence <= 1
