"""A small random Hybrid Transformer Demucs, laid out as adefossez/HTDemucs lays it out."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

SOURCES = ["drums", "bass", "other", "vocals"]


def htdemucs(folder: Path) -> Path:
    """Save a random model of one second's reach into a folder and return the folder."""
    import torch
    from demucs.htdemucs import HTDemucs
    from safetensors.torch import save_file

    kwargs: dict[str, Any] = {
        "sources": SOURCES,
        "audio_channels": 2,
        "samplerate": 44_100,
        "segment": Fraction(1),
        "channels": 8,
        "t_layers": 1,
        "t_heads": 2,
        "bottom_channels": 16,
        "t_hidden_scale": 1.0,
    }
    torch.manual_seed(0)
    model = HTDemucs(**kwargs)
    about = {
        "klass": "demucs.htdemucs.HTDemucs",
        "args": "[]",
        "kwargs": json.dumps(
            kwargs | {"segment": {"_type": "fraction", "numerator": 1, "denominator": 1}}
        ),
    }
    tensors = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    save_file(tensors, str(folder / "955717e8.safetensors"), metadata=about)
    (folder / "htdemucs.yaml").write_text("models: ['955717e8']\n")
    return folder
