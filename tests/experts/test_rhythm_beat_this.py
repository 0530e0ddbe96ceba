from pathlib import Path

import numpy as np
import pytest
from checkpoints.beat_this import beat_this as save_beat_this

pytest.importorskip("torch")
pytest.importorskip("beat_this")

from auricle.experts import rhythm_beat_this
from auricle.experts.base import Heard
from auricle.experts.rhythm_beat_this import SAMPLE_RATE, BeatThisRhythm, Frames
from auricle.schemas.errors import UserError
from auricle.schemas.music import Rhythm


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(0, 0.1, round(seconds * SAMPLE_RATE)).astype(np.float32)


@pytest.fixture(scope="module")
def expert(tmp_path_factory: pytest.TempPathFactory) -> BeatThisRhythm:
    made = BeatThisRhythm(**save_beat_this(tmp_path_factory.mktemp("beat-this")))
    made.load()
    return made


def logits(times: np.ndarray, sure: float = 3.0) -> np.ndarray:
    """Return 10 s of logits with a peak at each time."""
    frames = np.arange(500) / 50
    away = np.abs(frames[:, np.newaxis] - times).min(axis=1)
    return np.where(away < 0.04, sure - (away / 0.02) ** 2, -5.0)


def told(expert: BeatThisRhythm, monkeypatch: pytest.MonkeyPatch, beat: np.ndarray) -> Rhythm:
    monkeypatch.setattr(expert, "_frames", lambda clips: [Frames(beat, logits(np.array([1.0])))])
    (row,) = expert.annotate([Heard("a", noise(10), SAMPLE_RATE)])
    return row


def test_the_network_says_what_it_says_in_the_authors_program(expert: BeatThisRhythm) -> None:
    from beat_this.inference import Audio2Frames

    sound = noise(40)
    theirs = Audio2Frames(str(Path(expert.model) / "final0.ckpt"))(sound, SAMPLE_RATE)
    (ours,) = expert._frames([Heard("a", sound, SAMPLE_RATE)])
    assert np.allclose(ours.beat, theirs[0].numpy(), atol=1e-3)
    assert np.allclose(ours.downbeat, theirs[1].numpy(), atol=1e-3)


def test_even_beats_give_their_tempo(
    expert: BeatThisRhythm, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = told(expert, monkeypatch, logits(np.arange(0.3, 9.8, 60 / 128)))
    assert row.tempo == pytest.approx(128, rel=0.005)
    assert row.tempo_confidence is not None and row.tempo_confidence > 0.9
    assert row.regularity is not None and row.regularity > 0.9
    assert row.downbeats == (1.0,)
    assert [round(tempo.bpm) for tempo in row.tempos[:1]] == [128]


def test_missing_beats_do_not_slow_the_tempo(
    expert: BeatThisRhythm, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = np.delete(np.arange(0.3, 9.8, 0.5), [4, 9, 10])
    row = told(expert, monkeypatch, logits(times))
    assert row.tempo == pytest.approx(120, rel=0.005)
    assert len(row.beats) == len(times)


def test_double_time_scores_by_what_lies_between_the_beats(
    expert: BeatThisRhythm, monkeypatch: pytest.MonkeyPatch
) -> None:
    beats = np.arange(0.3, 9.8, 1.0)
    frames = np.maximum(logits(beats), logits(beats + 0.5, sure=-0.2))
    row = told(expert, monkeypatch, frames)
    assert [round(tempo.bpm) for tempo in row.tempos] == [60, 120, 30]
    assert row.tempos[1].score > 0.25


def test_beats_at_random_have_no_tempo(
    expert: BeatThisRhythm, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = np.sort(np.random.default_rng(2).uniform(0, 10, 18))
    row = told(expert, monkeypatch, logits(times))
    assert (row.tempo, row.beats, row.downbeats, row.regularity) == (None, (), (), None)


def test_no_beats_have_no_tempo(expert: BeatThisRhythm, monkeypatch: pytest.MonkeyPatch) -> None:
    row = told(expert, monkeypatch, np.full(500, -5.0))
    assert (row.status, row.tempo, row.tempos, row.tempo_confidence) == ("ok", None, (), 0.0)


def test_clips_of_all_lengths_keep_their_order(expert: BeatThisRhythm) -> None:
    lengths = (10.0, 3.0, 10.0, 45.0)
    clips = [Heard(str(i), noise(s, i), SAMPLE_RATE) for i, s in enumerate(lengths)]
    alone = [expert._frames([clip])[0].beat for clip in clips]
    for together, own in zip(expert._frames(clips), alone, strict=True):
        assert np.array_equal(together.beat, own)


def test_a_folder_without_a_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="one checkpoint"):
        rhythm_beat_this._network(tmp_path)


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    import torch

    torch.save(
        {"state_dict": {"model.x": torch.zeros(1)}, "hyper_parameters": {}}, tmp_path / "a.ckpt"
    )
    with pytest.raises(UserError, match="Beat This"):
        rhythm_beat_this._network(tmp_path)


def test_a_checkpoint_runs_no_code(tmp_path: Path) -> None:
    import torch

    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (tmp_path / "trapped",)

    torch.save({"state_dict": {}, "hyper_parameters": Trap()}, tmp_path / "a.ckpt")
    with pytest.raises(UserError):
        rhythm_beat_this._network(tmp_path)
    assert not (tmp_path / "trapped").exists()
