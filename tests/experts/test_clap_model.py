import json
from pathlib import Path

import numpy as np
import pytest
from checkpoints.clap import DIMENSIONS
from checkpoints.clap import clap as save_clap

from auricle.experts.clap_model import SAMPLE_RATE, Clap, clap
from auricle.schemas.errors import UserError

pytest.importorskip("transformers")
pytest.importorskip("torch")


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(0, 0.1, round(seconds * SAMPLE_RATE)).astype(np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clap")
    save_clap(path)
    return path


@pytest.fixture(scope="module")
def model(folder: Path) -> Clap:
    return clap(folder, "cpu")


def test_vectors_have_unit_length(model: Clap) -> None:
    sounds, texts = model.audio([noise(3), noise(10, 1)]), model.text(["a dog barks", "rain"])
    assert model.dimensions == DIMENSIONS
    assert sounds.shape == texts.shape == (2, DIMENSIONS)
    assert np.linalg.norm(sounds, axis=1) == pytest.approx(1, abs=1e-5)
    assert np.linalg.norm(texts, axis=1) == pytest.approx(1, abs=1e-5)


def test_the_vectors_are_those_of_transformers_own_pipeline(folder: Path, model: Clap) -> None:
    import torch
    from transformers import ClapModel, ClapProcessor

    theirs = ClapModel.from_pretrained(folder).eval()
    processor = ClapProcessor.from_pretrained(folder)
    sound = noise(10)
    inputs = processor(
        text=["piano music"], audio=[sound], sampling_rate=SAMPLE_RATE, return_tensors="pt"
    )
    with torch.inference_mode():
        both = theirs(**inputs)
    assert np.allclose(both.audio_embeds.numpy(), model.audio([sound]), atol=1e-5)
    assert np.allclose(both.text_embeds.numpy(), model.text(["piano music"]), atol=1e-5)


def test_a_sound_gets_the_same_vector_in_every_company(model: Clap) -> None:
    sounds = [noise(10), noise(0.3, 1), noise(25, 2)]
    together = model.audio(sounds)
    assert all(
        np.array_equal(model.audio([sound])[0], row)
        for sound, row in zip(sounds, together, strict=True)
    )


def test_all_of_a_long_sound_counts_and_none_of_it_by_chance(model: Clap) -> None:
    first, second = noise(10), 0.3 * noise(10, 3) + np.sin(np.arange(480_000) / 20).astype("f")
    halves = model.audio([first, second]).mean(axis=0)
    whole = model.audio([np.concatenate([first, second])])[0]
    assert np.allclose(whole, halves / np.linalg.norm(halves), atol=1e-5)


def test_a_little_over_ten_seconds_is_one_window(model: Clap) -> None:
    sound = noise(10.02)
    assert np.array_equal(model.audio([sound]), model.audio([sound[: 10 * SAMPLE_RATE]]))


def test_a_text_is_read_once(model: Clap, monkeypatch: pytest.MonkeyPatch) -> None:
    first = model.text(["a cello", "a flute"])
    monkeypatch.setattr(model, "_read", lambda texts: pytest.fail(f"read again: {texts}"))
    assert np.array_equal(model.text(["a flute", "a cello", "a flute"]), first[[1, 0, 1]])


def test_a_long_text_is_cut_to_what_the_model_can_read(model: Clap) -> None:
    assert model.text(["la " * 500]).shape == (1, DIMENSIONS)


def test_nothing_gives_no_vectors(model: Clap) -> None:
    assert model.audio([]).shape == model.text([]).shape == (0, DIMENSIONS)


def test_an_empty_sound_is_refused(model: Clap) -> None:
    with pytest.raises(ValueError, match="empty"):
        model.audio([np.zeros(0, np.float32)])


def test_a_folder_of_another_model_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    with pytest.raises(UserError, match="bert"):
        clap(tmp_path)


def test_a_folder_without_the_weights_is_named(tmp_path: Path) -> None:
    save_clap(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(UserError, match="whole CLAP"):
        clap(tmp_path)


def test_weights_that_lack_a_tensor_are_refused(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    save_clap(tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    del tensors["text_projection.linear1.weight"]
    save_file(tensors, tmp_path / "model.safetensors", {"format": "pt"})
    with pytest.raises(UserError, match="text_projection"):
        clap(tmp_path)
