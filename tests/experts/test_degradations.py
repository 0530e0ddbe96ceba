import numpy as np
import pytest

from auricle.experts.base import Heard
from auricle.experts.degradations import DspDegradations
from auricle.schemas.acoustics import Degradation, Degradations
from auricle.schemas.annotation import Domain, LabelScore, Span, Tags, Vad
from auricle.schemas.clip import Signal

RATE = 16_000
SECONDS = 8
RNG_SEED = 3


def noise(level: float, seconds: float = SECONDS, seed: int = RNG_SEED) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, level, round(seconds * RATE))


def talk(level: float = 0.1) -> tuple[np.ndarray, tuple[Span, ...]]:
    """Return bursts of low-passed noise, 1 s on and 1 s off, and where they are."""
    white = noise(1.0)
    slow = np.convolve(white, np.hanning(20) / np.sqrt(np.sum(np.hanning(20) ** 2)), "same")
    on = (np.arange(len(slow)) // RATE) % 2 == 0
    spans = tuple(Span(start=float(s), end=s + 1.0) for s in range(0, SECONDS, 2))
    return level * slow * on, spans


def mains(hz: float, level: float, harmonics: int = 6) -> np.ndarray:
    time = np.arange(SECONDS * RATE) / RATE
    return level * sum(np.sin(2 * np.pi * hz * n * time + n) / n for n in range(1, harmonics + 1))


def judge(
    sound: np.ndarray,
    spans: tuple[Span, ...] = (),
    code: str = "S00",
    labels: tuple[LabelScore, ...] = (),
    **signal: float,
) -> Degradations:
    said = (
        Signal.model_validate({"clip_id": "a", "sample_rate": 16_000, "bandwidth": 8000} | signal),
        Vad(clip_id="a", spans=spans),
        Tags(clip_id="a", labels=labels),
        Domain.model_validate({"clip_id": "a", "code": code}),
    )
    (found,) = DspDegradations().annotate([Heard("a", sound.astype(np.float32), RATE, said)])
    return found


def kinds(found: Degradations) -> dict[str, Degradation]:
    return {one.kind: one for one in found.found}


def test_clean_speech_has_nothing_wrong_with_it() -> None:
    sound, spans = talk()
    found = judge(sound + noise(1e-4), spans)
    assert found.found == () and found.noise == ()
    assert found.snr > 50


@pytest.mark.parametrize("hz", [50.0, 60.0])
def test_hum_is_heard_under_speech_with_its_frequency(hz: float) -> None:
    sound, spans = talk()
    found = kinds(judge(sound + noise(1e-4) + mains(hz, 0.003), spans))
    assert found["hum"].value == hz


def test_a_few_partials_or_music_at_the_mains_are_no_hum() -> None:
    sound, spans = talk()
    assert "hum" not in kinds(judge(sound + noise(1e-4) + mains(50, 0.003, 2), spans))
    assert "hum" not in kinds(judge(sound + mains(55, 0.003), spans)), "a low A"
    assert "hum" not in kinds(judge(sound + mains(50, 0.003), spans, code="SM0"))


@pytest.mark.parametrize("snr", [0, 10, 20])
def test_snr_is_speech_over_the_noise_of_the_pauses(snr: float) -> None:
    sound, spans = talk(0.1)
    hiss = noise(0.1 * 10 ** (-snr / 20), seed=8)
    assert judge(sound + hiss, spans).snr == pytest.approx(snr, abs=0.5)


def test_snr_is_null_without_pauses_without_speech_and_over_digital_silence() -> None:
    sound, spans = talk()
    everywhere = (Span(start=0.0, end=float(SECONDS)),)
    assert judge(sound + noise(0.01), everywhere).snr is None
    assert judge(sound + noise(0.01), spans, code="00A").snr is None
    assert judge(sound, spans).snr is None
    assert judge(noise(0.1), spans).snr is None, "nothing stands over the pauses"


def test_steady_hiss_is_told_in_pauses_with_its_level() -> None:
    sound, spans = talk()
    found = kinds(judge(sound + noise(0.005), spans))
    assert found["hiss"].value == pytest.approx(-46, abs=1)
    low = np.convolve(noise(0.02), np.ones(40) / 40, "same")
    assert "hiss" not in kinds(judge(sound + low, spans)), "a rumble"
    assert "hiss" not in kinds(judge(sound + noise(0.005), spans, code="S0A")), "it may be rain"


def test_gaps_inside_sound_are_dropouts_and_pauses_are_not() -> None:
    sound = noise(0.1)
    for start in range(RATE // 2, 7 * RATE, RATE):
        sound[start : start + 400] = 0
    found = kinds(judge(sound))
    assert found["dropouts"].value == pytest.approx(7 / SECONDS, abs=0.01)
    assert "dropouts" not in kinds(judge(talk()[0])), "a second of silence is a pause"
    faded = noise(0.1) * np.abs(np.sin(np.arange(SECONDS * RATE) / 2000)) ** 6
    assert "dropouts" not in kinds(judge(np.round(faded * 2**13) / 2**13))


def test_clicks_are_crackle_unless_the_clip_holds_sounds() -> None:
    sound = noise(0.001)
    at = np.random.default_rng(1).integers(0, len(sound), 60)
    sound[at] += 0.3
    found = kinds(judge(sound))
    assert found["crackle"].value == pytest.approx(60 / SECONDS, rel=0.25)
    assert "crackle" not in kinds(judge(sound, code="00A")), "it may be a fire"
    assert "crackle" not in kinds(judge(noise(0.1)))


@pytest.mark.parametrize(
    ("signal", "kind", "value"),
    [
        ({"clipped": 0.01}, "clipping", 0.01),
        ({"dc_offset": -0.2}, "dc_offset", -0.2),
        ({"bandwidth": 4200.0}, "band_limit", 4200.0),
        ({"bandwidth": 3400.0, "sample_rate": 8000}, "band_limit", 3400.0),
    ],
)
def test_the_native_signal_tells_of_clipping_offset_and_band(
    signal: dict[str, float], kind: str, value: float
) -> None:
    found = kinds(judge(noise(0.1), **signal))
    assert set(found) == {kind}
    assert found[kind].value == value
    assert 0.5 <= found[kind].score <= 0.95


def test_a_band_is_limited_only_where_the_content_needs_more() -> None:
    assert not judge(noise(0.1), bandwidth=3000.0, code="00A").found
    assert not judge(noise(0.1), bandwidth=6000.0).found
    music = judge(noise(0.1), bandwidth=7000.0, sample_rate=44_100, code="0M0")
    assert set(kinds(music)) == {"band_limit"}
    assert not judge(noise(0.1), bandwidth=7000.0, sample_rate=16_000, code="0M0").found


def test_wind_needs_the_tag_and_the_turbulence() -> None:
    tag = (LabelScore(label="Wind noise (microphone)", score=0.6),)
    gusts = np.cumsum(noise(0.01)) * 0.02 * (1 + np.sin(np.arange(SECONDS * RATE) / 5000))
    assert "wind" in kinds(judge(gusts + noise(0.001), labels=tag))
    assert "wind" not in kinds(judge(gusts + noise(0.001)))
    assert "wind" not in kinds(judge(noise(0.05), labels=tag))


def test_noise_is_named_by_tags_only_where_it_was_measured() -> None:
    rain = (LabelScore(label="Rain", score=0.7), LabelScore(label="Speech", score=0.9))
    sound, spans = talk()
    loud = judge(sound + noise(0.03), spans, code="S0A", labels=rain)
    assert [one.label for one in loud.noise] == ["Rain"]
    assert judge(sound + noise(1e-4), spans, code="S0A", labels=rain).noise == ()
    static = (LabelScore(label="Static", score=0.4),)
    assert [one.label for one in judge(sound + noise(0.005), spans, labels=static).noise] == [
        "Static"
    ]


def test_clean_recordings_are_found_clean(dev_clip) -> None:
    names = ["f_1998-15444-0002", "m_1081-125237-0000", "m_2033-164914-0000", "f_533-1066-0003"]
    expert = DspDegradations()
    for name in names:
        clip = dev_clip(f"speech/librispeech/{name}.flac")
        said = (Domain(clip_id="a", code="S00"),)
        (found,) = expert.annotate([Heard("a", clip.waveform, RATE, said)])
        assert found.found == (), name
