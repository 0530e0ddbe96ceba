"""Reads the tensors of a TensorFlow checkpoint (version 2) without TensorFlow.

A checkpoint is two files: `.index`, a sorted string table in LevelDB's format that maps a name to
where its tensor lies, and `.data-00000-of-00001`, the tensors one after another. Formats: LevelDB's
doc/table_format.md; TensorFlow's tensor_bundle.proto and tensor_shape.proto.
"""

import math
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_MAGIC = 0xDB4775248B80FB57
_FOOTER_BYTES = 48
_UNCOMPRESSED = 0
_FLOAT32 = 1  # DT_FLOAT in types.proto
_VARINT, _STRING, _FIXED32 = 0, 2, 5  # wire types


def read_checkpoint(directory: Path) -> dict[str, NDArray[np.float32]]:
    """Return the float32 tensors of a checkpoint by name, in row-major order.

    The arrays are read-only views of the file. Tensors of other types are left out. Checksums are
    the model store's work; here names, shapes and sizes must agree.

    Raises:
        ValueError: the files are not an uncompressed checkpoint of one data file, or disagree.
    """
    index = (directory / ".index").read_bytes()
    data = (directory / ".data-00000-of-00001").read_bytes()
    tensors = {}
    for key, entry in _table(index):
        numbers, strings = _message(entry)
        if not key or numbers.get(1) != _FLOAT32:  # no key: the header of the bundle
            continue
        dims = _message(strings[2][0])[1].get(2, [])
        shape = tuple(_message(dim)[0].get(1, 0) for dim in dims)
        shard, offset, size = (numbers.get(field, 0) for field in (3, 4, 5))
        if shard or size != 4 * math.prod(shape) or offset + size > len(data):
            raise ValueError(f"{directory}: tensor {key.decode()} does not fit its data file")
        array = np.frombuffer(data, np.dtype("<f4"), math.prod(shape), offset)
        tensors[key.decode()] = array.reshape(shape)
    return tensors


def _table(file: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the keys and values of a sorted string table, in order."""
    footer = file[-_FOOTER_BYTES:]
    if len(footer) < _FOOTER_BYTES or struct.unpack("<Q", footer[-8:])[0] != _MAGIC:
        raise ValueError("not the index of a TensorFlow checkpoint")
    _, _, start, size, _ = _varints(footer, 0, 4)
    for _, handle in _block(file, start, size):
        start, size, _ = _varints(handle, 0, 2)
        yield from _block(file, start, size)


def _block(file: bytes, start: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield the entries of a block; a key names only what differs from the key before it."""
    if start + size >= len(file) or file[start + size] != _UNCOMPRESSED:
        raise ValueError("the index of the checkpoint is compressed or cut short")
    block = file[start : start + size]
    restarts = struct.unpack("<I", block[-4:])[0]
    at, end, key = 0, size - 4 * (restarts + 1), b""
    while at < end:
        shared, fresh, length, at = _varints(block, at, 3)
        key = key[:shared] + block[at : at + fresh]
        at += fresh + length
        yield key, block[at - length : at]


def _message(buffer: bytes) -> tuple[dict[int, int], dict[int, list[bytes]]]:
    """Return a protocol buffer message: whole numbers by field, and strings by field."""
    numbers: dict[int, int] = {}
    strings: dict[int, list[bytes]] = {}
    at = 0
    while at < len(buffer):
        tag, at = _varints(buffer, at, 1)
        field, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            numbers[field], at = _varints(buffer, at, 1)
        elif kind == _STRING:
            size, at = _varints(buffer, at, 1)
            strings.setdefault(field, []).append(buffer[at : at + size])
            at += size
        elif kind == _FIXED32:
            at += 4  # the checksum
        else:
            raise ValueError(f"a protocol buffer field of unexpected kind {kind}")
    return numbers, strings


def _varints(buffer: bytes, at: int, count: int) -> tuple[int, ...]:
    """Return `count` base-128 numbers from position `at`, and the position after them."""
    numbers = []
    for _ in range(count):
        number = shift = 0
        while True:
            byte = buffer[at]
            at += 1
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        numbers.append(number)
    return (*numbers, at)
