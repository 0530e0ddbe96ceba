from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from checkpoints import ser

from auricle.experts.base import Heard
from auricle.experts.emotion_audeering import AudeeringEmotion
from auricle.schemas.errors import UserError

RATE = 16_000


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, round(seconds * RATE)).astype(np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audeering")
    ser.audeering(folder)
    return folder


@pytest.fixture(scope="module")
def expert(folder: Path) -> AudeeringEmotion:
    expert = AudeeringEmotion(model=str(folder), device="cpu")
    expert.load()
    return expert


def test_the_outputs_are_those_of_the_authors_formula(
    expert: AudeeringEmotion, folder: Path
) -> None:
    """Mean of the last layer, dense, tanh, out_proj: from the file's tensors, by their names."""
    import torch
    from transformers import Wav2Vec2FeatureExtractor, Wav2Vec2Model

    sound = noise(2.0)
    weights = torch.load(folder / "pytorch_model.bin", weights_only=True)
    extractor = Wav2Vec2FeatureExtractor.from_pretrained(folder)
    encoder = Wav2Vec2Model.from_pretrained(folder).eval()
    values = extractor(sound, sampling_rate=RATE, return_tensors="pt").input_values
    with torch.inference_mode():
        mean = encoder(values)[0].mean(dim=1)
        dense = torch.tanh(
            mean @ weights["classifier.dense.weight"].T + weights["classifier.dense.bias"]
        )
        told = dense @ weights["classifier.out_proj.weight"].T + weights["classifier.out_proj.bias"]
    (found,) = expert._network.scores([sound], 1)
    assert found == pytest.approx(told[0].numpy(), abs=1e-5)


def test_arousal_and_valence_are_told_and_dominance_is_not(
    expert: AudeeringEmotion, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = np.array([0.7, 0.9, 1.2])
    monkeypatch.setattr(expert._network, "scores", lambda sounds, batch: [told] * len(sounds))
    (found,) = expert.annotate([Heard("a", noise(2.0), RATE)])
    assert (found.arousal, found.valence, found.category) == (0.7, 1.0, None)
    assert found.turns[0].arousal == 0.7
    assert [entry.what for entry in found.unjudged] == ["category"]


def test_padding_in_a_batch_changes_nothing(expert: AudeeringEmotion) -> None:
    sounds = [noise(1.0), noise(3.0, 1)]
    alone = np.array(expert._network.scores(sounds, 1))
    assert expert._network.together(sounds) == pytest.approx(alone, abs=1e-4)


def test_another_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="lacks"):
        AudeeringEmotion(**ser.hubert(tmp_path)).load()


def test_a_clip_too_short_is_skipped(expert: AudeeringEmotion) -> None:
    (found,) = expert.annotate([Heard("a", noise(0.1), RATE)])
    assert (found.status, found.reason) == ("skipped", "too_short")
