"""What docs/training.md shows runs on exports, and learns."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import exports
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auricle.experts.sound import encode_flac
from auricle.experts.torch_runtime import with_torchaudio
from auricle.pipeline.export import meralion
from auricle.pipeline.export.rows import SCHEMA

torch = pytest.importorskip("torch", reason="torch is not installed")
datasets = pytest.importorskip("datasets", reason="the datasets library is not installed")

DOCS = Path(__file__).parents[2] / "docs"
SCRIPT = DOCS / "examples" / "train_tiny.py"
SOUNDS = {"A low tone hums.": 200.0, "A high tone whistles.": 2000.0, "Noise hisses, loudly!": 0.0}


def sound(pitch: float, seconds: float, seed: int) -> bytes:
    time = np.arange(round(seconds * 16_000)) / 16_000
    noise = np.random.default_rng(seed).normal(0, 0.2, len(time))
    wave = np.sin(2 * np.pi * pitch * time) * 0.5 if pitch else noise
    return encode_flac(wave.astype(np.float32), 16_000)


@pytest.fixture(scope="module")
def parquet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training Parquet of 24 clips of half a second to three in two files."""
    folder = tmp_path_factory.mktemp("set") / "exports" / "parquet"
    folder.mkdir(parents=True)
    for number in range(2):
        rows = []
        for index in range(12):
            caption, pitch = [*SOUNDS.items()][index % 3]
            seconds = 0.5 + 2.5 * index / 11
            clip = f"r{number}{index}_0_{index}"
            rows.append(
                {
                    "audio": {"bytes": sound(pitch, seconds, index), "path": f"{clip}.flac"},
                    "caption": caption,
                    "long": [caption],
                    "duration": seconds,
                    "clip_id": clip,
                    "recording_id": f"r{number}{index}",
                }
            )
        pq.write_table(pa.Table.from_pylist(rows, SCHEMA), folder / f"train-{number:05d}.parquet")
    return folder


@pytest.fixture(scope="module")
def train_tiny() -> ModuleType:
    spec = importlib.util.spec_from_file_location("train_tiny", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_tiny_captioner_learns(parquet: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(parquet), "--steps", "40", "--seconds", "12"],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    losses = [float(loss) for loss in re.findall(r"loss ([\d.]+)", done.stdout)]
    assert len(losses) == 5
    assert losses[-1] < 0.3 * losses[0]


def test_batches_hold_every_clip_once_and_little_padding(train_tiny: ModuleType) -> None:
    seconds = [float(s) for s in np.random.default_rng(0).uniform(1, 30, 500)]
    buckets = train_tiny.Buckets(seconds, a_batch=120)
    first, second = [*buckets], [*buckets]
    assert first != second
    for batches in (first, second):
        assert sorted(clip for batch in batches for clip in batch) == [*range(500)]
        taken = [max(seconds[clip] for clip in batch) * len(batch) for batch in batches]
        assert max(taken) <= 120
        assert sum(taken) < 1.1 * sum(seconds)


def test_a_clip_is_heard_alike_alone_and_padded_in_a_batch(
    train_tiny: ModuleType, parquet: Path
) -> None:
    rows = pq.read_table(parquet / "train-00000.parquet").to_pylist()[:4]
    vocabulary = train_tiny.Vocabulary([row["caption"] for row in rows])
    torch.manual_seed(0)
    model = train_tiny.Captioner(len(vocabulary.words)).eval()
    spectra, lengths, captions = train_tiny.collate(rows, vocabulary)
    assert spectra.shape[:2] == (4, int(lengths.max()))
    alone = model(*train_tiny.collate(rows[:1], vocabulary))
    together = model(spectra, lengths, captions)
    assert torch.allclose(alone[0], together[0, : alone.shape[1]], atol=1e-3)


def test_the_words_of_a_caption_come_back(train_tiny: ModuleType) -> None:
    vocabulary = train_tiny.Vocabulary([*SOUNDS])
    numbers = vocabulary.encode("Noise hisses, softly!").tolist()
    assert [vocabulary.words[number] for number in numbers] == [
        *("<s>", "noise", "hisses", ",", "<?>", "!", "</s>")
    ]


def blocks() -> list[str]:
    return re.findall(r"```python\n(.*?)```", (DOCS / "training.md").read_text("utf-8"), re.S)


def test_plain_parquet_is_read_as_the_document_shows(
    parquet: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(parquet.parents[1])
    exec(blocks()[0], {})
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 12
    assert printed[0] == "0.5 A low tone hums."


def test_the_recognizer_is_trained_as_the_document_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The snippet runs as it stands, but for the model and the number of steps."""
    with_torchaudio()
    transformers: Any = pytest.importorskip("transformers", reason="transformers is not installed")
    exports.write(meralion, tmp_path)
    config = transformers.Wav2Vec2Config(
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        conv_dim=(16, 16),
        conv_kernel=(10, 8),
        conv_stride=(20, 16),
        num_feat_extract_layers=2,
        num_conv_pos_embeddings=8,
        num_conv_pos_embedding_groups=2,
        mask_time_prob=0.0,
    )
    transformers.Wav2Vec2Model(config).save_pretrained(tmp_path / "tiny")
    transformers.Wav2Vec2FeatureExtractor(return_attention_mask=True).save_pretrained(
        tmp_path / "tiny"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    snippet = (
        blocks()[1]
        .replace('"MERaLiON/MERaLiON-SpeechEncoder-2"', '"./tiny"')
        .replace("STEPS = 10_000", "STEPS = 15")
        .replace("lr=3e-5", "lr=3e-2")
    )
    torch.manual_seed(0)
    exec(snippet, {})
    losses = [float(loss) for loss in re.findall(r"loss ([\d.]+)", capsys.readouterr().out)]
    assert len(losses) == 15
    assert np.mean(losses[-3:]) < 0.7 * losses[0]
    vocabulary = json.loads((tmp_path / "exports/meralion/ctc/vocab.json").read_text("utf-8"))
    saved = transformers.AutoModelForCTC.from_pretrained("meralion-ctc")
    assert saved.config.vocab_size >= len(vocabulary)
