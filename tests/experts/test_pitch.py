from itertools import pairwise, product

import numpy as np
import pytest
from voices import RATE, held

from auricle.experts.pitch import track, tracks
from auricle.experts.pitch_path import best_paths


@pytest.mark.parametrize("pitch", [75.0, 120.0, 210.0, 400.0])
def test_the_pitch_of_a_held_vowel_is_found_to_a_thousandth(pitch: float) -> None:
    found = track(held(pitch), RATE)
    assert found.voiced.mean() > 0.95
    assert np.median(found.frequency[found.voiced]) == pytest.approx(pitch, rel=1e-3)


@pytest.mark.parametrize("noise", [5.0, 10.0, 20.0])
def test_the_harmonicity_is_the_ratio_of_voice_to_white_noise(noise: float) -> None:
    found = track(held(noise=noise), RATE)
    assert found.harmonicity[found.voiced].mean() == pytest.approx(noise, abs=0.5)


def test_a_glide_is_followed_without_leaps() -> None:
    time = np.arange(2 * RATE) / RATE
    phase = 2 * np.pi * 100 * 2 * (2 ** (time / 2) - 1) / np.log(2)  # 100 to 200 Hz
    sound = sum(np.sin(k * phase) / k for k in range(1, 15)) / 4
    found = track(np.asarray(sound, np.float32), RATE)
    assert found.voiced.all()
    assert found.frequency == pytest.approx(100 * 2 ** (found.times / 2), rel=0.01)


def test_noise_and_silence_have_no_pitch() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 2 * RATE).astype(np.float32)
    assert track(noise, RATE).voiced.mean() < 0.02
    assert len(track(np.zeros(RATE, np.float32), RATE).times) == 0


def test_a_pause_is_unvoiced_and_its_neighbours_keep_their_pitch() -> None:
    sound = np.concatenate([held(120, 1), np.zeros(RATE, np.float32), held(210, 1)])
    found = track(sound, RATE)
    pause = (found.times > 1.1) & (found.times < 1.9)
    assert not found.voiced[pause].any()
    assert np.median(found.frequency[found.times < 0.9]) == pytest.approx(120, rel=0.01)
    assert np.median(found.frequency[found.times > 2.1]) == pytest.approx(210, rel=0.01)


def test_loudness_changes_no_pitch() -> None:
    loud, quiet = track(held(140), RATE), track(held(140) * np.float32(0.001), RATE)
    assert quiet.frequency == pytest.approx(loud.frequency, rel=1e-4)


def test_less_than_a_window_has_no_frames() -> None:
    assert len(track(held()[: RATE // 25], RATE).times) == 0
    assert len(track(np.zeros(0, np.float32), RATE).times) == 0


def test_sounds_that_are_tracked_together_have_the_pitch_they_have_alone() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32)
    sounds = [held(120, 1), noise, held(210, 2), np.zeros(0, np.float32), held(90, 0.3)] * 4
    for sound, found in zip(sounds, tracks(sounds, RATE), strict=True):
        alone = track(sound, RATE)
        assert all(np.array_equal(a, b) for a, b in zip(found, alone, strict=True))


def test_no_other_path_is_worth_more_than_the_best() -> None:
    rng = np.random.default_rng(3)
    worth, octaves = rng.random((5, 3)), rng.random((5, 3))
    (best,) = best_paths([worth], [octaves], 0.5, 0.2)

    def value(path: tuple[int, ...]) -> float:
        total = sum(worth[frame, state] for frame, state in enumerate(path))
        for frame, (one, other) in enumerate(pairwise(path)):
            jump = 0.5 * abs(octaves[frame, one] - octaves[frame + 1, other])
            total -= jump if one and other else 0.2 * ((one > 0) != (other > 0))
        return total

    assert tuple(best) == max(product(range(3), repeat=5), key=value)
