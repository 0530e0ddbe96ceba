"""Tells the voices of a clip apart from embeddings of windows: how many, and who speaks when.

The stretch of speech is parted in two as well as it can be, and the parts are kept where two
voices are likelier than one; each part is then parted again. Within a parting, frames go to the
voice they are nearest to along the best path through time, where each change of voice costs
something, and each voice becomes the mean of the windows that lie wholly in its own frames: a
window across a change of voices would blur both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from auricle.schemas.annotation import Span

FRAME = 0.1
"""Seconds of a step of time."""
LEAST = 0.8
"""Seconds: whoever speaks less is not told from the others."""

_CHANGE = 0.3  # what a change of voice costs, in similarity times frames
_CHANGE_IN_PAUSE = 0.15
_PURE = 0.85  # share of a window that has to be one voice's for the window to count as its
_STARTS = 6  # the speech is first parted into up to so many groups of windows
_ROUNDS = 8

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Voices(NamedTuple):
    """Frames of speech (their times) and whose they are, 0 for the voice first heard."""

    times: Floats
    voices: Ints
    certainty: float
    """Belief that the number of voices is right, 0 to 1."""


def tell_apart(spans: Sequence[Span], windows: Floats, embeddings: Floats) -> Voices:
    """Return whose each frame of speech is.

    `spans` are stretches of speech, `windows` [n, 2] are in seconds and lie in or near them, and
    `embeddings` [n, size] are of unit length.
    """
    times = frames_in(spans)
    if not len(times) or not len(windows):
        return Voices(times, np.zeros(len(times), np.int64), 1 - ALONE)
    speech = Speech(times, windows, embeddings)
    parts, certainty = [np.arange(len(times))], 1.0
    final: list[Ints] = []
    while parts:
        part = parts.pop(0)
        split = speech.part(part)
        belief = split.belief if split else ALONE
        if split and belief > 0.5:
            parts += [part[split.second == side] for side in (False, True)]
        else:
            final.append(part)
        certainty *= max(belief, 1 - belief)
    voices, belief = speech.together(final)
    return Voices(times, _by_first(voices), certainty * belief)


def two_voices(similarity: float, seconds: float) -> float:
    """Return the belief that the two halves of a best parting are two people.

    `similarity` is the cosine of their means, `seconds` how long the shorter is: the shorter, the
    less alike are two halves of one voice. A logistic fit (see `bench/fit_voices.py`).
    """
    logit = 21.45 - 32.53 * similarity + 2.01 * float(np.log(max(seconds, 0.5)))
    return float(1 / (1 + np.exp(-logit)))


ALONE = 0.1
"""Belief in a second voice where there is too little speech to compare."""


class Parting(NamedTuple):
    """The best way to part some frames in two."""

    second: NDArray[np.bool_]
    """Which of the frames are of the second half."""
    similarity: float
    """Cosine of the means of the halves."""
    seconds: float
    """How long the shorter half is."""

    @property
    def belief(self) -> float:
        """Belief that the halves are two people, 0 to 1."""
        return two_voices(self.similarity, self.seconds)


@dataclass
class Speech:
    """The frames of speech and the windows that see them."""

    times: Floats
    """Middles of the frames, in seconds."""
    windows: Floats
    """Starts and ends in seconds, [n, 2]."""
    embeddings: Floats
    """Of unit length, [n, size]."""

    def __post_init__(self) -> None:
        middles = self.windows.mean(1)
        halves = np.maximum(np.diff(self.windows, axis=1)[:, 0] / 2, 2 * FRAME)
        away = np.abs(self.times[:, None] - middles)
        weights = np.maximum(0, 1 - away / halves) ** 2 + 1e-4 * np.exp(-3 * away)
        heard = weights @ self.embeddings
        self.heard: Floats = heard / weights.sum(1, keepdims=True)
        inside = (self.times[:, None] >= self.windows[:, 0]) & (
            self.times[:, None] < self.windows[:, 1]
        )
        self.inside: Floats = inside.astype(float)

    def part(self, frames: Ints) -> Parting | None:
        """Return the best parting of some frames into two voices; None if there is too little."""
        share = self.inside[frames].sum(0) / np.maximum(self.inside.sum(0), 1)
        mine = np.flatnonzero(share >= _PURE)
        if len(mine) < 3 or len(frames) * FRAME < 2 * LEAST:
            return None
        starts = _starts(self.embeddings[mine])
        centres, voices = self._settle(frames, starts)
        seconds = FRAME * np.minimum(voices.sum(0), len(frames) - voices.sum(0))
        nearness = np.take_along_axis(self._scores(frames, centres), voices[..., None], 2)
        seen = self._purity(frames, voices, 2).max(2).min(1) >= _PURE
        quality = np.where((seconds >= LEAST) & seen, nearness[..., 0].mean(0), -np.inf)
        best = int(quality.argmax())
        if quality[best] == -np.inf:
            return None
        similarity = float(centres[best, 0] @ centres[best, 1])
        return Parting(voices[:, best] == 1, similarity, float(seconds[best]))

    def together(self, parts: Sequence[Ints]) -> tuple[Ints, float]:
        """Return whose each frame is when all voices compete for it, and the belief in them all.

        Voices that turn out to be one are joined.
        """
        everything = np.arange(len(self.times))
        voices = np.zeros(len(self.times), np.int64)
        for voice, part in enumerate(parts):
            voices[part] = voice
        while (count := len(np.unique(voices))) > 1:
            voices = np.unique(voices, return_inverse=True)[1]
            centres = self._centres(everything, voices[:, None], count)
            path = _paths(self._scores(everything, centres), self._costs(everything))[:, 0]
            if len(np.unique(path)) == count:
                voices = path
            seconds = FRAME * np.bincount(voices)
            belief, one, other = min(
                (
                    two_voices(float(centres[0, i] @ centres[0, j]), min(seconds[i], seconds[j])),
                    i,
                    j,
                )
                for i in range(count)
                for j in range(i)
            )
            if belief > 0.5:
                return voices, belief
            voices[voices == one] = other
        return voices, 1.0

    def _settle(self, frames: Ints, centres: Floats) -> tuple[Floats, Ints]:
        """Return centres [runs, 2, size] and voices [frames, runs] that agree with each other."""
        costs = self._costs(frames)
        voices = _paths(self._scores(frames, centres), costs)
        for _ in range(_ROUNDS):
            centres = self._centres(frames, voices, 2)
            before, voices = voices, _paths(self._scores(frames, centres), costs)
            if np.array_equal(before, voices):
                break
        return centres, voices

    def _centres(self, frames: Ints, voices: Ints, count: int) -> Floats:
        """Return the mean embedding of each voice from its purest windows: [runs, count, size]."""
        purity = self._purity(frames, voices, count)
        least = np.minimum(_PURE, purity.max(2, keepdims=True))
        weights = np.where(purity >= np.maximum(least, 1e-9), purity, 0)
        weights *= np.diff(self.windows, axis=1)[:, 0]
        centres = weights @ self.embeddings
        lengths = np.linalg.norm(centres, axis=2, keepdims=True)
        return np.asarray(centres / np.maximum(lengths, 1e-9))

    def _purity(self, frames: Ints, voices: Ints, count: int) -> Floats:
        """Return which share of each window is each voice's, [runs, count, windows]."""
        own = (voices.T[:, None] == np.arange(count)[:, None]).astype(float)
        return np.asarray(own @ self.inside[frames] / np.maximum(self.inside.sum(0), 1))

    def _scores(self, frames: Ints, centres: Floats) -> Floats:
        return np.asarray(np.einsum("fs,rvs->frv", self.heard[frames], centres))

    def _costs(self, frames: Ints) -> Floats:
        pauses = np.diff(self.times[frames], prepend=self.times[frames[0]]) > 2.5 * FRAME
        return np.where(pauses, _CHANGE_IN_PAUSE, _CHANGE)


