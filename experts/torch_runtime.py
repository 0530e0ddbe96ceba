"""Torch for the experts that need it: the device, number format, torchaudio without CUDA."""

import importlib.util
import sys
from types import ModuleType
from typing import Any

from auricle.schemas.errors import UserError


def torch_device(name: str = "auto") -> Any:
    """Return the torch device of a name; `auto` is the GPU if there is one.

    Raises:
        UserError: the name is not a device, or there is no GPU.
    """
    import torch

    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        raise UserError(f"device: {name} is not a device; there are auto, cpu, cuda") from None
    if device.type == "cuda" and not torch.cuda.is_available():
        raise UserError("device: cuda was asked for, but torch sees no GPU")
    return device


def torch_dtype(device: Any) -> Any:
    """Return the number format for a device: bfloat16 or float16 on a GPU, float32 on a CPU."""
    import torch

    if device.type != "cuda":
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16


def autocast(device: Any) -> Any:
    """Return the context in which a GPU computes in `torch_dtype`; a CPU is left as it is."""
    import torch

    return torch.autocast(device.type, torch_dtype(device), enabled=device.type != "cpu")


def with_torchaudio() -> None:
    """Make torchaudio importable where it is installed, for the packages that import it.

    Its wheel on PyPI is built for CUDA; beside a torch without CUDA the compiled part does not
    load, and the import fails. What our packages use of it is plain Python: where the compiled
    part does not load, torchaudio is told that it has none.
    """
    if importlib.util.find_spec("torchaudio") is None:
        return
    try:
        importlib.import_module("torchaudio")
    except OSError:
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchaudio"]:
            del sys.modules[name]
        sys.modules["torchaudio._extension"] = _without_extension()
        importlib.import_module("torchaudio")


def _without_extension() -> ModuleType:
    """Return torchaudio's `_extension` as it is where nothing was compiled."""

    def missing(*_: Any, **__: Any) -> Any:
        raise RuntimeError("this torchaudio has no compiled part")

    module: Any = ModuleType("torchaudio._extension")
    module._IS_TORCHAUDIO_EXT_AVAILABLE = False
    module._IS_ALIGN_AVAILABLE = False
    module._check_cuda_version = lambda: None
    module.fail_if_no_align = lambda function: missing
    return module  # type: ignore[no-any-return]
