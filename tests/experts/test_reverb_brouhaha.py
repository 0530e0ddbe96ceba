from pathlib import Path

import numpy as np
import pytest
from checkpoints.brouhaha import SECONDS, brouhaha

from auricle.experts.base import Heard
from auricle.experts.reverb_brouhaha import BrouhahaReverb
from auricle.schemas.errors import MissingModel, UserError

torch = pytest.importorskip("torch")
pytest.importorskip("asteroid_filterbanks", reason="comes with pyannote.audio")

RATE = 16_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("brouhaha")
    brouhaha(made)
    return made


def loaded(folder: Path, **settings: object) -> BrouhahaReverb:
    expert = BrouhahaReverb(model=str(folder), device="cpu", **settings)  # type: ignore[arg-type]
    expert.load()
    return expert


def noise(seconds: float) -> Heard:
    sound = np.random.default_rng(1).normal(0, 0.1, round(seconds * RATE)).astype(np.float32)
    return Heard("a", sound, RATE)


def changed(folder: Path, target: Path, **weights: float | None) -> Path:
    """Return a copy of the checkpoint with heads set to a value, or without them."""
    found = torch.load(folder / "pytorch_model.bin", weights_only=False)
    for head, value in weights.items():
        for part in ("weight", "bias"):
            name = f"classifier.linears.{head}.{part}"
            if value is None:
                del found["state_dict"][name]
            else:
                found["state_dict"][name].fill_(value if part == "bias" else 0.0)
    torch.save(found, target / "pytorch_model.bin")
    return target


@pytest.mark.parametrize(("raw", "c50"), [(-30.0, 60.0), (0.0, 25.0), (30.0, -10.0)])
def test_the_scale_of_c50_is_the_authors_which_falls(
    folder: Path, tmp_path: Path, raw: float, c50: float
) -> None:
    (found,) = loaded(changed(folder, tmp_path, c50=raw)).annotate([noise(3)])
    assert found.status == "ok"
    assert found.c50 == pytest.approx(c50, abs=0.01)
    assert found.rt60 is None


def test_frames_without_speech_do_not_count(folder: Path, tmp_path: Path) -> None:
    (found,) = loaded(changed(folder, tmp_path, vad=-9.0)).annotate([noise(3)])
    assert (found.status, found.reason) == ("skipped", "no_speech_frames")


def test_windows_are_as_long_as_in_training_and_reach_the_end(folder: Path) -> None:
    expert = loaded(folder)
    window = round(SECONDS * RATE)
    ramp = np.arange(5 * RATE + 7, dtype=np.float32)
    cuts = expert._cut(ramp)
    assert {len(cut) for cut in cuts} == {window}
    assert [int(cut[0]) for cut in cuts[:3]] == [0, window // 2, window]
    assert cuts[-1][-1] == ramp[-1]
    assert [len(cut) for cut in expert._cut(ramp[:1000])] == [1000]


def test_the_size_of_a_batch_changes_nothing(folder: Path) -> None:
    clips = [noise(seconds) for seconds in (5, 0.5, 2.2, 5)]
    assert loaded(folder, batch=1).annotate(clips) == loaded(folder, batch=64).annotate(clips)


def test_another_checkpoint_is_refused_in_one_line(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="lacks the heads"):
        loaded(changed(folder, tmp_path, snr=None))
    (tmp_path / "pytorch_model.bin").write_bytes(b"no checkpoint")
    with pytest.raises(UserError, match="not a checkpoint that can be read"):
        loaded(tmp_path)


def test_objects_in_the_checkpoint_are_never_brought_to_life(folder: Path, tmp_path: Path) -> None:
    found = torch.load(folder / "pytorch_model.bin", weights_only=False)
    found["callbacks"] = _Touches(tmp_path / "touched.npy")
    torch.save(found, tmp_path / "pytorch_model.bin")
    loaded(tmp_path)
    assert not (tmp_path / "touched.npy").exists()


def test_weights_that_are_not_here_are_a_missing_model(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AURICLE_MODELS", "AURICLE_STORE", "HF_HUB_CACHE"):
        monkeypatch.setenv(name, str(tmp_path))
    with pytest.raises(MissingModel, match="brouhaha"):
        BrouhahaReverb().load()


class _Touches:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return np.save, (str(self.path), 1)
