from pathlib import Path

import numpy as np
import pytest
from checkpoints.ced import dasheng
from checkpoints.clap import clap
from checkpoints.encoders import meralion, wav2vec2, whisper

from auricle.experts.base import Heard
from auricle.experts.embedding import LogMelEmbedding
from auricle.experts.embedding_clap import ClapEmbedding
from auricle.experts.embedding_dasheng import DashengEmbedding
from auricle.experts.embedding_transformers import MeralionEmbedding, TransformersEmbedding
from auricle.experts.windows import mean_over, run_full, spread
from auricle.schemas.annotation import Embedding
from auricle.schemas.errors import UserError

RATE = 16_000


def noise(seconds: float, seed: int = 1, rate: int = RATE) -> np.ndarray:
    rng = np.random.default_rng(seed)
    sound = rng.normal(0, 0.1, round(seconds * rate))
    return np.convolve(sound, rng.normal(0, 0.3, 9), "same").astype(np.float32)


def rows(expert, *sounds: np.ndarray) -> list[Embedding]:
    rate = expert.sample_rate
    return expert.annotate([Heard(str(i), sound, rate) for i, sound in enumerate(sounds)])


def vector(row: Embedding) -> np.ndarray:
    return np.array(row.vector)


# Log-mel


@pytest.fixture(scope="module")
def log_mel() -> LogMelEmbedding:
    expert = LogMelEmbedding()
    expert.load()
    return expert


def test_a_vector_has_unit_length_and_says_its_kind(log_mel: LogMelEmbedding) -> None:
    (row,) = rows(log_mel, noise(2.0))
    assert np.linalg.norm(row.vector) == pytest.approx(1, abs=1e-5)
    assert len(row.vector) == 192
    assert row.kind is not None and row.kind.startswith("log-mel-")


def test_gain_does_not_change_a_vector(log_mel: LogMelEmbedding) -> None:
    loud, soft = rows(log_mel, noise(2.0), 0.05 * noise(2.0))
    assert np.abs(vector(loud) - vector(soft)).max() < 1e-5


def test_a_shifted_copy_is_nearer_than_another_sound(log_mel: LogMelEmbedding) -> None:
    sound = noise(3.0)
    first, shifted, other = rows(log_mel, sound, sound[800:], noise(3.0, seed=2))
    likeness = vector(first) @ vector(shifted)
    assert likeness > 0.995
    assert vector(first) @ vector(other) < likeness - 0.02


def test_what_cannot_be_embedded_is_skipped_with_the_reason(log_mel: LogMelEmbedding) -> None:
    empty, short, silent, good = rows(
        log_mel, np.zeros(0, np.float32), noise(0.05), np.zeros(RATE, np.float32), noise(1.0)
    )
    assert [row.reason for row in (empty, short, silent)] == ["too_short", "too_short", "silent"]
    assert good.status == "ok"


def test_vectors_of_other_settings_are_of_another_kind(log_mel: LogMelEmbedding) -> None:
    other = LogMelEmbedding(bands=32)
    other.load()
    assert rows(other, noise(1.0))[0].kind != rows(log_mel, noise(1.0))[0].kind


# Windows


def test_windows_cover_a_sound_evenly_and_a_short_one_is_left_as_it_is() -> None:
    sound = np.arange(25, dtype=np.float32)
    assert [window[0] for window in spread(sound, 10)] == [0, 8, 15]
    assert all(len(window) == 10 for window in spread(sound, 10))
    assert [len(window) for window in spread(sound[:7], 10)] == [7]


def test_batches_are_full_and_odd_windows_go_alone() -> None:
    seen: list[tuple[int, ...]] = []

    def run(windows: np.ndarray) -> np.ndarray:
        seen.append(windows.shape)
        return windows[:, :1]

    windows = [np.full(size, i, np.float32) for i, size in enumerate((4, 4, 3, 4))]
    assert run_full(windows, 4, 2, run)[:, 0].tolist() == [0, 1, 2, 3]
    assert seen == [(2, 4), (2, 4), (1, 3)]


def test_a_long_sound_is_the_mean_of_its_windows() -> None:
    sounds = [np.array([1, 1, 5, 5], np.float32), np.array([2], np.float32)]
    found = mean_over(sounds, 2, lambda cut: np.array([[window.mean()] for window in cut]))
    assert found[:, 0].tolist() == [3, 2]


