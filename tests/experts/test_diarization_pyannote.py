"""pyannote.audio's pipeline, on small random networks laid out as the published ones."""

import os
from pathlib import Path

import numpy as np
import pytest
import yaml
from checkpoints.pyannote import pyannote, pyannote_31

from auricle.experts.base import Heard
from auricle.experts.diarization_pyannote import PyannoteDiarization
from auricle.experts.pyannote_model import pyannote_model
from auricle.experts.torch_runtime import with_torchaudio
from auricle.schemas.errors import UserError

torch = pytest.importorskip("torch")
pytest.importorskip("pyannote.core")  # brings torchaudio, which has to be helped before the rest
with_torchaudio()

RATE = 16_000


def sound(seconds: float = 4.0) -> Heard:
    return Heard(
        "a", np.random.default_rng(5).normal(0, 0.2, int(seconds * RATE)).astype("f4"), RATE
    )


@pytest.fixture(scope="module", params=[pyannote, pyannote_31], ids=["community-1", "3.1"])
def expert(request, tmp_path_factory: pytest.TempPathFactory) -> PyannoteDiarization:
    diarization = PyannoteDiarization(**request.param(tmp_path_factory.mktemp("pyannote")))
    diarization.load()
    return diarization


def test_turns_lie_in_the_clip_in_time_order_and_speakers_are_counted(
    expert: PyannoteDiarization,
) -> None:
    (found,) = expert.annotate([sound()])
    assert found.turns
    assert found.turns[0].speaker == "A"
    assert found.speakers == len({turn.speaker for turn in found.turns})
    assert [turn.start for turn in found.turns] == sorted(turn.start for turn in found.turns)
    assert all(0 <= turn.start < turn.end <= 4.0 for turn in found.turns)


def test_overlap_is_what_several_turns_share(expert: PyannoteDiarization) -> None:
    (found,) = expert.annotate([sound()])
    times = np.arange(0, 4, 0.001)
    crowd = sum((turn.start <= times) & (times < turn.end) for turn in found.turns)
    assert found.overlap_seconds == pytest.approx(np.mean(crowd > 1) * 4, abs=0.02)
    assert found.overlap_seconds > 0


def test_it_is_unsure_of_voices_that_are_heard_for_a_moment(
    expert: PyannoteDiarization, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds: dict[str, float] = {}
    (found,) = expert.annotate([sound()])
    for turn in found.turns:
        seconds[turn.speaker] = seconds.get(turn.speaker, 0.0) + turn.end - turn.start
    shortest = min(seconds.values())
    monkeypatch.setattr(expert, "heard", shortest - 0.1)
    assert (expert.annotate([sound()])[0].confidence or 0.0) >= 0.5
    monkeypatch.setattr(expert, "heard", shortest + 0.1)
    assert (expert.annotate([sound()])[0].confidence or 1.0) < 0.5


def test_nothing_is_reported_to_its_makers(expert: PyannoteDiarization) -> None:
    from pyannote.audio.telemetry.metrics import is_metrics_enabled

    assert os.environ["PYANNOTE_METRICS_ENABLED"] == "0"
    assert not is_metrics_enabled()


def test_the_models_that_the_settings_name_are_those_it_uses() -> None:
    assert PyannoteDiarization().models == ("diarization-community-1",)
    older = PyannoteDiarization(
        model="diarization-3-1", segmentation="segmentation-3", embedding="wespeaker-voxceleb"
    )
    assert older.models == ("diarization-3-1", "segmentation-3", "wespeaker-voxceleb")


def test_a_network_that_lies_elsewhere_has_to_be_named(tmp_path: Path) -> None:
    settings = {**pyannote_31(tmp_path), "segmentation": ""}
    with pytest.raises(UserError, match=r"pyannote/segmentation-3.0: name that model"):
        PyannoteDiarization(**settings).load()


def test_weights_are_those_of_the_file(tmp_path: Path) -> None:
    pyannote(tmp_path)
    path = tmp_path / "segmentation" / "pytorch_model.bin"
    saved = torch.load(path, weights_only=False)["state_dict"]
    loaded = pyannote_model(path).state_dict()
    assert saved.keys() == loaded.keys()
    assert all(torch.equal(saved[name], loaded[name]) for name in saved)


def test_a_checkpoint_with_code_in_it_runs_nothing_and_is_refused(tmp_path: Path) -> None:
    settings = pyannote(tmp_path)
    path, mark = tmp_path / "segmentation" / "pytorch_model.bin", tmp_path / "was here"

    class Evil:
        def __reduce__(self):
            return (os.mkdir, (str(mark),))

    checkpoint = torch.load(path, weights_only=False)
    checkpoint["hyper_parameters"]["task"] = Evil()
    torch.save(checkpoint, path)
    with pytest.raises(UserError, match="not a checkpoint that can be read"):
        PyannoteDiarization(**settings).load()
    assert not mark.exists()


def test_a_network_that_is_not_known_is_not_imported(tmp_path: Path) -> None:
    pyannote(tmp_path)
    path = tmp_path / "segmentation" / "pytorch_model.bin"
    checkpoint = torch.load(path, weights_only=False)
    checkpoint["pyannote.audio"]["architecture"] = {"module": "subprocess", "class": "Popen"}
    torch.save(checkpoint, path)
    with pytest.raises(UserError, match="Popen is not known"):
        pyannote_model(path)


@pytest.mark.parametrize("text", ["[1, 2", "pipeline: {name: os.system, params: {}}\nparams: {}"])
def test_another_configuration_is_refused(tmp_path: Path, text: str) -> None:
    settings = pyannote(tmp_path)
    (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(UserError, match=r"config\.yaml"):
        PyannoteDiarization(**settings).load()


def test_settings_that_the_pipeline_does_not_have_are_refused(tmp_path: Path) -> None:
    settings = pyannote(tmp_path)
    config = yaml.safe_load((tmp_path / "config.yaml").read_text())
    config["params"]["clustering"]["speed"] = 3
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    with pytest.raises(UserError, match="does not take it"):
        PyannoteDiarization(**settings).load()
