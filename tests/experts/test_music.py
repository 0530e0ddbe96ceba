"""Music labels: the checkpoint reader, the network, and what the labels say."""

import struct
from pathlib import Path

import numpy as np
import pytest

from auricle.experts.base import Heard
from auricle.experts.model_lock import locked_models
from auricle.experts.music import MusicnnMusic, patches, strongest
from auricle.experts.music_labels import (
    ERAS,
    GENRES,
    INSTRUMENTS,
    MOODS,
    MSD_TAGS,
    MTT_TAGS,
    NO_VOCALS,
    TEMPOS,
    UNUSED,
    VOCALS,
)
from auricle.experts.musicnn_net import Musicnn, log_mel, mel_filters
from auricle.experts.sound import decode_flac, resample
from auricle.experts.tf_checkpoint import read_checkpoint
from auricle.schemas.errors import MissingModel

RATE = 16000
DEV = Path(__file__).parents[3] / "shared" / "data" / "dev"


def chord(seconds: float) -> np.ndarray:
    """Return three tones, struck twice a second."""
    time = np.arange(int(seconds * RATE)) / RATE
    tones = ((0.2, 220.0), (0.1, 277.18), (0.1, 329.63))
    waveform = sum(level * np.sin(2 * np.pi * hertz * time) for level, hertz in tones)
    return np.asarray(waveform * np.exp(-2 * (time % 0.5)), np.float32)


@pytest.fixture(scope="module")
def expert() -> MusicnnMusic:
    music = MusicnnMusic()
    try:
        music.load()
    except MissingModel as error:
        pytest.skip(str(error))
    return music


# The checkpoint reader


def number(value: int) -> bytes:
    """Return a base-128 number."""
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + number(rest) if rest else bytes([low])


def block(entries: list[tuple[bytes, bytes]]) -> bytes:
    """Return a table block in which each key names only what differs from the key before it."""
    out, before = b"", b""
    for key, value in entries:
        shared = next(
            (i for i, (a, b) in enumerate(zip(key, before, strict=False)) if a != b),
            min(len(key), len(before)),
        )
        fresh = key[shared:]
        out += number(shared) + number(len(fresh)) + number(len(value)) + fresh + value
        before = key
    return out + struct.pack("<II", 0, 1)


def write_checkpoint(folder: Path, tensors: dict[str, np.ndarray], compression: int = 0) -> None:
    """Write a checkpoint of one data file, as TensorFlow would."""
    data, entries = b"", [(b"", b"\x08\x01")]
    for name, tensor in sorted(tensors.items()):
        dims = b"".join(
            b"\x12" + number(len(size)) + size
            for size in (b"\x08" + number(length) for length in tensor.shape)
        )
        entry = b"\x08\x01\x12" + number(len(dims)) + dims
        entry += b"\x20" + number(len(data)) + b"\x28" + number(tensor.nbytes) + b"\x35crc!"
        entries.append((name.encode(), entry))
        data += tensor.astype("<f4").tobytes()
    first = block(entries)
    handle = number(0) + number(len(first))
    second = block([(b"~", handle)])
    trailer = bytes([compression]) + b"crc!"
    start = len(first) + len(trailer)
    footer = number(0) + number(0) + number(start) + number(len(second))
    footer = footer.ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57)
    (folder / ".index").write_bytes(first + trailer + second + trailer + footer)
    (folder / ".data-00000-of-00001").write_bytes(data)


def test_a_checkpoint_gives_back_its_tensors_by_name(tmp_path: Path) -> None:
    tensors = {
        "conv2d/kernel": np.arange(600, dtype=np.float32).reshape(2, 3, 1, 100),
        "conv2d/bias": np.array([0.5], np.float32),
        "step": np.array(3, np.float32),
    }
    write_checkpoint(tmp_path, tensors)
    read = read_checkpoint(tmp_path)
    assert sorted(read) == sorted(tensors)
    for name, tensor in tensors.items():
        assert read[name].shape == tensor.shape
        assert np.array_equal(read[name], tensor)


def test_a_tensor_that_ends_beyond_the_data_file_is_refused(tmp_path: Path) -> None:
    write_checkpoint(tmp_path, {"kernel": np.ones((4, 4), np.float32)})
    data = tmp_path / ".data-00000-of-00001"
    data.write_bytes(data.read_bytes()[:-4])
    with pytest.raises(ValueError, match="kernel does not fit"):
        read_checkpoint(tmp_path)


