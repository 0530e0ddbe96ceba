"""Landmarks stay when a sound is copied in any of the ways that copies are made."""

from pathlib import Path

import numpy as np
import pytest
from duplicates import COPIES, read
from fakes import tone

from auricle.pipeline.judge.fingerprint import KEPT, landmarks, sample_hash

RATE = 16_000


@pytest.fixture(scope="module")
def sounds(samples: Path) -> dict[str, np.ndarray]:
    found = dict(read(samples, 20))
    assert len(found) >= 9
    return found


def test_the_hash_is_of_the_samples_and_the_rate() -> None:
    sound = tone(1.0)
    assert sample_hash(sound, RATE) == sample_hash(sound.copy(), RATE)
    assert sample_hash(sound, RATE) != sample_hash(sound, 8000)
    assert sample_hash(sound, RATE) != sample_hash(sound[:-1], RATE)


def test_landmarks_are_at_most_so_many_and_each_is_once(sounds) -> None:
    for sound in sounds.values():
        hashes, frames = landmarks(sound, RATE)
        assert len(hashes) == len(frames) == len(set(hashes.tolist())) <= KEPT


def test_hashes_are_spread_over_all_32_bits(sounds) -> None:
    """What comes first in an order must not come first in the hash, where it would meet others."""
    hashes = np.concatenate([landmarks(sound, RATE).hashes for sound in sounds.values()])
    filled = np.unique(hashes >> np.uint32(28))
    assert len(filled) == 16


def test_silence_and_sound_too_short_have_none() -> None:
    for sound in (np.zeros(RATE, np.float32), tone(0.05), np.zeros(0, np.float32)):
        assert len(landmarks(sound, RATE).hashes) == 0


def test_level_changes_nothing(sounds) -> None:
    for sound in sounds.values():
        whole, soft = landmarks(sound, RATE), landmarks(sound * np.float32(0.125), RATE)
        assert np.isin(whole.hashes, soft.hashes).mean() > 0.95


@pytest.mark.parametrize("kind", [kind for kind in COPIES if kind != "noise at 20 dB"])
def test_a_copy_keeps_many_and_another_sound_has_none_of_them(sounds, kind: str) -> None:
    names = list(sounds)[::3]
    for name, other in zip(names, names[1:] + names[:1], strict=True):
        hashes = landmarks(sounds[name], RATE).hashes
        copied = landmarks(COPIES[kind](sounds[name]), RATE).hashes
        kept = np.isin(hashes, copied).sum()
        foreign = np.isin(landmarks(sounds[other], RATE).hashes, copied).sum()
        assert kept >= 10, name
        assert foreign < kept / 3, (name, other)
