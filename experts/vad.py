"""Voice activity: where somebody speaks (Silero VAD, the ONNX file that faster-whisper carries)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from auricle.experts.base import Gate, Heard, Waveform
from auricle.experts.silero_net import CHUNK, RATE, SileroNet
from auricle.schemas.annotation import Span, Vad
from auricle.schemas.errors import UserError


@dataclass
class SileroVad:
    """Finds speech in steps of 32 ms.

    Speech begins at `threshold` and ends when the probability stays under `threshold - 0.15`
    for `min_silence` seconds; this is Silero's own rule. Its 0.25 s of `min_speech` would lose 16 %
    of the dev set's words of under 1 s; 0.06 loses 8 %, and hears speech in 15 % of the clips
    without any instead of 8 %, which is left to the domain's rules. By 10-ms frames, pauses and
    pads as below give F1 .83 on the dev scenes and .92 on its meetings (Silero's own: .82, .89).
    """

    role: ClassVar[str] = "vad"
    backend: ClassVar[str] = "silero"
    sample_rate: ClassVar[int | None] = RATE
    needs: ClassVar[tuple[str, ...]] = ()
    gate: ClassVar[Gate] = "none"
    models: ClassVar[tuple[str, ...]] = ("silero-vad",)
    code_licence: ClassVar[str] = "MIT"
    packages: ClassVar[tuple[str, ...]] = ("faster_whisper", "onnxruntime", "scipy")
    memory: ClassVar[float] = 0.2
    gpu_memory: ClassVar[float] = 0.0
    record: ClassVar[type[Vad]] = Vad

    threshold: float = 0.5
    min_speech: float = 0.06
    """Seconds: shorter stretches are dropped."""
    min_silence: float = 0.3
    """Seconds: shorter pauses are closed."""
    pad: float = 0.1
    """Seconds added at both ends of a stretch."""
    threads: int = 1
    _net: SileroNet = field(init=False, repr=False, compare=False)

    def load(self) -> None:
        """Load the network; UserError when a package is missing."""
        try:
            self._net = SileroNet(_weights(), self.threads)
        except ImportError as error:
            raise UserError('vad needs onnxruntime: pip install "auricle[lite]"') from error

    def annotate(self, clips: Sequence[Heard]) -> list[Vad]:
        """Return where somebody speaks in each clip; an empty clip is skipped."""
        return [self._annotate(clip) for clip in clips]

    def _annotate(self, clip: Heard) -> Vad:
        if not len(clip.waveform):
            return Vad.skipped(clip.clip_id, "too_short", "the clip is empty")
        heard = self._probabilities(clip.waveform)
        spans = tuple(
            Span(start=max(0.0, start), end=min(end, clip.seconds))
            for start, end in self._spans(heard)
        )
        return Vad(
            clip_id=clip.clip_id,
            spans=spans,
            speech_seconds=sum(span.end - span.start for span in spans),
            peak=float(heard.max()),
        )

    def _probabilities(self, waveform: Waveform) -> NDArray[np.float32]:
        """Return the probability of speech in each 32 ms; the last chunk is filled with zeros."""
        return self._net.probabilities(waveform)

    def _spans(self, heard: NDArray[np.float32]) -> list[tuple[float, float]]:
        """Return the start and end in seconds of each stretch of speech, padded and joined."""
        step = CHUNK / RATE
        found: list[tuple[float, float]] = []
        start = silence = None
        for index, probability in enumerate([*heard.tolist(), None]):
            if probability is None or probability < self.threshold - 0.15:
                silence = index if silence is None else silence
                over = probability is None or (index - silence + 1) * step >= self.min_silence
                if start is not None and over:
                    if (silence - start) * step >= self.min_speech:
                        found.append((start * step - self.pad, silence * step + self.pad))
                    start = None
            elif probability >= self.threshold:
                start = index if start is None else start
                silence = None
        return _joined(found)


def _joined(spans: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return spans in time order with those that touch made one."""
    joined: list[tuple[float, float]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _weights() -> Path:
    """Return the path of the ONNX file, found without importing the package."""
    spec = find_spec("faster_whisper")
    if spec is None or spec.origin is None:
        raise UserError('vad needs faster-whisper: pip install "auricle[lite]"')
    path = Path(spec.origin).parent / "assets" / "silero_vad_v6.onnx"
    if not path.is_file():
        raise UserError(
            f"vad finds no {path.name} in this faster-whisper: "
            'pip install --upgrade "auricle[lite]"'
        )
    return path