# Networks, from small random checkpoints


def made(kind, make, folder: Path, **settings):
    for package in kind.packages:
        pytest.importorskip(package)
    expert = kind(**make(folder), **settings)
    expert.load()
    return expert


def test_dasheng_reads_the_hubs_layout(tmp_path: Path) -> None:
    expert = made(DashengEmbedding, dasheng, tmp_path)
    one, other, long = rows(expert, noise(10.0), noise(3.0, 2), noise(17.0, 3))
    assert len(one.vector) == len(other.vector) == len(long.vector) == 32
    assert np.abs(vector(one) - vector(other)).max() > 0.01


def test_dasheng_leaves_the_padding_of_a_long_sound_out(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from auricle.experts.ced_net import read_network

    dasheng(tmp_path)
    network, _ = read_network(tmp_path, 1008, "cpu")
    sound = torch.from_numpy(noise(12.0))[None]
    normal = network._normal(network.mel(sound))
    first, last = network._parts(normal)
    tokens = torch.cat([network._grid(first), network._grid(last)[:, :, : (1201 - 1008) // 4]], 2)
    assert torch.allclose(network.vectors(sound), tokens.mean((1, 2)), atol=1e-5)


def test_clap_vectors_are_the_shared_models(tmp_path: Path) -> None:
    expert = made(ClapEmbedding, clap, tmp_path)
    sound = noise(2.0, rate=48_000)
    (row,) = rows(expert, sound)
    assert vector(row) == pytest.approx(expert._clap.audio([sound])[0], abs=1e-5)


def test_an_encoder_of_transformers_is_pooled_over_time(tmp_path: Path) -> None:
    expert = made(TransformersEmbedding, wav2vec2, tmp_path)
    sound = noise(2.0)
    (row,) = rows(expert, sound)
    inputs = expert._prepared([sound])
    import torch

    with torch.inference_mode():
        output = expert._encoder(**inputs).last_hidden_state[0].mean(0).numpy()
    assert vector(row) == pytest.approx(output / np.linalg.norm(output), abs=1e-5)


def test_another_layer_gives_other_vectors_of_another_kind(tmp_path: Path) -> None:
    last = made(TransformersEmbedding, wav2vec2, tmp_path)
    middle = made(TransformersEmbedding, wav2vec2, tmp_path, layer=1)
    (one,), (other,) = rows(last, noise(1.0)), rows(middle, noise(1.0))
    assert one.kind != other.kind
    assert np.abs(vector(one) - vector(other)).max() > 0.001


def test_whispers_padding_to_30_seconds_is_left_out(tmp_path: Path) -> None:
    expert = made(TransformersEmbedding, whisper, tmp_path)
    sound = noise(3.0)
    (row,) = rows(expert, sound)
    import torch

    with torch.inference_mode():
        output = expert._encoder(expert._prepared([sound])["input_features"]).last_hidden_state
    heard = output[0, :150].mean(0).numpy()
    assert vector(row) == pytest.approx(heard / np.linalg.norm(heard), abs=1e-5)


def test_foreign_code_does_not_run_before_it_is_trusted(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    settings = meralion(tmp_path) | {"trust_remote_code": False}
    (tmp_path / "modeling_tiny.py").write_text("raise SystemExit('it ran')")
    with pytest.raises(UserError, match="trust_remote_code"):
        MeralionEmbedding(**settings).load()


def test_position_tables_of_foreign_code_are_whole(tmp_path: Path) -> None:
    expert = made(MeralionEmbedding, meralion, tmp_path)
    for positions in expert._encoder.positions:
        table = positions.pe.numpy()[:, 0]
        assert table == pytest.approx(np.sin(np.arange(4000.0, dtype=np.float32)), abs=1e-6)
    first, second = rows(expert, noise(1.0), noise(2.0))
    assert first.status == second.status == "ok"


def test_an_encoder_has_to_be_named() -> None:
    with pytest.raises(UserError, match=r"embedding\.model"):
        TransformersEmbedding().load()


def test_a_folder_without_an_encoder_is_named(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    (tmp_path / "config.json").write_text('{"model_type": "wav2vec2"}')
    with pytest.raises(UserError, match="no encoder of sound"):
        TransformersEmbedding(model=str(tmp_path)).load()
