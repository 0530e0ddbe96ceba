"""What this machine has: packages, memory, GPUs."""

import importlib.util
import os
from pathlib import Path


def installed(package: str) -> bool:
    """Tell whether a package can be imported, without importing it."""
    try:
        return importlib.util.find_spec(package) is not None
    except ModuleNotFoundError:  # of the package around it
        return False


def gpus() -> list[tuple[str, float]]:
    """Return the name and the GB of each GPU that torch sees."""
    if not installed("torch"):
        return []
    import torch

    known = map(torch.cuda.get_device_properties, range(torch.cuda.device_count()))
    return [(gpu.name, gpu.total_memory / 1e9) for gpu in known]


def ram() -> float:
    """Return the GB that this machine, or the container we are in, has."""
    sizes = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for name in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        path = Path(name)
        if path.is_file() and (limit := path.read_text("ascii").strip()).isdecimal():
            sizes.append(int(limit))
    return min(sizes) / 1e9
