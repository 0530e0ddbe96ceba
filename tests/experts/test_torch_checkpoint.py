"""Checkpoints of PyTorch's first format, read without PyTorch."""

import pickle
import struct
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from auricle.experts.torch_checkpoint import read_checkpoint

MAGIC = 0x1950A86A20F9469CFC6C


class Named:
    """Pickles as a name that need not exist."""

    def __init__(self, module: str, name: str, *arguments: Any):
        self.module, self.name, self.arguments = module, name, arguments


class Storage:
    """Pickles as a reference to numbers that lie at the end of the file."""

    def __init__(self, key: str, length: int, number_format: str = "FloatStorage"):
        self.pid = ("storage", Named("torch", number_format), key, "cuda:0", length, None)


class Writer(pickle._Pickler):  # type: ignore[name-defined]
    """Writes names and references as PyTorch does."""

    def save(self, value: Any, save_persistent_id: bool = True) -> None:
        if isinstance(value, Storage):
            self.save(value.pid)
            self.write(pickle.BINPERSID)
        elif isinstance(value, Named):
            self.write(pickle.GLOBAL + f"{value.module}\n{value.name}\n".encode())
            if value.arguments:
                self.save(value.arguments)
                self.write(pickle.REDUCE)
        else:
            super().save(value, save_persistent_id)


def tensor(storage: Storage, offset: int, shape: Any, strides: Any) -> Named:
    return Named(
        "torch._utils", "_rebuild_tensor_v2", storage, offset, shape, strides, False, OrderedDict()
    )


def write(path: Path, objects: Any, storages: dict[str, np.ndarray], magic: int = MAGIC) -> None:
    with path.open("wb") as file:
        for value in (magic, 1001, {"little_endian": True}, objects, list(storages)):
            Writer(file, 2).dump(value)
        for numbers in storages.values():
            file.write(struct.pack("<q", len(numbers)) + numbers.astype("<f4").tobytes())


def test_tensors_keep_their_shape_and_may_share_numbers(tmp_path: Path) -> None:
    numbers, path = np.arange(12.0), tmp_path / "a.pt"
    storage = Storage("7", 12)
    weights = {
        "rows": tensor(storage, 0, (3, 4), (4, 1)),
        "turned": tensor(storage, 0, (4, 3), (1, 4)),
        "end": tensor(storage, 10, (2,), (1,)),
    }
    write(path, {"model_state": OrderedDict(weights), "step": 5}, {"7": numbers})
    found = read_checkpoint(path)
    assert found["step"] == 5
    assert np.array_equal(found["model_state"]["rows"], numbers.reshape(3, 4))
    assert np.array_equal(found["model_state"]["turned"], numbers.reshape(3, 4).T)
    assert found["model_state"]["end"].tolist() == [10, 11]


def test_what_pytorch_saves_is_read(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    state = torch.nn.Linear(5, 3).state_dict()
    path = tmp_path / "a.pt"
    torch.save({"state": state}, path, _use_new_zipfile_serialization=False)
    found = read_checkpoint(path)["state"]
    assert list(found) == ["weight", "bias"]
    assert all(np.array_equal(found[name], state[name].numpy()) for name in state)


@pytest.mark.parametrize(("module", "name"), [("os", "system"), ("builtins", "eval")])
def test_a_file_that_names_a_function_is_refused_and_runs_nothing(
    tmp_path: Path, module: str, name: str
) -> None:
    mark = tmp_path / "was here"
    code = f"touch '{mark}'" if name == "system" else f"open({str(mark)!r}, 'w')"
    write(tmp_path / "a.pt", {"state": Named(module, name, code)}, {})
    with pytest.raises(ValueError, match=f"names {module}.{name}"):
        read_checkpoint(tmp_path / "a.pt")
    assert not mark.exists()


@pytest.mark.parametrize(
    ("offset", "shape", "strides"), [(9, (4,), (1,)), (-1, (2,), (1,)), (0, (3, 3), (5, 1))]
)
def test_a_tensor_outside_its_numbers_is_refused(
    tmp_path: Path, offset: int, shape: Any, strides: Any
) -> None:
    objects = {"state": tensor(Storage("0", 12), offset, shape, strides)}
    write(tmp_path / "a.pt", objects, {"0": np.zeros(12)})
    with pytest.raises(ValueError, match="does not fit"):
        read_checkpoint(tmp_path / "a.pt")


def test_numbers_of_another_format_are_refused(tmp_path: Path) -> None:
    objects = {"state": tensor(Storage("0", 2, "DoubleStorage"), 0, (2,), (1,))}
    write(tmp_path / "a.pt", objects, {"0": np.zeros(4)})
    with pytest.raises(ValueError, match="names torch.DoubleStorage"):
        read_checkpoint(tmp_path / "a.pt")


def test_a_storage_larger_than_the_file_is_refused(tmp_path: Path) -> None:
    objects = {"state": tensor(Storage("0", 10**12), 0, (2,), (1,))}
    write(tmp_path / "a.pt", objects, {"0": np.zeros(2)})
    with pytest.raises(ValueError, match="larger than the file"):
        read_checkpoint(tmp_path / "a.pt")


@pytest.mark.parametrize("missing", [1, 20, 60])
def test_a_file_cut_short_is_refused(tmp_path: Path, missing: int) -> None:
    path = tmp_path / "a.pt"
    write(path, {"state": tensor(Storage("0", 12), 0, (12,), (1,))}, {"0": np.zeros(12)})
    path.write_bytes(path.read_bytes()[:-missing])
    with pytest.raises(ValueError, match=r"a\.pt"):
        read_checkpoint(path)


def test_another_file_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "a.pt", {}, {}, magic=1)
    with pytest.raises(ValueError, match="first format"):
        read_checkpoint(tmp_path / "a.pt")
