"""pyannote.audio's diarization pipeline from a folder, without running code of its checkpoints.

pyannote.audio 4 loads a checkpoint with `torch.load(weights_only=False)`, which runs whatever the
file says, and imports the classes that configuration and checkpoint name. Here the weights are
read as data, and the classes are those below.
"""

import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from auricle.experts.lightning_checkpoint import read_lightning
from auricle.experts.torch_runtime import with_torchaudio
from auricle.schemas.errors import UserError

CONFIG, WEIGHTS = "config.yaml", "pytorch_model.bin"

_PIPELINES = (
    "pyannote.audio.pipelines.SpeakerDiarization",
    "pyannote.audio.pipelines.speaker_diarization.SpeakerDiarization",
)
_SETTINGS = ("clustering", "embedding_exclude_overlap", "segmentation_step")


def diarization_pipeline(folder: Path, part: Callable[[str, str], Path], batch: int) -> Any:
    """Return the pipeline that a folder's config.yaml describes.

    `part` says where a model lies that the configuration names: it gets what the model is for
    (`segmentation` or `embedding`) and the name. Models in the folder itself are named $model/...

    Raises:
        UserError: the folder holds no such pipeline.
    """
    os.environ["PYANNOTE_METRICS_ENABLED"] = "0"  # it would report every clip to its makers
    with_torchaudio()
    from pyannote.audio.core.plda import PLDA
    from pyannote.audio.pipelines import SpeakerDiarization

    told, settings = _config(folder / CONFIG)

    def find(role: str) -> Path:
        name = str(told.get(role, ""))
        return folder / name[len("$model/") :] if name.startswith("$model/") else part(role, name)

    try:
        plda: Any = PLDA.__new__(PLDA)  # only VBx asks it; without one pyannote downloads one
        if "plda" in told:
            plda = PLDA.from_pretrained(folder / str(told["plda"]).removeprefix("$model/"))
        pipeline = SpeakerDiarization(
            segmentation=pyannote_model(find("segmentation") / WEIGHTS),
            embedding=pyannote_model(find("embedding") / WEIGHTS),
            plda=plda,
            segmentation_batch_size=batch,
            embedding_batch_size=batch,
            **{name: told[name] for name in _SETTINGS if name in told},
        )
        return pipeline.instantiate(settings)
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"{folder / CONFIG}: pyannote.audio does not take it: {error}") from error


def pyannote_model(path: Path) -> Any:
    """Return a network of pyannote.audio from its checkpoint, ready to run.

    Raises:
        UserError: the file is missing or is no checkpoint of a network that is known here.
    """
    from pyannote.audio.models.embedding import WeSpeakerResNet34
    from pyannote.audio.models.segmentation import PyanNet

    known = {kind.__name__: kind for kind in (PyanNet, WeSpeakerResNet34)}
    found = read_lightning(path)
    try:
        about = found["pyannote.audio"]
        name = about["architecture"]["class"]
        if name not in known:
            raise UserError(f"{path}: a {name} is not known here, only {' and '.join(known)}")
        takes = inspect.signature(known[name]).parameters.keys() - {"task"}
        plain = {key: v for key, v in found["hyper_parameters"].items() if key in takes}
        net: Any = known[name](**plain)
        net.specifications = _specifications(about["specifications"])
        net.setup()
        own = {key: found["state_dict"][key] for key in net.state_dict()}
        net.load_state_dict(own)
    except (KeyError, AttributeError, IndexError, TypeError, ValueError, RuntimeError) as error:
        raise UserError(f"{path}: not a checkpoint of pyannote.audio: {error}") from error
    return net.eval()


def _specifications(told: Any) -> Any:
    """Return pyannote's own object for what a checkpoint says of its task."""
    from pyannote.audio.core.task import Problem, Resolution, Specifications

    fields = dict(vars(told))
    fields.pop("args", None)
    fields["problem"] = Problem(fields["problem"].args[0])
    fields["resolution"] = Resolution(fields["resolution"].args[0])
    names = Specifications.__dataclass_fields__
    return Specifications(**{name: value for name, value in fields.items() if name in names})


def _config(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the parts of a pipeline and its settings."""
    try:
        told = yaml.safe_load(path.read_text("utf-8"))
        name, parts = told["pipeline"]["name"], told["pipeline"]["params"]
        settings = told["params"]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise UserError(f"{path}: holds no pipeline: {error}") from error
    if name not in _PIPELINES:
        raise UserError(f"{path}: {name} is not speaker diarization")
    return parts, settings
