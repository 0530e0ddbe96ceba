"""A small random Brouhaha, saved as PyTorch Lightning saves it, with pyannote's objects inside."""

from pathlib import Path
from typing import Any

SECONDS = 2.0
HIDDEN = 8


def brouhaha(folder: Path) -> dict[str, Any]:
    """Save the checkpoint and return the settings."""
    from auricle.experts.torch_runtime import with_torchaudio

    with_torchaudio()
    import torch
    from pyannote.audio.core.task import Problem, Resolution, Specifications
    from pyannote.audio.models.segmentation import PyanNet

    torch.manual_seed(3)
    lstm = {"hidden_size": HIDDEN, "num_layers": 1, "bidirectional": True}
    linear = {"hidden_size": HIDDEN, "num_layers": 1}
    net = PyanNet(lstm=lstm, linear=linear)
    weights = dict(net.state_dict())
    for head in ("vad", "snr", "c50"):
        layer = torch.nn.Linear(HIDDEN, 1)
        weights |= {f"classifier.linears.{head}.{k}": v for k, v in layer.state_dict().items()}
    weights["classifier.linears.vad.bias"] = torch.full((1,), 9.0)  # it hears speech everywhere
    weights["validation_metric.threshold"] = torch.zeros(3)
    checkpoint = {
        "pytorch-lightning_version": "1.6.5",
        "state_dict": weights,
        "hyper_parameters": dict(net.hparams),
        "pyannote.audio": {
            "versions": {"torch": torch.__version__, "pyannote.audio": "2.1.1"},
            "architecture": {"module": "brouhaha.models", "class": "CustomPyanNetModel"},
            "specifications": Specifications(
                problem=Problem.MULTI_LABEL_CLASSIFICATION,
                resolution=Resolution.FRAME,
                duration=SECONDS,
                classes=["A", "snr", "c50"],
            ),
        },
    }
    torch.save(checkpoint, folder / "pytorch_model.bin")
    return {"model": str(folder), "device": "cpu"}
