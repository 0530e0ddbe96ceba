"""A small random Beat This! checkpoint."""

from pathlib import Path
from typing import Any

from auricle.experts.torch_runtime import with_torchaudio


def beat_this(folder: Path) -> dict[str, Any]:
    """Save the network as the authors' training program saves it; return the settings."""
    import torch

    with_torchaudio()
    from beat_this.model.beat_tracker import BeatThis

    torch.manual_seed(5)
    sizes = {"transformer_dim": 32, "n_layers": 1, "head_dim": 16, "stem_dim": 16}
    weights = BeatThis(**sizes).state_dict()
    torch.save(
        {
            "state_dict": {f"model.{name}": value for name, value in weights.items()},
            "hyper_parameters": {**sizes, "lr": 0.0008},
            "pytorch-lightning_version": "2.2.0",
        },
        folder / "final0.ckpt",
    )
    return {"model": str(folder), "device": "cpu"}
