from pathlib import Path

import numpy as np
import pytest
from checkpoints.nisqa import ARGS, nisqa

from auricle.experts import models
from auricle.experts.base import Heard
from auricle.experts.quality_nisqa import NisqaQuality
from auricle.schemas.errors import MissingModel, UserError

torch = pytest.importorskip("torch")

RATE = 48_000


@pytest.fixture(scope="module")
def expert(tmp_path_factory: pytest.TempPathFactory) -> NisqaQuality:
    made = NisqaQuality(**nisqa(tmp_path_factory.mktemp("nisqa")))
    made.load()
    return made


def noise(seconds: float, seed: int = 1) -> Heard:
    sound = np.random.default_rng(seed).normal(0, 0.1, round(seconds * RATE)).astype(np.float32)
    return Heard("a", sound, RATE)


def test_the_network_is_the_one_that_torchmetrics_has(expert: NisqaQuality) -> None:
    reference = pytest.importorskip("torchmetrics.functional.audio.nisqa")
    other = reference._NISQADIM(ARGS)
    other.load_state_dict(expert._net.state_dict())  # strict: the names and shapes are the same
    segments = torch.randn(2, 9, 48, 15)
    with torch.inference_mode():
        ours = expert._net(segments)
        theirs = other.eval()(segments, torch.tensor([9, 9]))
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


def test_the_spectrogram_is_in_amplitude_decibels_of_48_bands(expert: NisqaQuality) -> None:
    time = np.arange(RATE) / RATE
    tone = (0.5 * np.sin(2 * np.pi * 1000 * time)).astype(np.float32)
    mel = expert._mel(torch.from_numpy(tone)[None])[0].numpy()
    assert mel.shape == (48, 101)
    middle = mel[:, 50]
    # The window adds 480 to a full sine at its bin; the filter there has an area of one over Hz.
    assert middle.argmax() == pytest.approx(1000 / (2595 * np.log10(1 + 20000 / 700)) * 48, abs=3)
    assert middle.max() == pytest.approx(mel.max())
    assert mel.min() >= mel.max() - 80.001
    louder = expert._mel(torch.from_numpy(2 * tone)[None])[0].numpy()
    np.testing.assert_allclose(louder[:, 50].max() - middle.max(), 6.02, atol=0.01)


def test_five_opinions_are_given_and_two_are_not_judged(expert: NisqaQuality) -> None:
    (found,) = expert.annotate([noise(2)])
    scores = (found.overall, found.noisiness, found.coloration, found.discontinuity, found.loudness)
    assert all(score is not None and 1 <= score <= 5 for score in scores)
    assert len(set(scores)) == 5
    assert (found.speech, found.background) == (None, None)


def test_the_order_of_the_outputs_is_the_authors(
    expert: NisqaQuality, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = torch.tensor([[1.1, 2.2, 3.3, 4.4, 9.9]])
    monkeypatch.setattr(expert, "_net", lambda segments: told)
    (found,) = expert.annotate([noise(1)])
    assert (found.overall, found.noisiness, found.discontinuity) == (1.1, 2.2, 3.3)
    assert (found.coloration, found.loudness) == (4.4, 5.0)


def test_clips_of_many_lengths_get_the_scores_they_get_alone(expert: NisqaQuality) -> None:
    clips = [noise(seconds, seed) for seed, seconds in enumerate((2, 0.3, 1.5, 2, 0.01))]
    together = expert.annotate(clips)
    assert [row for clip in clips for row in expert.annotate([clip])] == together
    assert together[-1].reason == "too_short"


def test_weights_that_are_never_fetched_are_found_where_the_user_puts_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AURICLE_MODELS", str(tmp_path))
    monkeypatch.setenv("AURICLE_STORE", str(tmp_path / "store"))
    with pytest.raises(MissingModel, match=r"get it from https.*put nisqa.tar into nisqa/"):
        NisqaQuality().load()
    (tmp_path / "nisqa").mkdir()
    nisqa(tmp_path / "nisqa")
    NisqaQuality(device="cpu").load()
    (use,) = [models.use(ref) for ref in NisqaQuality().models]
    assert (use.name, use.licence) == ("nisqa", "CC-BY-NC-SA-4.0")


def test_a_folder_without_the_weights_is_named(tmp_path: Path) -> None:
    (tmp_path / "something.txt").touch()
    with pytest.raises(MissingModel, match="nisqa.tar is missing"):
        NisqaQuality(model=str(tmp_path)).load()


def test_another_checkpoint_is_refused_in_one_line(tmp_path: Path) -> None:
    torch.save({"args": ARGS, "model_state_dict": {}}, tmp_path / "nisqa.tar")
    with pytest.raises(UserError, match="not a checkpoint of NISQA"):
        NisqaQuality(model=str(tmp_path), device="cpu").load()
