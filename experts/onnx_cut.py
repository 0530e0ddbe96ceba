"""An ONNX file taken apart without the package of that name: its weights, and the rest of its work.

An ONNX file is a protocol buffer; the numbers of the fields are those of onnx.proto. What is kept
of a file stays as it is, byte for byte.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from auricle.experts.base import Waveform

_GRAPH = 7  # of a model
_NODE, _WEIGHTS, _INPUT, _OUTPUT = 1, 5, 11, 12  # of a graph
_READS, _OPERATOR = 1, 4  # of a node
_SIZE, _TYPE, _NAME, _SAMPLES = 1, 2, 8, 9  # of weights
_FLOAT = 1
_VARINT, _FIXED64, _STRING, _FIXED32 = 0, 1, 2, 5  # wire types
_WIDTHS = {_FIXED64: 8, _FIXED32: 4}  # bytes


class _Field(NamedTuple):
    """A field of a message: its number, its number or text as a value, and all of its bytes."""

    name: int
    number: int
    text: bytes
    whole: bytes


def read_weights(path: Path) -> dict[str, Waveform]:
    """Return the float32 tensors of an ONNX file by name; read-only."""
    found = {}
    for part in _graph(path):
        if part.name == _WEIGHTS:
            fields = list(_fields(part.text))
            if any(one.name == _TYPE and one.number == _FLOAT for one in fields):
                shape = [one.number for one in fields if one.name == _SIZE]
                samples = np.frombuffer(_text(fields, _SAMPLES), "<f4")
                found[_text(fields, _NAME).decode()] = samples.reshape(shape)
    return found


def rest_from(path: Path, operator: str) -> tuple[bytes, str]:
    """Return a model that does what a file does from its first `operator` on, and its input's name.

    That input is what the operator reads first: float32, of any shape. The other inputs that are
    read there stay, and so do all outputs.
    """
    graph = list(_graph(path))
    nodes = [part for part in graph if part.name == _NODE]
    first = next(i for i, one in enumerate(nodes) if _operator(one) == operator)
    kept = nodes[first:]
    read = {name for node in kept for name in _reads(node)}
    start = _reads(kept[0])[0]
    kept += [
        part
        for part in graph
        if part.name == _OUTPUT
        or (part.name == _WEIGHTS and _text(_fields(part.text), _NAME) in read)
        or (part.name == _INPUT and _text(_fields(part.text), 1) in read)
    ]
    of_floats = _field(2, _field(1, bytes((1 << 3, _FLOAT))))  # a tensor type without a shape
    whole = b"".join(part.whole for part in kept) + _field(_INPUT, _field(1, start) + of_floats)
    model = [part.whole for part in _fields(path.read_bytes()) if part.name != _GRAPH]
    return b"".join([*model, _field(_GRAPH, whole)]), start.decode()


def _graph(path: Path) -> Iterator[_Field]:
    return _fields(_text(_fields(path.read_bytes()), _GRAPH))


def _operator(node: _Field) -> str:
    return _text(_fields(node.text), _OPERATOR).decode()


def _reads(node: _Field) -> list[bytes]:
    return [one.text for one in _fields(node.text) if one.name == _READS]


def _text(fields: Iterator[_Field] | list[_Field], name: int) -> bytes:
    return next(one.text for one in fields if one.name == name)


def _fields(message: bytes) -> Iterator[_Field]:
    """Yield the fields of a message in order."""
    at = 0
    while at < len(message):
        begin = at
        tag, at = _varint(message, at)
        kind, number, text = tag & 7, 0, b""
        if kind == _VARINT:
            number, at = _varint(message, at)
        elif kind == _STRING:
            size, at = _varint(message, at)
            text, at = message[at : at + size], at + size
        else:
            at += _WIDTHS[kind]
        yield _Field(tag >> 3, number, text, message[begin:at])


def _field(name: int, text: bytes) -> bytes:
    """Return the bytes of a field that holds text or a message."""
    size, digits = len(text), []
    while size >= 0x80:
        digits.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes([name << 3 | _STRING, *digits, size]) + text


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """Return the base-128 number at a position, and the position after it."""
    number = shift = 0
    while True:
        byte = message[at]
        at += 1
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return number, at
