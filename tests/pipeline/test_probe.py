import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from fakes import MADE, fill

from auricle.experts.probe import read_probe
from auricle.pipeline.cli import cli
from auricle.pipeline.dataset import Dataset
from auricle.pipeline.probe import train
from auricle.pipeline.probe_fit import fit, held_out
from auricle.schemas.annotation import Embedding
from auricle.schemas.errors import UserError

LABELS = ("de", "en")


def cloud(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return vectors of two classes, apart along the first of four numbers by 1.5 spreads."""
    rng = np.random.default_rng(seed)
    classes = np.arange(count) % 2
    vectors = rng.normal(0, 1, (count, 4))
    vectors[:, 0] += 1.5 * classes
    return vectors, classes


@pytest.fixture
def dataset(tmp_path: Path) -> str:
    """Twelve recordings of two clips in two shards; the third number says the language."""
    names = [f"r{index:02d}" for index in range(12)]
    shards = [
        [f"{name}_{at}_1000" for name in half for at in (0, 1)] for half in (names[:6], names[6:])
    ]
    data = Dataset(str(tmp_path / "data"))
    fill(data, shards)
    for shard, clips in enumerate(shards):
        rows = [
            Embedding(clip_id=clip, kind="test-1", vector=(0.6, 0.1 * at, _side(clip)))
            for at, clip in enumerate(clips)
        ]
        rows[0] = Embedding.skipped(clips[0], "silent")
        data.write("embedding", shard, rows, MADE)
    return data.storage.uri


def _side(clip: str) -> float:
    return 0.8 if int(clip[1:3]) % 2 else -0.8


def labels_file(folder: Path, **columns: list[object]) -> str:
    path = folder / "labels.parquet"
    pq.write_table(pa.table(columns), path)
    return str(path)


def by_recording(folder: Path) -> str:
    names = [f"r{index:02d}" for index in range(12)]
    return labels_file(
        folder, recording_id=names, language=["en" if int(name[1:]) % 2 else "de" for name in names]
    )


# The head


def test_a_head_is_the_optimum_of_logistic_regression() -> None:
    vectors, classes = cloud(200)
    head = fit(vectors, classes, LABELS, l2=1.0)
    x = (vectors - vectors.mean(0)) / vectors.std(0)
    error = head.probabilities(vectors) - np.eye(2)[classes]
    weights = head.weights * vectors.std(0)
    assert np.abs(error.T @ x + 1.0 * weights).max() < 0.01, "the slope is zero"
    assert np.abs(error.sum(0)).max() < 0.01


def test_a_stronger_penalty_gives_smaller_weights() -> None:
    vectors, classes = cloud(100)
    weak, strong = (fit(vectors, classes, LABELS, l2).weights for l2 in (0.1, 100.0))
    assert np.abs(strong).max() < 0.5 * np.abs(weak).max()


def test_a_group_is_never_in_fitting_and_measuring() -> None:
    # Labels are drawn by group and the vectors tell nothing but the group.
    rng = np.random.default_rng(1)
    groups = np.repeat(np.arange(40), 5)
    classes = rng.integers(0, 2, 40)[groups]
    vectors = np.eye(40)[groups] + rng.normal(0, 0.01, (200, 40))
    grouped, _ = held_out(vectors, classes, groups, LABELS, 1.0)
    mixed, _ = held_out(vectors, classes, np.arange(200), LABELS, 1.0)
    assert mixed.accuracy > 0.95
    assert grouped.accuracy < 0.7


def test_heads_that_are_too_sure_are_cooled() -> None:
    rng = np.random.default_rng(2)
    vectors, classes = rng.normal(0, 1, (60, 40)), np.arange(60) % 2
    held, temperature = held_out(vectors, classes, np.arange(60), LABELS, 0.01)
    assert held.baseline == 0.5
    assert temperature > 2


# Training


def test_a_probe_learns_the_labels_of_recordings(dataset: str, tmp_path: Path) -> None:
    card = train(by_recording(tmp_path), dataset, "language", str(tmp_path / "probe"))
    assert (card.labels, card.counts, card.groups) == (LABELS, (10, 12), 12)
    assert (card.accuracy, card.held_out_by) == (1.0, "recording_id")
    assert (card.embedding, card.provenance) == ("test-1", MADE)
    told, head = read_probe(tmp_path / "probe")
    assert told == card
    assert head.probabilities(np.array([[0.6, 0.0, 0.8]]))[0].argmax() == 1


def test_labels_of_clips_and_a_group_of_its_own(dataset: str, tmp_path: Path) -> None:
    clips = [f"r{index:02d}_1_1000" for index in range(12)]
    labels = labels_file(
        tmp_path,
        clip_id=clips,
        recording_id=["of no use"] * 12,
        mood=["a" if _side(clip) > 0 else "b" for clip in clips[:11]] + [None],
        speaker=[clip[2] for clip in clips],
    )
    card = train(labels, dataset, "mood", str(tmp_path / "probe"), group="speaker")
    assert sum(card.counts) == 11, "one has no label"
    assert (card.held_out_by, card.groups) == ("speaker", 10)


def test_the_same_training_writes_the_same_probe(dataset: str, tmp_path: Path) -> None:
    labels = by_recording(tmp_path)
    cards = [train(labels, dataset, "language", str(tmp_path / name)) for name in ("one", "two")]
    assert cards[0] == cards[1]
    assert json.loads((tmp_path / "one" / "probe.json").read_text())["temperature"] > 0
    heads = [read_probe(tmp_path / name)[1] for name in ("one", "two")]
    assert np.array_equal(heads[0].weights, heads[1].weights)
    files = [(tmp_path / name / "probe.npz").read_bytes() for name in ("one", "two")]
    assert files[0] == files[1], "their hash is what provenance tells"


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"recording_id": ["r01"], "tongue": ["en"]}, "no column language"),
        ({"name": ["r01"], "language": ["en"]}, "no column clip_id or recording_id"),
        ({"recording_id": ["r01", "r01"], "language": ["en", "de"]}, "r01 has two labels"),
        ({"recording_id": ["r01", "r03"], "language": ["en", "en"]}, "two of each"),
        ({"recording_id": ["x"], "language": ["en"]}, "0 clips"),
    ],
)
def test_what_is_wrong_with_the_labels_is_said(
    dataset: str, tmp_path: Path, columns: dict[str, list[object]], said: str
) -> None:
    with pytest.raises(UserError, match=said):
        train(labels_file(tmp_path, **columns), dataset, "language", str(tmp_path / "probe"))
    assert not (tmp_path / "probe").exists()


def test_a_dataset_without_embeddings_is_named(tmp_path: Path) -> None:
    fill(Dataset(str(tmp_path / "data")), [["r01_0_1000"]])
    with pytest.raises(UserError, match="no embeddings"):
        train(by_recording(tmp_path), str(tmp_path / "data"), "language", str(tmp_path / "probe"))


def test_the_command_says_how_well_the_probe_does(dataset: str, tmp_path: Path) -> None:
    told = ["--on", dataset, "--label", "language", "--out", str(tmp_path / "probe")]
    done = CliRunner().invoke(cli, ["probe", "train", by_recording(tmp_path), *told])
    assert done.exit_code == 0, done.output
    assert read_probe(tmp_path / "probe")[0].column == "language"
