import json
from pathlib import Path

import numpy as np
import pytest
from checkpoints.ced import ced, dasheng
from fakes import SHARED

from auricle.experts.base import Heard
from auricle.experts.tags_ced import CedTags
from auricle.schemas.annotation import LabelScore, Tags
from auricle.schemas.audioset import LABELS
from auricle.schemas.errors import UserError

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")
from auricle.experts.ced_net import AudioTransformer, read_network  # noqa: E402

RATE = 16_000
FIXTURE = SHARED / "fixtures" / "ced"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("ced")
    ced(made)
    return made


@pytest.fixture(scope="module")
def tags(folder: Path) -> CedTags:
    expert = CedTags(model=str(folder), device="cpu", limit=527, clip_limit=527, floor=0.0)
    expert.load()
    return expert


def noise(seconds: float, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(0, 0.1, round(seconds * RATE)).astype(np.float32)


def scores_of(labels: tuple[LabelScore, ...]) -> dict[str, float]:
    return {item.label: item.score for item in labels}


def heard_by(tags: CedTags, *sounds: np.ndarray) -> list[Tags]:
    return tags.annotate([Heard(str(i), sound, RATE) for i, sound in enumerate(sounds)])


# The network, against the authors' implementation


@pytest.fixture(scope="module")
def reference() -> tuple[AudioTransformer, dict[str, np.ndarray]]:
    if not FIXTURE.is_dir():
        pytest.skip(f"the reference is not at {FIXTURE}")
    from safetensors.torch import load_file

    tensors = load_file(FIXTURE / "ced_reference_small.safetensors")
    with np.load(FIXTURE / "ced_reference_io.npz", allow_pickle=False) as known:
        return AudioTransformer(tensors, heads=3, longest=1012), dict(known)


def test_the_spectrogram_is_the_authors(reference) -> None:
    network, known = reference
    found = network.mel(torch.from_numpy(known["waveform"])[None])
    assert np.abs(found[0].numpy() - known["mel_db"]).max() < 1e-3  # processors round otherwise


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("probs_10s", (1, 160_000)),
        ("probs_2s_windows", (5, 32_000)),
        ("probs_first_1p5s", (1, 24_000)),
        ("probs_15s", (1, 240_000)),
    ],
)
def test_the_probabilities_are_the_authors(reference, name: str, shape: tuple[int, int]) -> None:
    network, known = reference
    sound = np.resize(known["waveform"], shape)
    if name == "probs_first_1p5s":
        sound = known["waveform"][None, :24_000]
    found = network.probabilities(torch.from_numpy(sound)).numpy()
    assert np.abs(found - known[name].reshape(found.shape)).max() < 1e-4


def test_the_level_below_which_decibels_are_cut_is_that_of_each_sound_alone() -> None:
    loud, faint = noise(1.0), 1e-5 * noise(1.0)
    network = AudioTransformer(_tensors(), heads=2, longest=1012)
    alone = network.mel(torch.from_numpy(faint)[None])
    beside = network.mel(torch.from_numpy(np.stack([loud, faint])))
    assert torch.equal(beside[1], alone[0])


def _tensors() -> dict[str, object]:
    names = ("init_bn.running_var", "patch_embed.proj.weight", "norm.weight")
    return {name: torch.ones(1) for name in names}


# Checkpoints


def test_the_hubs_names_and_the_authors_mean_the_same_network(folder: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    authors = {
        name.removeprefix("encoder.").replace("init_bn.", "init_bn.1."): tensor
        for name, tensor in tensors.items()
    }
    save_file(authors | {"front_end.0.window": torch.zeros(2)}, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text(json.dumps({"num_heads": 2}))
    sound = torch.from_numpy(noise(2.0))[None]
    ours, _ = read_network(folder, 1012, "cpu")
    theirs, names = read_network(tmp_path, 1012, "cpu")
    assert names == []
    assert torch.equal(ours.probabilities(sound), theirs.probabilities(sound))


def test_a_checkpoint_of_something_else_is_named(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    save_file({"a.proj.bias": torch.zeros(768)}, tmp_path / "model.safetensors")
    with pytest.raises(UserError, match=r"no tensor init_bn\.running_var"):
        read_network(tmp_path, 1012, "cpu")


def test_classes_in_another_order_are_refused(tmp_path: Path) -> None:
    settings = ced(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    config["id2label"]["0"], config["id2label"]["1"] = LABELS[1], LABELS[0]
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(UserError, match="not the 527 of AudioSet"):
        CedTags(**settings).load()


def test_class_names_cut_at_their_first_comma_are_known(tmp_path: Path) -> None:
    settings = ced(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    config["id2label"]["1"] = "Male speech"
    (tmp_path / "config.json").write_text(json.dumps(config))
    CedTags(**settings).load()


def test_a_network_without_classes_is_no_tagger(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not the 527 of AudioSet"):
        CedTags(**dasheng(tmp_path)).load()


# The expert


def test_a_window_is_heard_alone_and_a_clip_scores_its_best_window(tags: CedTags) -> None:
    sound = np.concatenate([noise(2.0), 0.01 * noise(2.0, seed=2)])
    (clip, first, second) = heard_by(tags, sound, sound[: 2 * RATE], sound[2 * RATE :])
    assert [(w.start, w.end) for w in clip.windows] == [(0.0, 2.0), (2.0, 4.0)]
    scores = [scores_of(row.windows[0].labels) for row in (first, second)]
    for window, alone in zip(clip.windows, scores, strict=True):
        assert scores_of(window.labels) == pytest.approx(alone, abs=1.1e-4)
    assert scores[0] != pytest.approx(scores[1], abs=0.01), "or the test could not fail"
    best = {name: (min if name == "Silence" else max)(s[name] for s in scores) for name in LABELS}
    assert scores_of(clip.labels) == pytest.approx(best, abs=1.1e-4)


def test_a_short_last_window_hears_the_end_of_the_clip_at_full_length(tags: CedTags) -> None:
    sound = noise(4.5)
    clip, end = heard_by(tags, sound, sound[-2 * RATE :])
    assert (clip.windows[-1].start, clip.windows[-1].end) == (4.0, 4.5)
    last = scores_of(clip.windows[-1].labels)
    assert last == pytest.approx(scores_of(end.windows[0].labels), abs=1.1e-4)


def test_a_short_clip_is_repeated_until_it_fills_a_window(tags: CedTags) -> None:
    sound = noise(0.7)
    clip, repeated = heard_by(tags, sound, np.resize(sound, 2 * RATE))
    assert clip.labels == repeated.labels
    assert [(w.start, w.end) for w in clip.windows] == [(0.0, 0.7)]


def test_full_batches_of_all_clips_give_the_same_rows(tags: CedTags) -> None:
    sounds = [noise(5.0), np.zeros(0, np.float32), noise(2.0, 2), noise(0.3, 3)]
    by_clip = heard_by(tags, *sounds)
    tags._on_gpu = True
    try:
        together = heard_by(tags, *sounds)
        assert [heard_by(tags, sound)[0].windows for sound in sounds] == [
            row.windows for row in together
        ]
    finally:
        tags._on_gpu = False
    assert [row.status for row in together] == [row.status for row in by_clip]
    for ours, theirs in zip(by_clip, together, strict=True):
        assert scores_of(ours.labels) == pytest.approx(scores_of(theirs.labels), abs=1.1e-4)


@pytest.mark.parametrize("window", [0.1, 11.0])
def test_a_window_the_network_cannot_hear_is_refused(window: float) -> None:
    with pytest.raises(UserError, match=r"tags\.window"):
        CedTags(window=window)
