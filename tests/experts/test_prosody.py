import numpy as np
import pytest
from voices import RATE, held, syllables

from auricle.experts.base import Waveform
from auricle.experts.prosody import Measures, measure, prosody


def whole(sound: Waveform) -> Measures:
    found = prosody(sound, RATE)
    return measure(found, np.ones(len(found.level), np.bool_))


@pytest.mark.parametrize("jitter", [0.005, 0.01, 0.02, 0.04])
def test_jitter_is_within_a_quarter_of_what_was_made(jitter: float) -> None:
    assert whole(held(jitter=jitter)).jitter == pytest.approx(jitter, rel=0.25)


@pytest.mark.parametrize("shimmer", [0.02, 0.05, 0.1])
def test_shimmer_is_within_a_fifth_of_what_was_made(shimmer: float) -> None:
    assert whole(held(shimmer=shimmer)).shimmer == pytest.approx(shimmer, rel=0.2)


def test_a_steady_voice_has_next_to_no_jitter_and_shimmer() -> None:
    steady = whole(held())
    assert steady.jitter is not None and steady.jitter < 0.002
    assert steady.shimmer is not None and steady.shimmer < 0.002


@pytest.mark.parametrize("rate", [2.0, 4.0, 6.0])
def test_the_rate_counts_syllables_a_second(rate: float) -> None:
    assert whole(syllables(rate)).rate == pytest.approx(rate, rel=0.1)


def test_the_level_is_that_of_the_speech_and_not_of_the_pauses() -> None:
    sound = held()
    found = prosody(np.concatenate([sound, np.zeros(3 * RATE, np.float32)]), RATE)
    level = 20 * np.log10(np.sqrt(np.mean(np.square(sound))))
    assert measure(found, found.pitch.times < 3).level == pytest.approx(level, abs=0.2)


def test_the_tilt_falls_by_what_a_filter_takes() -> None:
    from scipy import signal

    sound = held(noise=10.0)
    darker = signal.lfilter([0.05], [1.0, -0.95], sound).astype(np.float32)  # -6 dB an octave
    change = (whole(darker).tilt or 0) - (whole(sound).tilt or 0)
    assert change == pytest.approx(-6.0, abs=1.0)


def test_only_the_frames_inside_are_measured() -> None:
    found = prosody(np.concatenate([held(120, 2), held(210, 2)]), RATE)
    assert measure(found, found.pitch.times < 1.9).pitch == pytest.approx(120, rel=0.01)
    assert measure(found, found.pitch.times > 2.1).pitch == pytest.approx(210, rel=0.01)


def test_noise_alone_has_a_level_and_nothing_of_a_voice() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 2 * RATE).astype(np.float32)
    found = whole(noise)
    assert found.level == pytest.approx(-20, abs=0.5)
    assert (found.jitter, found.tilt) == (None, None)


def test_a_room_slows_the_fall_of_the_level() -> None:
    from scipy import signal

    dry = np.concatenate([syllables(3, 2), np.zeros(RATE, np.float32)])
    time = np.arange(RATE) / RATE
    answer = np.random.default_rng(1).normal(size=RATE) * 10 ** (-3 * time / 0.8)
    wet = signal.fftconvolve(dry, answer)[: len(dry)].astype(np.float32)
    assert prosody(dry, RATE).fall > 15 > prosody(wet, RATE).fall
