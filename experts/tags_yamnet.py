"""AudioSet tags on a 2-s grid (YAMNet, through LiteRT)."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from auricle.experts import models as store
from auricle.experts.base import Gate, Heard, Waveform
from auricle.experts.tag_windows import Scores, best_labels, grid, strongest
from auricle.schemas.annotation import LabelScore, Tags, TagWindow
from auricle.schemas.audioset import LABELS
from auricle.schemas.errors import UserError

_RATE = 16000
_PATCH = 15600
"""Samples of one look: 0.975 s."""

_UNKNOWN = {
    "Male speech, man speaking",
    "Female speech, woman speaking",
    "Battle cry",
    "Male singing",
    "Female singing",
    "Funny music",
}
"""The AudioSet classes that YAMNet has no output for."""

_NAMES = tuple(label for label in LABELS if label not in _UNKNOWN)


@dataclass
class YamnetTags:
    """Takes looks of 0.975 s, `hop` seconds apart, and smooths them before it takes the maximum.

    With the default hop each moment is in four looks; their mean is the score of that moment. A
    grid window keeps the maximum of the moments in it, a clip the maximum of all. Silence is the
    exception: it is the minimum, for a clip is silent only if all of it is. Measured on the dev
    set with the same thresholds, against the plain maximum of looks 0.48 s apart: ESC-10 first
    label right .61 (.56), among the first five .78 (.73), best of the ten classes .91 (.90).

    A clip shorter than one look is repeated until it fills one: with silence around it, short
    notes are missed.
    """

    role: ClassVar[str] = "tags"
    backend: ClassVar[str] = "yamnet"
    sample_rate: ClassVar[int | None] = _RATE
    needs: ClassVar[tuple[str, ...]] = ()
    gate: ClassVar[Gate] = "none"
    models: ClassVar[tuple[str, ...]] = ("yamnet",)
    code_licence: ClassVar[str] = "Apache-2.0"
    packages: ClassVar[tuple[str, ...]] = ("ai_edge_litert",)
    memory: ClassVar[float] = 0.2
    gpu_memory: ClassVar[float] = 0.0
    record: ClassVar[type[Tags]] = Tags

    hop: float = 0.24
    window: float = 2.0
    """Seconds of the grid."""
    floor: float = 0.01
    """Labels that score less are left out."""
    limit: int = 15
    """The most labels of a window."""
    clip_limit: int = 40
    """The most labels of a clip. Of the ten classes of ESC-10 the right one scores best in .91 of
    the clips; with 15 labels and a floor of 0.05, .85, because the right one is often not kept."""
    smooth: int = 4
    """Looks in the mean."""
    threads: int = 1
    _network: Any = field(init=False, repr=False, compare=False)

    def load(self) -> None:
        """Load the network; UserError when the package or the weights are missing."""
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError as error:
            raise UserError('tags needs ai-edge-litert: pip install "auricle[lite]"') from error
        path = store.find("yamnet") / "yamnet.tflite"
        with _without_chatter():
            self._network = Interpreter(str(path), num_threads=self.threads)
            self._network.allocate_tensors()

    def annotate(self, clips: Sequence[Heard]) -> list[Tags]:
        """Return the labels of each clip; an empty clip is skipped."""
        return [self._annotate(clip) for clip in clips]

    def _annotate(self, clip: Heard) -> Tags:
        if not len(clip.waveform):
            return Tags.skipped(clip.clip_id, "too_short", "the clip is empty")
        starts = _starts(len(clip.waveform), round(self.hop * _RATE))
        filled = np.resize(clip.waveform, max(len(clip.waveform), _PATCH)).astype(np.float32)
        looks = np.stack([self._look(filled[start : start + _PATCH]) for start in starts])
        scores, middles = _moments(looks, np.array(starts) + _PATCH / 2, self.smooth)
        places = np.minimum(middles / _RATE, clip.seconds) // self.window
        windows = tuple(
            TagWindow(
                start=span.start,
                end=span.end,
                labels=self._labels(scores[_nearest(places, index)], self.limit),
            )
            for index, span in enumerate(grid(clip.seconds, self.window))
        )
        return Tags(
            clip_id=clip.clip_id, windows=windows, labels=self._labels(scores, self.clip_limit)
        )

    def _labels(self, scores: Scores, limit: int) -> tuple[LabelScore, ...]:
        return best_labels(strongest(scores, _NAMES), _NAMES, self.floor, limit)

    def _look(self, patch: Waveform) -> NDArray[np.float32]:
        """Return the scores of one look, shape [521]."""
        # The network takes exactly one look: LiteRT refuses to resize its input.
        network = self._network
        network.set_tensor(network.get_input_details()[0]["index"], patch)
        network.invoke()
        return np.asarray(network.get_tensor(network.get_output_details()[0]["index"])[0])


@contextmanager
def _without_chatter() -> Iterator[None]:
    """Keep LiteRT from greeting on standard error; it writes past Python, and an error raises."""
    saved, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)


def _starts(samples: int, hop: int) -> list[int]:
    """Return where the looks begin; the last one ends with the clip."""
    last = max(0, samples - _PATCH)
    starts = list(range(0, last + 1, hop))
    return starts if starts[-1] == last else [*starts, last]


def _moments(
    looks: NDArray[np.float32], middles: NDArray[np.float64], width: int
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return the mean of each `width` looks in a row, and where the middle of each mean is."""
    width = min(width, len(looks))
    sliding = np.lib.stride_tricks.sliding_window_view
    return (
        sliding(looks, width, axis=0).mean(axis=-1, dtype=np.float32),
        sliding(middles, width).mean(axis=-1),
    )


def _nearest(places: NDArray[np.float64], index: int) -> NDArray[np.bool_]:
    """Return which moments are in a window of the grid, or else those nearest to it."""
    far = np.abs(places - index)
    return np.asarray(far == far.min())
