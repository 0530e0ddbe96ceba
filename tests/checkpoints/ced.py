"""A small random CED, and a Dasheng, laid out as the hub has them."""

import json
from pathlib import Path
from typing import Any

from auricle.schemas.audioset import LABELS

_WIDTH, _DEPTH, _HEADS = 32, 2, 2


def ced(folder: Path) -> dict[str, Any]:
    """Save the weights and the configuration; return the settings."""
    _save(folder, (16, 16), 63, classes=len(LABELS))
    config = {
        "architectures": ["CedForAudioClassification"],
        "model_type": "ced",
        "name": "ced-mini",
        "embed_dim": _WIDTH,
        "depth": _DEPTH,
        "num_heads": _HEADS,
        "pooling": "mean",
        "target_length": 1012,
        "id2label": {str(index): label for index, label in enumerate(LABELS)},
    }
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    return {"model": str(folder), "device": "cpu"}


def dasheng(folder: Path) -> dict[str, Any]:
    """Save the weights and the configuration; return the settings."""
    _save(folder, (64, 4), 252, classes=0)
    encoder = {"embed_dim": _WIDTH, "depth": _DEPTH, "num_heads": _HEADS, "target_length": 1008}
    config = {
        "architectures": ["DashengModel"],
        "model_type": "dasheng",
        "name": "dasheng-base",
        "encoder_kwargs": {**encoder, "patch_size": [64, 4], "patch_stride": [64, 4]},
    }
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    return {"model": str(folder), "device": "cpu"}


def _save(folder: Path, patch: tuple[int, int], columns: int, classes: int) -> None:
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(3)
    wide, rows = _WIDTH, 64 // patch[0]
    # The hub's CED calls the normalisation init_bn.*, its Dasheng init_bn.1.*.
    norm = "encoder.init_bn" if classes else "encoder.init_bn.1"
    sizes = {f"{norm}.{name}": (64,) for name in ("weight", "bias", "running_mean")}
    sizes |= {
        "encoder.patch_embed.proj.weight": (wide, 1, *patch),
        "encoder.patch_embed.proj.bias": (wide,),
        "encoder.time_pos_embed": (1, wide, 1, columns),
        "encoder.freq_pos_embed": (1, wide, rows, 1),
    }
    linears = {"attn.qkv": (3, 1), "attn.proj": (1, 1), "mlp.fc1": (4, 1), "mlp.fc2": (1, 4)}
    for block in (f"encoder.blocks.{index}" for index in range(_DEPTH)):
        for name, (rows_out, rows_in) in linears.items():
            sizes[f"{block}.{name}.weight"] = (rows_out * wide, rows_in * wide)
            sizes[f"{block}.{name}.bias"] = (rows_out * wide,)
        sizes |= _layer_norm(f"{block}.norm1") | _layer_norm(f"{block}.norm2")
    sizes |= _layer_norm("encoder.norm")
    if classes:
        sizes |= _layer_norm("outputlayer.0")
        sizes |= {"outputlayer.1.weight": (classes, wide), "outputlayer.1.bias": (classes,)}
    tensors = {name: 0.3 * torch.randn(size) for name, size in sizes.items()}
    tensors[f"{norm}.running_var"] = 100 + 10 * torch.rand(64)
    tensors[f"{norm}.num_batches_tracked"] = torch.tensor(1)
    save_file(tensors, folder / "model.safetensors")


def _layer_norm(name: str) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (_WIDTH,), f"{name}.bias": (_WIDTH,)}
