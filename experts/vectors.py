"""Vectors of unit length, and texts read in batches of like length."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


def unit(vectors: Any) -> Vectors:
    """Return vectors, [N, D], at unit length, so that a product of two is their cosine."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)


def read_by_length(
    texts: Sequence[str], size: int, width: int, read: Callable[[list[str]], Vectors]
) -> Vectors:
    """Return a vector for each text, [N, width], in order.

    Texts of like length are read together, at most `size` of them, since a batch is as long as its
    longest.
    """
    found = np.zeros((len(texts), width), np.float32)
    order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
    for at in range(0, len(order), size):
        some = order[at : at + size]
        found[some] = read([texts[index] for index in some])
    return found
