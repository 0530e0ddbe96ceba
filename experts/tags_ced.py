"""AudioSet tags on a 2-s grid (CED, through torch)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from auricle.experts import models as store
from auricle.experts.base import Gate, Heard, Waveform
from auricle.experts.tag_windows import Scores, best_labels, grid, strongest
from auricle.experts.torch_runtime import torch_device
from auricle.experts.windows import run_full
from auricle.schemas.annotation import Tags, TagWindow
from auricle.schemas.audioset import LABELS
from auricle.schemas.errors import UserError

_RATE = 16_000
_LONGEST = 1012
"""Frames that the network was trained on: 10.12 s."""
_DIGITS = 4


@dataclass
class CedTags:
    """Hears each window of the grid on its own and takes the maximum over them for the clip.

    A last window that is shorter than the grid hears the end of the clip at full length; a clip
    shorter than one window is repeated until it fills one. On a GPU the windows of all clips go
    through the network together, on a CPU those of one clip: larger batches are no faster there
    (base: 8 windows a CPU-second one by one, 10 five or twenty at once).
    """

    role: ClassVar[str] = "tags"
    backend: ClassVar[str] = "ced"
    sample_rate: ClassVar[int | None] = _RATE
    needs: ClassVar[tuple[str, ...]] = ()
    gate: ClassVar[Gate] = "none"
    code_licence: ClassVar[str] = "Apache-2.0"
    packages: ClassVar[tuple[str, ...]] = ("torch", "safetensors")
    memory: ClassVar[float] = 1.5
    gpu_memory: ClassVar[float] = 1.5
    record: ClassVar[type[Tags]] = Tags

    model: str = "ced-base"
    device: str = "auto"
    batch: int = 128
    """Windows at once on a GPU."""
    window: float = 2.0
    """Seconds of the grid."""
    floor: float = 0.01
    """Labels that score less are left out."""
    limit: int = 15
    """The most labels of a window."""
    clip_limit: int = 40
    """The most labels of a clip."""
    _network: Any = field(init=False, repr=False, compare=False)
    _on_gpu: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse windows that the network cannot hear."""
        if not 0.25 <= self.window <= 10:
            raise UserError(f"tags.window is {self.window}; it lies between 0.25 and 10 seconds")
        if self.batch < 1:
            raise UserError(f"tags.batch is {self.batch}; it is 1 or more")

    @property
    def models(self) -> tuple[str, ...]:
        """The weights."""
        return (self.model,)

    def load(self) -> None:
        """Load the network.

        Raises:
            UserError: the model does not know the AudioSet classes.
            MissingModel: the weights are not here.
        """
        folder = store.find(self.model)
        from auricle.experts.ced_net import read_network

        device = torch_device(self.device)
        network, names = read_network(folder, _LONGEST, device)
        if network.classes != len(LABELS) or not _same(names):
            raise UserError(f"{folder}: its classes are not the 527 of AudioSet, in their order")
        self._network, self._on_gpu = network, device.type != "cpu"

    def annotate(self, clips: Sequence[Heard]) -> list[Tags]:
        """Return the labels of each clip; an empty clip is skipped. Scores have 4 digits."""
        cut = [self._windows(clip) for clip in clips]
        if self._on_gpu:
            size = round(self.window * _RATE)
            every = [window for windows in cut for window in windows]
            scores = run_full(every, size, self.batch, self._hear) if every else _NOTHING
            heard = np.split(scores, np.cumsum([len(windows) for windows in cut])[:-1])
        else:
            heard = [self._hear(np.stack(windows)) if windows else _NOTHING for windows in cut]
        return [self._record(clip, scores) for clip, scores in zip(clips, heard, strict=True)]

    def _windows(self, clip: Heard) -> list[Waveform]:
        size = round(self.window * _RATE)
        if not len(clip.waveform):
            return []
        filled = np.resize(clip.waveform, max(len(clip.waveform), size)).astype(np.float32)
        starts = (round(span.start * _RATE) for span in grid(clip.seconds, self.window))
        return [filled[min(start, len(filled) - size) :][:size] for start in starts]

    def _hear(self, windows: Scores) -> Scores:
        """Return the probabilities, [windows, samples] to [windows, 527]."""
        import torch

        found = self._network.probabilities(torch.from_numpy(windows)).float().cpu().numpy()
        return np.asarray(found, np.float64).round(_DIGITS)

    def _record(self, clip: Heard, scores: Scores) -> Tags:
        if not len(scores):
            return Tags.skipped(clip.clip_id, "too_short", "the clip is empty")
        windows = tuple(
            TagWindow(
                start=span.start,
                end=span.end,
                labels=best_labels(row, LABELS, self.floor, self.limit),
            )
            for span, row in zip(grid(clip.seconds, self.window), scores, strict=True)
        )
        whole = best_labels(strongest(scores, LABELS), LABELS, self.floor, self.clip_limit)
        return Tags(clip_id=clip.clip_id, windows=windows, labels=whole)


_NOTHING = np.zeros((0, len(LABELS)))


def _same(names: Sequence[str]) -> bool:
    """Tell whether class names are AudioSet's; some configurations cut them at a comma."""
    return not names or (
        len(names) == len(LABELS)
        and all(
            name in (ours, ours.partition(",")[0]) for name, ours in zip(names, LABELS, strict=True)
        )
    )
