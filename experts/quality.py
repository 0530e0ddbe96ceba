"""Speech quality: predicted opinion scores of voice, background and whole (DNSMOS P.835)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from auricle.experts import models as store
from auricle.experts.base import Gate, Heard, Waveform
from auricle.schemas.acoustics import Quality
from auricle.schemas.errors import UserError

_RATE = 16000
_LOOK = 144160
"""Samples that the network takes: 9.01 s."""

_FITS = (
    (-0.08397278, 1.22083953, 0.0052439),
    (-0.13166888, 1.60915514, -0.39604546),
    (-0.06766283, 1.11546468, 0.04602535),
)
"""Raw voice, background and overall to MOS, highest power first: the fits of the authors' script
for general (not personalised) speech (Reddy, Gopal and Cutler, DNSMOS P.835, ICASSP 2022)."""


@dataclass
class DnsmosQuality:
    """Looks at 9.01 s of speech at a time, 1 s apart, and reports the mean of the looks.

    A shorter clip is repeated until it fills one look; the authors' script doubles it instead and
    may look more often, which moves a score by some hundredths. DNSMOS was made for speech, so
    other clips are kept out. It does not hear band limits, aliasing or bit crush. One look is one
    run of the network: larger batches cost as much time and more memory (0.4 CPU-s a look,
    0.4 GB; eight at once, 1.1 GB).
    """

    role: ClassVar[str] = "quality"
    backend: ClassVar[str] = "dnsmos"
    sample_rate: ClassVar[int | None] = _RATE
    needs: ClassVar[tuple[str, ...]] = ("domain", "vad")
    gate: ClassVar[Gate] = "speech"
    models: ClassVar[tuple[str, ...]] = ("dnsmos",)
    code_licence: ClassVar[str] = "MIT"
    packages: ClassVar[tuple[str, ...]] = ("onnxruntime",)
    memory: ClassVar[float] = 0.4
    gpu_memory: ClassVar[float] = 0.0
    record: ClassVar[type[Quality]] = Quality

    threads: int = 1
    _session: Any = field(init=False, repr=False, compare=False)

    def load(self) -> None:
        """Load the network; UserError when the package or the weights are missing."""
        try:
            import onnxruntime
        except ImportError as error:
            raise UserError('quality needs onnxruntime: pip install "auricle[lite]"') from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = self.threads
        self._session = onnxruntime.InferenceSession(
            str(store.find("dnsmos") / "sig_bak_ovr.onnx"),
            options,
            providers=["CPUExecutionProvider"],
        )

    def annotate(self, clips: Sequence[Heard]) -> list[Quality]:
        """Return the scores of each clip, 1 to 5; an empty clip is skipped."""
        return [self._annotate(clip) for clip in clips]

    def _annotate(self, clip: Heard) -> Quality:
        if not len(clip.waveform):
            return Quality.skipped(clip.clip_id, "too_short", "the clip is empty")
        scores = np.mean([self._look(look) for look in _looks(clip.waveform)], axis=0)
        speech, background, overall = np.clip(scores, 1.0, 5.0).tolist()
        return Quality(clip_id=clip.clip_id, speech=speech, background=background, overall=overall)

    def _look(self, look: Waveform) -> list[float]:
        """Return MOS of voice, background and whole."""
        raw = self._session.run(None, {"input_1": look[np.newaxis]})[0][0]
        return [float(np.polyval(fit, value)) for fit, value in zip(_FITS, raw, strict=True)]


def _looks(waveform: Waveform) -> Iterator[Waveform]:
    filled = np.resize(waveform, max(len(waveform), _LOOK)).astype(np.float32)
    for start in range(0, len(filled) - _LOOK + 1, _RATE):
        yield filled[start : start + _LOOK]
