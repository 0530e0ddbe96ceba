"""Reads the tensors of a PyTorch checkpoint in its first format, without PyTorch.

That format is a run of pickles (magic number, version, machine, the objects, the keys of their
storages) and then each storage: its length and its bytes (torch/serialization.py, `_legacy_save`).
Pickles can name any function of any package and have it called. Here they may name three things,
none of which is PyTorch's own: whatever else they name, the file is refused.
"""

import pickle
import struct
from collections import OrderedDict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

_MAGIC = 0x1950A86A20F9469CFC6C
_VERSION = 1001


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Return what a checkpoint holds; its float32 tensors are arrays.

    Raises:
        ValueError: the file is no such checkpoint, is cut short, or names what tensors do not need.
    """
    with path.open("rb") as file:
        try:
            magic, version, machine = (_Tensors(file).load() for _ in range(3))
            if magic != _MAGIC or version != _VERSION or not machine["little_endian"]:
                raise ValueError("not a checkpoint of PyTorch's first format")
            reader = _Tensors(file, room=path.stat().st_size)
            objects = reader.load()
            keys = _Tensors(file).load()
            for key in keys:
                _fill(reader.storages[key], file)
        except (pickle.UnpicklingError, EOFError, KeyError, IndexError, TypeError) as error:
            raise ValueError(f"{path}: not a checkpoint that can be read: {error}") from error
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None
    if not isinstance(objects, dict):
        raise ValueError(f"{path}: holds no dictionary")
    return objects


class _Tensors(pickle.Unpickler):
    """Reads pickles in which nothing but tensors, dictionaries and plain values may occur."""

    def __init__(self, file: BinaryIO, room: int = 0):
        super().__init__(file)
        self.storages: dict[str, NDArray[np.float32]] = {}
        self._room = room

    def find_class(self, module: str, name: str) -> Any:
        """Return what a name means here; refuse every other name."""
        if (module, name) not in _NAMES:
            raise pickle.UnpicklingError(f"it names {module}.{name}")
        return _NAMES[module, name]

    def persistent_load(self, pid: Any) -> NDArray[np.float32]:
        """Return the storage of a key, to be filled from the end of the file."""
        kind, number_format, key, _device, length, view = pid
        if kind != "storage" or number_format is not _Float32 or view is not None:
            raise pickle.UnpicklingError(f"storage {key} is not of float32 numbers")
        if not 0 <= 4 * length <= self._room:
            raise pickle.UnpicklingError(f"storage {key} is larger than the file")
        return self.storages.setdefault(key, np.zeros(length, "<f4"))


class _Float32:
    """Stands for `torch.FloatStorage`."""


def _tensor(
    storage: NDArray[np.float32],
    offset: int,
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    *_: Any,
) -> NDArray[np.float32]:
    """Return a view of a storage; offset and strides count numbers, not bytes."""
    last = offset + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
    if min(offset, *shape, *strides, 0) < 0 or (0 not in shape and last >= len(storage)):
        raise pickle.UnpicklingError("a tensor does not fit its storage")
    return as_strided(storage[offset:], shape, [4 * stride for stride in strides], writeable=False)


def _fill(storage: NDArray[np.float32], file: BinaryIO) -> None:
    (length,) = struct.unpack("<q", file.read(8).ljust(8, b"\xff"))
    data = file.read(4 * len(storage))
    if length != len(storage) or len(data) != 4 * length:
        raise ValueError("it is cut short")
    storage[:] = np.frombuffer(data, "<f4")


_NAMES: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch", "FloatStorage"): _Float32,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
}
