"""The best path of a pitch through what each frame may be: Viterbi's search, for many sounds."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_TOGETHER = 16  # sounds: a step of the search costs hardly more for all of them than for one

Floats = NDArray[np.float64]
Path = NDArray[np.intp]


def best_paths(
    worths: Sequence[Floats], octaves: Sequence[Floats], jump: float, voicing: float
) -> list[Path]:
    """Return the states of each sound, [frames], that are worth most less what changes cost.

    `worths` and `octaves` are [frames, states], and state 0 is being unvoiced. A change costs
    `jump` an octave, or `voicing` from and to being unvoiced.
    """
    found: list[Path] = []
    for at in range(0, len(worths), _TOGETHER):
        together = slice(at, at + _TOGETHER)
        total = _padded(worths[together])
        change = _changes(_padded(octaves[together]), jump, voicing)
        came = _search(total, change)
        for i, worth in enumerate(worths[together]):
            found.append(_back(total[: len(worth), :, i], came[:, :, i]))
    return found


def _padded(parts: Sequence[Floats]) -> Floats:
    """Return what belongs to each sound side by side, [frames, states, sounds]."""
    whole = np.zeros((max(map(len, parts)), parts[0].shape[1], len(parts)))
    for i, part in enumerate(parts):
        whole[: len(part), :, i] = part
    return whole


def _changes(octaves: Floats, jump: float, voicing: float) -> Floats:
    """Return what each step costs, [frames - 1, from, to, sounds]."""
    change = octaves[:-1, :, np.newaxis] - octaves[1:, np.newaxis]
    np.multiply(np.abs(change, out=change), jump, out=change)
    change[:, 0, 1:] = change[:, 1:, 0] = voicing
    change[:, 0, 0] = 0.0
    return change


def _search(total: Floats, change: Floats) -> Path:
    """Return from which state each is best reached, [frames - 1, to, sounds].

    What a state is worth becomes, in place, what the best path to it is worth; `change` is used up.
    """
    for before, ways, after in zip(total[:-1], change, total[1:], strict=True):
        np.subtract(before[:, np.newaxis], ways, out=ways)
        after += ways.max(axis=0)
    return np.asarray(change.argmax(axis=1))


def _back(total: Floats, came: Path) -> Path:
    """Return the path that ends in the best state of the last frame."""
    if not len(total):
        return np.zeros(0, np.intp)
    path = [int(total[-1].argmax())]
    for before in reversed(came[: len(total) - 1].tolist()):
        path.append(before[path[-1]])
    return np.array(path[::-1], np.intp)
