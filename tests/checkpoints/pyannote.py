"""A small random diarization pipeline, laid out as community-1 or as 3.1 on the model hub."""

from pathlib import Path
from typing import Any

import numpy as np
import yaml

SECONDS = 2.0
DIMENSION = 256


def pyannote(folder: Path) -> dict[str, Any]:
    """Save everything in one folder, as community-1, with VBx clustering; return the settings."""
    _save_networks(folder / "segmentation", folder / "embedding")
    _save_plda(folder / "plda")
    parts = {"segmentation": "$model/segmentation", "embedding": "$model/embedding"}
    clustering = {"threshold": 0.6, "Fa": 0.07, "Fb": 0.8}
    _save_config(
        folder, {**parts, "plda": "$model/plda", "clustering": "VBxClustering"}, clustering
    )
    return {"model": str(folder), "device": "cpu", "batch": 4}


def pyannote_31(folder: Path) -> dict[str, Any]:
    """Save the configuration and the networks apart, as 3.1; return the settings."""
    _save_networks(folder / "one", folder / "other")
    parts = {"segmentation": "pyannote/segmentation-3.0", "embedding": "pyannote/wespeaker"}
    clustering = {"method": "centroid", "min_cluster_size": 2, "threshold": 0.7}
    _save_config(folder, {**parts, "clustering": "AgglomerativeClustering"}, clustering)
    settings = {"segmentation": str(folder / "one"), "embedding": str(folder / "other")}
    return {"model": str(folder), **settings, "device": "cpu", "batch": 4}


def _save_networks(segmentation: Path, embedding: Path) -> None:
    from auricle.experts.torch_runtime import with_torchaudio

    with_torchaudio()
    import torch
    from pyannote.audio.core.task import Problem, Resolution, Specifications
    from pyannote.audio.models.embedding import WeSpeakerResNet34
    from pyannote.audio.models.segmentation import PyanNet

    torch.manual_seed(3)
    lstm = {"hidden_size": 8, "num_layers": 1, "bidirectional": True}
    net = PyanNet(lstm=lstm, linear={"hidden_size": 8, "num_layers": 1})
    net.specifications = Specifications(
        problem=Problem.MONO_LABEL_CLASSIFICATION,
        resolution=Resolution.FRAME,
        duration=SECONDS,
        classes=["one", "two", "three"],
        powerset_max_classes=2,
        permutation_invariant=True,
    )
    net.setup()
    with torch.no_grad():  # sounds must differ in who is heard
        net.classifier.weight *= 30
        net.classifier.bias[0] -= 9  # nobody
    _save(net, segmentation)
    voices = WeSpeakerResNet34()
    voices.specifications = Specifications(
        problem=Problem.REPRESENTATION, resolution=Resolution.CHUNK, duration=SECONDS
    )
    _save(voices, embedding)


def _save(net: Any, folder: Path) -> None:
    """Save a network as PyTorch Lightning saves it, with pyannote's objects inside."""
    import torch

    checkpoint: dict[str, Any] = {
        "pytorch-lightning_version": "2.0.0",
        "state_dict": net.state_dict(),
        "hyper_parameters": dict(net.hparams),
    }
    net.on_save_checkpoint(checkpoint)
    folder.mkdir(parents=True)
    torch.save(checkpoint, folder / "pytorch_model.bin")


def _save_plda(folder: Path) -> None:
    random = np.random.default_rng(3)
    folder.mkdir()
    lda = random.normal(size=(DIMENSION, 128)) / 16
    np.savez(folder / "xvec_transform.npz", mean1=np.zeros(DIMENSION), mean2=np.zeros(128), lda=lda)
    np.savez(folder / "plda.npz", mu=np.zeros(128), tr=np.eye(128), psi=np.linspace(9, 0.1, 128))


def _save_config(folder: Path, parts: dict[str, Any], clustering: dict[str, Any]) -> None:
    config = {
        "version": "3.1.0",
        "pipeline": {
            "name": "pyannote.audio.pipelines.SpeakerDiarization",
            "params": {
                **parts,
                "embedding_batch_size": 32,
                "embedding_exclude_overlap": True,
                "segmentation_batch_size": 32,
                "segmentation_step": 0.5,
            },
        },
        "params": {"clustering": clustering, "segmentation": {"min_duration_off": 0.0}},
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(config), "utf-8")
