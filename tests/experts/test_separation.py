"""Voices parted from music: real Demucs code on a small random network."""

import json
from pathlib import Path

import numpy as np
import pytest
from fakes import tone

from auricle.experts.separation import Vocals, vocals
from auricle.schemas.errors import UserError

RATE = 16_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("demucs", reason='needs demucs: pip install "auricle[separation]"')
    from checkpoints.htdemucs import htdemucs

    return htdemucs(tmp_path_factory.mktemp("htdemucs"))


def test_the_voices_are_as_long_as_the_clip_and_the_same_every_time(folder: Path) -> None:
    waveforms = [tone(1.3), tone(2.7), tone(0.5) * 0, tone(0.05), tone()[:0]]
    first = vocals(folder, "cpu")(waveforms, RATE)
    vocals.cache_clear()
    second = vocals(folder, "cpu")(waveforms, RATE)
    for before, one, other in zip(waveforms, first, second, strict=True):
        assert len(one) == len(before) and one.dtype == np.float32
        assert np.isfinite(one).all()
        assert np.array_equal(one, other)
    assert not np.allclose(first[0], waveforms[0], atol=0.01)


def test_a_louder_clip_gives_louder_voices(folder: Path) -> None:
    quiet, loud = vocals(folder, "cpu")([tone(1.0, 0.1), tone(1.0, 0.8)], RATE)
    assert np.abs(loud).max() == pytest.approx(8 * np.abs(quiet).max(), rel=0.05)


def test_a_clip_is_parted_once() -> None:
    asked: list[int] = []

    def separate(waveform: np.ndarray) -> np.ndarray:
        asked.append(len(waveform))
        return waveform * 0.5

    part = Vocals(separate, RATE)
    first, again = part([tone(1.0), tone(1.0)], RATE)
    (later,) = part([tone(1.0)], RATE)
    assert asked == [RATE]
    assert np.array_equal(first, again) and np.array_equal(first, later)
    assert first.max() == pytest.approx(0.25, abs=0.001)


def test_a_file_that_names_another_class_is_refused(folder: Path, tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    about = {"klass": "subprocess.Popen", "args": json.dumps([["true"]]), "kwargs": "{}"}
    save_file({"a": np.zeros(1)}, str(tmp_path / "bad.safetensors"), metadata=about)
    with pytest.raises(UserError, match=r"not a plain demucs\.htdemucs\.HTDemucs"):
        vocals(tmp_path, "cpu")


def test_a_folder_without_the_file_says_what_is_needed(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"one \.safetensors of HTDemucs is needed, 0 found"):
        vocals(tmp_path, "cpu")
