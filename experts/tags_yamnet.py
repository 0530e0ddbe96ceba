"""AudioSet tags on a 2-s grid (YAMNet, through LiteRT)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from auricle.experts import models as store
from auricle.experts.base import Gate, Heard, Waveform
from auricle.schemas.annotation import LabelScore, Tags, TagWindow
from auricle.schemas.audioset import LABELS, children_first
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
    """Tags 0.975-s looks, `hop` seconds apart, and keeps the maximum in each grid window.

    A look belongs to the windows in which at least half of it lies. The last look ends with the
    clip; a clip shorter than one look is repeated until it fills one, which hears short music
    better than silence around it (see `DomainRules`).
    """

    role: ClassVar[str] = "tags"
    backend: ClassVar[str] = "yamnet"
    sample_rate: ClassVar[int | None] = _RATE
    needs: ClassVar[tuple[str, ...]] = ()
    gate: ClassVar[Gate] = "none"
    models: ClassVar[tuple[str, ...]] = ("yamnet",)
    code_licence: ClassVar[str] = "Apache-2.0"
    record: ClassVar[type[Tags]] = Tags

    hop: float = 0.48
    window: float = 2.0
    """Seconds of the grid."""
    floor: float = 0.05
    """Labels that score less are left out."""
    limit: int = 15
    """The most labels of a window and of a clip."""
    threads: int = 1
    _network: Any = field(init=False, repr=False, compare=False)

    def load(self) -> None:
        """Load the network; UserError when the package or the weights are missing."""
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError as error:
            raise UserError('tags needs ai-edge-litert: pip install "auricle[lite]"') from error
        path = store.find("yamnet") / "yamnet.tflite"
        self._network = Interpreter(str(path), num_threads=self.threads)
        self._network.allocate_tensors()

    def annotate(self, clips: Sequence[Heard]) -> list[Tags]:
        """Return the labels of each clip; an empty clip is skipped."""
        return [self._annotate(clip) for clip in clips]

    def _annotate(self, clip: Heard) -> Tags:
        if not len(clip.waveform):
            return Tags.skipped(clip.clip_id, "too_short", "the clip is empty")
        starts = _starts(len(clip.waveform), round(self.hop * _RATE))
        filled = np.resize(clip.waveform, max(len(clip.waveform), _PATCH))
        heard = np.stack([self._look(filled[start : start + _PATCH]) for start in starts])
        middles = (np.array(starts) + _PATCH / 2) / _RATE
        windows = tuple(
            TagWindow(
                start=index * self.window,
                end=min((index + 1) * self.window, clip.seconds),
                labels=self._labels(heard[_inside(middles, index * self.window, self.window)]),
            )
            for index in range(ceil(clip.seconds / self.window))
        )
        return Tags(clip_id=clip.clip_id, windows=windows, labels=self._labels(heard))

    def _look(self, patch: Waveform) -> NDArray[np.float32]:
        """Return the scores of one look, shape [521]."""
        # The network takes exactly one look: LiteRT refuses to resize its input.
        network = self._network
        network.set_tensor(network.get_input_details()[0]["index"], patch)
        network.invoke()
        return np.asarray(network.get_tensor(network.get_output_details()[0]["index"])[0])

    def _labels(self, heard: NDArray[np.float32]) -> tuple[LabelScore, ...]:
        strongest = heard.max(axis=0)
        best = np.argsort(-strongest, kind="stable")[: self.limit]
        scores = {_NAMES[i]: float(strongest[i]) for i in best if strongest[i] >= self.floor}
        return tuple(
            LabelScore(label=label, score=scores[label]) for label in children_first(list(scores))
        )


def _starts(samples: int, hop: int) -> list[int]:
    """Return where the looks begin; the last one ends with the clip."""
    last = max(0, samples - _PATCH)
    starts = list(range(0, last + 1, hop))
    return starts if starts[-1] == last else [*starts, last]


def _inside(middles: NDArray[np.float64], start: float, length: float) -> NDArray[np.intp]:
    """Return the looks whose middle is in the window, or the nearest one."""
    inside = np.flatnonzero((middles >= start) & (middles < start + length))
    return inside if len(inside) else np.array([np.abs(middles - start - length / 2).argmin()])
