from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from checkpoints import ser

from auricle.experts.base import Heard
from auricle.experts.emotion_ser import SerEmotion, common_name
from auricle.schemas.errors import UserError
from auricle.schemas.speech import Diarization, Emotion, Turn

RATE = 16_000


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, round(seconds * RATE)).astype(np.float32)


def clip(*seconds: float) -> Heard:
    """A clip of turns of these lengths, one speaker each."""
    ends = np.cumsum(seconds).tolist()
    turns = tuple(
        Turn(start=end - length, end=end, speaker=chr(65 + number))
        for number, (end, length) in enumerate(zip(ends, seconds, strict=True))
    )
    said = Diarization(clip_id="a", turns=turns, speakers=len(turns))
    sound = np.concatenate([noise(length, seed) for seed, length in enumerate(seconds)])
    return Heard("a", sound, RATE, (said,))


def loaded(settings: dict[str, Any], **more: Any) -> SerEmotion:
    expert = SerEmotion(**settings, **more)
    expert.load()
    return expert


@pytest.fixture(scope="module")
def hubert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hubert")
    ser.hubert(folder)
    return folder


@pytest.fixture(scope="module")
def expert(hubert: Path) -> SerEmotion:
    return loaded({"model": str(hubert), "device": "cpu"})


def test_it_says_what_the_same_checkpoint_says_through_transformers_own_pipeline(
    expert: SerEmotion, hubert: Path
) -> None:
    from transformers import pipeline

    sound = noise(2.0)
    (found,) = expert.annotate([Heard("a", sound, RATE)])
    own = pipeline("audio-classification", model=str(hubert), device="cpu", top_k=None)
    told = {common_name(entry["label"]): entry["score"] for entry in own(sound)}
    assert {entry.label: entry.score for entry in found.candidates} == pytest.approx(told, abs=1e-4)


def test_sounds_differ_in_what_they_score(expert: SerEmotion) -> None:
    rows = expert.annotate(
        [Heard("a", noise(2.0), RATE), Heard("b", 0.1 * np.sign(noise(2)), RATE)]
    )
    assert rows[0].candidates != rows[1].candidates


def test_the_clip_is_the_mean_of_its_turns_by_their_length(expert: SerEmotion) -> None:
    (whole,) = expert.annotate([clip(3.0, 1.0)])
    parts = [
        expert.annotate([Heard("b", noise(length, seed), RATE)])[0]
        for seed, length in enumerate((3.0, 1.0))
    ]

    def scores(row: Emotion) -> np.ndarray:
        return np.array([score for _, score in sorted((c.label, c.score) for c in row.candidates)])

    assert scores(whole) == pytest.approx(
        0.75 * scores(parts[0]) + 0.25 * scores(parts[1]), abs=2e-4
    )
    assert [turn.speaker for turn in whole.turns] == ["A", "B"]


def test_a_turn_too_short_to_tell_keeps_its_place_and_says_nothing(expert: SerEmotion) -> None:
    (found,) = expert.annotate([clip(2.0, 0.2)])
    assert [turn.probability is None for turn in found.turns] == [False, True]


def test_a_long_turn_is_heard_in_parts(expert: SerEmotion) -> None:
    (found,) = expert.annotate([Heard("a", noise(31.0), RATE)])
    assert len(found.turns) == 1 and found.turns[0].end == 31.0


@pytest.mark.parametrize(("sure", "named"), [(0.0, True), (0.999, False)])
def test_the_category_is_null_unless_sure(hubert: Path, sure: float, named: bool) -> None:
    expert = loaded({"model": str(hubert), "device": "cpu"}, sure=sure)
    (found,) = expert.annotate([Heard("a", noise(2.0), RATE)])
    assert (found.category is not None) == named
    assert found.probability == found.candidates[0].score


def test_padding_in_a_batch_changes_nothing_where_the_model_takes_a_mask(
    expert: SerEmotion,
) -> None:
    sounds = [noise(1.0), noise(3.0, 1)]
    together = expert._heard(sounds, [0, 1])
    alone = np.concatenate([expert._heard(sounds, [number]) for number in (0, 1)])
    assert together == pytest.approx(alone, abs=1e-4)


def test_the_whisper_encoder_serves_too(tmp_path: Path) -> None:
    (found,) = loaded(ser.whisper(tmp_path)).annotate([clip(1.0, 2.0)])
    assert {entry.label for entry in found.candidates} == {
        "angry", "disgusted", "fearful", "happy", "neutral", "sad", "surprised",
    }  # fmt: skip


def test_names_that_mean_the_same_are_added_up(tmp_path: Path) -> None:
    expert = loaded(ser.hubert(tmp_path, labels={0: "joy", 1: "excited", 2: "sad", 3: "x"}))
    (found,) = expert.annotate([Heard("a", noise(2.0), RATE)])
    assert {entry.label for entry in found.candidates} == {"happy", "sad", "other"}
    assert sum(entry.score for entry in found.candidates) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("neu", "neutral"),
        ("Anger", "angry"),
        ("生气/angry", "angry"),
        ("female_fearful", "fearful"),
        ("pleasant_surprise", "surprised"),
        ("boredom", "bored"),
        ("contempt", "other"),
        ("<unk>", "other"),
    ],
)
def test_what_models_call_emotions_becomes_our_names(label: str, name: str) -> None:
    assert common_name(label) == name


def test_a_checkpoint_without_its_classifier_is_refused(tmp_path: Path) -> None:
    import torch

    settings = ser.hubert(tmp_path)
    weights = torch.load(tmp_path / "pytorch_model.bin", weights_only=True)
    torch.save(
        {name.replace("classifier.", "classifier.dense."): t for name, t in weights.items()},
        tmp_path / "pytorch_model.bin",
    )
    with pytest.raises(UserError, match="lack classifier"):
        loaded(settings)


def test_a_classifier_of_something_else_is_refused(tmp_path: Path) -> None:
    settings = ser.hubert(tmp_path, labels={0: "LABEL_0", 1: "LABEL_1", 2: "x", 3: "y"})
    with pytest.raises(UserError, match="names no emotions"):
        loaded(settings)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError):
        loaded({"model": str(tmp_path), "device": "cpu"})


def test_silence_is_skipped_as_silent(expert: SerEmotion) -> None:
    (found,) = expert.annotate([Heard("a", np.zeros(RATE, np.float32), RATE)])
    assert (found.status, found.reason) == ("skipped", "silent")
