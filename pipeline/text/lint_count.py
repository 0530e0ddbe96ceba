"""Counters that take texts one by one and stay small: eight bytes a text, and a few examples."""

import heapq
from array import array
from collections import Counter
from collections.abc import Iterable

import numpy as np

from auricle.pipeline.text.english import number
from auricle.pipeline.text.lint_figures import Example, Frequent, Lengths


class Strings:
    """Counts how often strings occur, from their hashes alone; case does not matter."""

    def __init__(self, groups: Iterable["Strings"] = ()) -> None:
        """Start with the strings of other groups, or with none."""
        self._hashes = array("q")
        for group in groups:
            self._hashes.extend(group._hashes)

    def add(self, text: str) -> None:
        """Count a string."""
        self._hashes.append(hash(text.strip().lower()))

    def __len__(self) -> int:
        return len(self._hashes)

    def counts(self) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
        """Return how often each of the different strings occurs."""
        if not self._hashes:
            return np.zeros(0, np.int64)
        return np.unique(np.frombuffer(self._hashes, np.int64), return_counts=True)[1]

    def repeated(self) -> float:
        """Return the share of the strings that occur more than once."""
        counts = self.counts()
        return share(int(counts[counts > 1].sum()), len(self))

    def times(self, text: str) -> int:
        """Return how often a string occurs."""
        if not self._hashes:
            return 0
        hashes = np.frombuffer(self._hashes, np.int64)
        return int(np.count_nonzero(hashes == hash(text.strip().lower())))


class Commonest:
    """Keeps every string that makes up more than one in a thousand (Misra and Gries, 1982)."""

    def __init__(self, room: int = 1000) -> None:
        self._room = room
        self._counts: dict[str, int] = {}

    def add(self, text: str) -> None:
        """Count a string; where there is no room for it, all others lose one."""
        text = text.strip().lower()
        if text in self._counts or len(self._counts) < self._room:
            self._counts[text] = self._counts.get(text, 0) + 1
        else:
            self._counts = {key: count - 1 for key, count in self._counts.items() if count > 1}

    def top(self, strings: Strings, wanted: int = 10) -> tuple[Frequent, ...]:
        """Return the most frequent strings that occur more than once, counted exactly."""
        likely = sorted(self._counts, key=lambda text: (-self._counts[text], text))[: 5 * wanted]
        found = [Frequent(text, strings.times(text)) for text in likely]
        found.sort(key=lambda each: (-each.times, each.text))
        return tuple(each for each in found[:wanted] if each.times > 1)


class Examples:
    """Keeps a few examples of each defect: the same ones in whatever order texts come."""

    def __init__(self, room: int = 5) -> None:
        self._room = room
        self._kept: dict[str, list[tuple[int, str, str, str, tuple[str, ...]]]] = {}

    def add(self, defect: str, clip_id: str, where: str, text: str, found: Iterable[str]) -> None:
        """Offer an example; a hash of clip and text decides which are kept."""
        kept = self._kept.setdefault(defect, [])
        rank = -number(f"{clip_id}/{where}/{text}")
        if len(kept) < self._room:
            heapq.heappush(kept, (rank, clip_id, where, text, tuple(found)))
        elif rank > kept[0][0]:
            heapq.heapreplace(kept, (rank, clip_id, where, text, tuple(found)))

    def result(self) -> dict[str, tuple[Example, ...]]:
        """Return the examples by defect."""
        return {
            defect: tuple(Example(*each[1:]) for each in sorted(kept, reverse=True))
            for defect, kept in sorted(self._kept.items())
        }


def share(part: float, whole: float) -> float:
    """Return a share from 0 to 1; that of nothing is 0."""
    return part / whole if whole else 0.0


def lengths(counts: Counter[int]) -> Lengths:
    """Return mean, median and 95th percentile of lengths, given how often each occurs."""
    mean = share(sum(length * times for length, times in counts.items()), counts.total())
    return Lengths(mean, _percentile(counts, 0.5), _percentile(counts, 0.95))


def _percentile(counts: Counter[int], part: float) -> int:
    """Return the smallest length that at least this part of the texts does not exceed."""
    left = part * counts.total()
    for length in sorted(counts):
        left -= counts[length]
        if left <= 0:
            return length
    return 0