def _paths(scores: Floats, costs: Floats) -> Ints:
    """Return the best path of each run through its voices (Viterbi).

    `scores` is [frames, runs, voices]; `costs` [frames] is what a change before a frame costs.
    """
    frames, runs, voices = scores.shape
    stay = np.arange(voices)
    best = scores[0]
    came = np.empty((frames, runs, voices), np.int64)
    for frame in range(1, frames):
        leader = best.argmax(1)
        changed = best.max(1) - costs[frame]
        came[frame] = np.where(best >= changed[:, None], stay, leader[:, None])
        best = np.maximum(best, changed[:, None]) + scores[frame]
    path = np.empty((frames, runs), np.int64)
    path[-1] = best.argmax(1)
    every = np.arange(runs)
    for frame in range(frames - 1, 0, -1):
        path[frame - 1] = came[frame, every, path[frame]]
    return path


def _starts(embeddings: Floats) -> Floats:
    """Return pairs of centres to start from, [runs, 2, size]: large groups of alike windows."""
    from scipy.cluster.hierarchy import fcluster, linkage

    apart = np.maximum(1 - embeddings @ embeddings.T, 0)
    tree = linkage(apart[np.triu_indices(len(apart), 1)], "average")
    starts = []
    for count in range(2, min(_STARTS, len(embeddings)) + 1):
        groups = fcluster(tree, count, "maxclust")
        names, sizes = np.unique(groups, return_counts=True)
        large = names[np.argsort(-sizes, kind="stable")][:3]
        means = [embeddings[groups == name].mean(0) for name in large]
        starts += [(a, b) for i, a in enumerate(means) for b in means[i + 1 :]]
    found = np.array(starts)
    return np.asarray(found / np.maximum(np.linalg.norm(found, axis=2, keepdims=True), 1e-9))


def frames_in(spans: Sequence[Span]) -> Floats:
    """Return the middles of the frames that lie in a span."""
    if not spans:
        return np.zeros(0)
    times = np.asarray((np.arange(np.ceil(spans[-1].end / FRAME)) + 0.5) * FRAME, np.float64)
    inside = [(span.start <= times) & (times < span.end) for span in spans]
    return times[np.logical_or.reduce(inside)]


def _by_first(voices: Ints) -> Ints:
    """Return voices numbered in the order they are first heard."""
    _, first, index = np.unique(voices, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[index]