def test_a_compressed_index_and_a_file_of_another_kind_are_refused(tmp_path: Path) -> None:
    write_checkpoint(tmp_path, {"kernel": np.ones(4, np.float32)}, compression=1)
    with pytest.raises(ValueError, match="compressed"):
        read_checkpoint(tmp_path)
    (tmp_path / ".index").write_bytes(b"this is no index" * 10)
    with pytest.raises(ValueError, match="not the index"):
        read_checkpoint(tmp_path)


# The front end and the network


def test_the_mel_spectrogram_has_the_figures_of_librosa() -> None:
    mel = log_mel(chord(3))
    assert mel.shape == (188, 96)
    # librosa 0.11: melspectrogram(n_fft=512, hop_length=256, n_mels=96, pad_mode="reflect")
    power = np.array([[17.035421, 0.076474175], [1.3662283, 2.1227471e-07]])
    assert np.allclose(mel[[0, 50]][:, [5, 20]], np.log10(1 + 10_000 * power), atol=1e-5)


def test_a_mel_filter_is_a_triangle_of_area_one() -> None:
    filters = mel_filters(RATE, 512, 40)[:, 10:]  # the lower ones are narrower than two bins
    assert np.allclose(filters.sum(0) * RATE / 512, 1, atol=0.1)
    peaks = filters.argmax(0)
    assert (np.diff(peaks) > 0).all()


