"""Reads PyTorch Lightning checkpoints without the packages whose objects they hold.

Such a file keeps objects of its training program beside the weights. Here no name of that program
is looked up: every object becomes an `Inert`, which keeps its fields and does nothing.
"""

import pickle
from pathlib import Path
from typing import Any

from auricle.schemas.errors import UserError


class Inert:
    """Stands for an object of any class; its fields are attributes where it had any."""

    def __init__(self, *args: Any) -> None:
        self.args = args


def read_lightning(path: Path) -> dict[str, Any]:
    """Return what a checkpoint holds: its `state_dict`, `hyper_parameters` and what else is there.

    Raises:
        UserError: the file is no such checkpoint.
    """
    import torch
    from torch.serialization import get_unsafe_globals_in_checkpoint, safe_globals

    try:
        inert: list[Any] = [(Inert, name) for name in get_unsafe_globals_in_checkpoint(path)]
        with safe_globals(inert):
            found = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, ValueError, RuntimeError, pickle.UnpicklingError) as error:
        raise UserError(f"{path}: not a checkpoint that can be read: {error}") from error
    if not isinstance(found, dict) or "state_dict" not in found:
        raise UserError(f"{path}: holds no weights of PyTorch Lightning")
    return found