def random_tensors(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return the tensors of a small musicnn; half of its filters have a negative scale."""
    kernels = [(7, 3, 4), (7, 5, 4), (12, 1, 2), (6, 1, 2), (3, 1, 2)]
    kernels += [(7, 14, 3), (7, 3, 3), (7, 3, 3)]
    tensors: dict[str, np.ndarray] = {}
    widths = [1, *(filters for _, _, filters in kernels), 46, 5]
    for index, (frames, bands, filters) in enumerate(kernels):
        name = f"conv2d_{index}" if index else "conv2d"
        tensors[f"{name}/kernel"] = rng.standard_normal((frames, bands, 1, filters))
        tensors[f"{name}/bias"] = rng.standard_normal(filters)
    for index, width in enumerate(widths):
        name = f"batch_normalization_{index}" if index else "batch_normalization"
        for part in ("gamma", "beta", "moving_mean"):
            tensors[f"{name}/{part}"] = rng.standard_normal(width)
        tensors[f"{name}/moving_variance"] = rng.random(width) + 0.1
    for name, shape in (("dense", (46, 5)), ("dense_1", (5, 6))):
        tensors[f"{name}/kernel"] = rng.standard_normal(shape)
        tensors[f"{name}/bias"] = rng.standard_normal(shape[1])
    return tensors


def by_the_book(tensors: dict[str, np.ndarray], patch: np.ndarray) -> np.ndarray:
    """Return the tags of a patch, each layer written out in the order that musicnn defines."""

    def norm(values: np.ndarray, index: int) -> np.ndarray:
        name = f"batch_normalization_{index}" if index else "batch_normalization"
        gamma, beta, mean, variance = (
            tensors[f"{name}/{part}"]
            for part in ("gamma", "beta", "moving_mean", "moving_variance")
        )
        return np.asarray(gamma * (values - mean) / np.sqrt(variance + 0.001) + beta)

    def block(image: np.ndarray, index: int) -> np.ndarray:
        name = f"conv2d_{index}" if index else "conv2d"
        kernel = tensors[f"{name}/kernel"][:, :, 0]
        frames, bands, filters = kernel.shape
        padded = np.pad(image, (((frames - 1) // 2, frames // 2), (0, 0)))
        out = np.empty((len(image), image.shape[1] - bands + 1, filters))
        for time, band in np.ndindex(out.shape[:2]):
            window = padded[time : time + frames, band : band + bands]
            out[time, band] = np.einsum("tb,tbf->f", window, kernel)
        activated = np.maximum(out + tensors[f"{name}/bias"], 0)
        return np.asarray(norm(activated, index + 1).max(1))

    sound = norm(patch, 0)
    front = np.concatenate([block(sound, index) for index in range(5)], 1)
    first = block(front, 5)
    second = block(first, 6) + first
    third = block(second, 7) + second
    features = np.concatenate([front, first, second, third], 1)
    pooled = np.array([[f.max(), f.mean()] for f in features.T]).ravel()
    dense = norm(pooled, 9) @ tensors["dense/kernel"] + tensors["dense/bias"]
    logits = norm(np.maximum(dense, 0), 10) @ tensors["dense_1/kernel"] + tensors["dense_1/bias"]
    return np.asarray(1 / (1 + np.exp(-logits)))


def test_the_network_does_what_its_definition_says() -> None:
    rng = np.random.default_rng(0)
    tensors = random_tensors(rng)
    patch = rng.standard_normal((20, 8)).astype(np.float32)
    assert np.allclose(Musicnn(tensors)(patch), by_the_book(tensors, patch), atol=1e-6)


def test_the_models_score_a_chord_as_tensorflow_does(expert: MusicnnMusic) -> None:
    # TensorFlow 2.21 on the graphs that the package ships.
    mtt = {"flute": 0.30885, "slow": 0.23146, "quiet": 0.19558, "soft": 0.1004}
    msd = {"ambient": 0.44238, "electronic": 0.37358, "chillout": 0.17821}
    scores = expert.tag_scores(log_mel(chord(3))[None, :187])
    for tag, score in (mtt | msd).items():
        assert scores[tag] == pytest.approx(score, abs=2e-5)


# Clips and labels


def test_a_short_clip_is_repeated_to_three_seconds_and_a_long_one_is_covered_to_its_end() -> None:
    assert patches(chord(0.7)).shape == (1, 187, 96)
    whole = log_mel(chord(10))
    spread = patches(chord(10))
    assert len(spread) == 3
    assert np.array_equal(spread[0], whole[:187])
    assert np.array_equal(spread[-1], whole[-187:])


def test_every_tag_has_one_meaning_or_is_set_aside() -> None:
    kinds = (GENRES, INSTRUMENTS, MOODS, VOCALS, ERAS, TEMPOS)
    used = [tag for kind in kinds for tags in kind.values() for tag in tags]
    used += [*NO_VOCALS, *UNUSED]
    assert len(MTT_TAGS) == len(MSD_TAGS) == 50
    assert sorted(used) == sorted({*MTT_TAGS, *MSD_TAGS})


def test_labels_come_strongest_first_and_weak_ones_are_left_out() -> None:
    labels = {"a": ("x",), "b": ("y", "z"), "c": ("w",)}
    scores = {"w": 0.1, "x": 0.4, "y": 0.2, "z": 0.6}
    found = strongest(labels, scores, least=0.3, limit=5)
    assert [(entry.label, entry.score) for entry in found] == [("b", 0.6), ("a", 0.4)]
    assert [entry.label for entry in strongest(labels, scores, least=0.0, limit=2)] == ["b", "a"]


def test_too_short_and_silent_clips_are_skipped_with_the_reason(expert: MusicnnMusic) -> None:
    clips = [
        Heard("short", chord(0.2), RATE),
        Heard("silent", np.zeros(2 * RATE, np.float32), RATE),
        Heard("empty", np.zeros(0, np.float32), RATE),
    ]
    rows = expert.annotate(clips)
    assert [(row.status, row.reason) for row in rows] == [
        ("skipped", "too_short"),
        ("skipped", "silent"),
        ("skipped", "too_short"),
    ]


@pytest.mark.parametrize(
    ("path", "instrument"),
    [
        ("quality/visqol/guitar48_stereo_64kbps_aac.flac", "guitar"),
        ("quality/visqol/harpsichord48_stereo_96kbps_mp3.flac", "harpsichord"),
    ],
)
def test_an_instrument_that_plays_alone_is_the_first_one_named(
    expert: MusicnnMusic, path: str, instrument: str
) -> None:
    if not (DEV / path).is_file():
        pytest.skip("the listening set (../shared/data/dev) is absent")
    waveform, rate = decode_flac((DEV / path).read_bytes())
    mono = waveform.mean(1) if waveform.ndim == 2 else waveform
    (row,) = expert.annotate([Heard("clip", resample(mono, rate, RATE)[: 10 * RATE], RATE)])
    assert row.instruments[0].label == instrument
    assert not row.vocals


def test_the_store_has_both_models_under_the_names_the_expert_asks_for() -> None:
    assert set(MusicnnMusic.models) <= set(locked_models())
