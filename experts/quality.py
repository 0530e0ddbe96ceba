"""Speech quality: predicted opinion scores of voice, background and whole (DNSMOS P.835)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from auricle.experts import models as store
from auricle.experts.base import Gate, Heard, Waveform
from auricle.schemas.annotation import Quality
from auricle.schemas.errors import UserError

_RATE = 16000
_LOOK = 144160
"""Samples that the network takes: 9.01 s."""

_FITS = (
    (-0.08397278, 1.22083953, 0.0052439),
    (-0.13166888, 1.60915514, -0.39604546),
    (-0.06766283, 1.11546468, 0.04602535),
)
"""Raw voice, background and overall to MOS, highest power first (Reddy et al., DNSMOS P.835)."""


@dataclass
class DnsmosQuality:
    """Looks at 9.01 s of speech at a time, 1 s apart, and reports the mean of the looks.

    As the authors' script does, a short clip is repeated until it fills a look. DNSMOS was made
    for speech, so other clips are kept out. It does not hear band limits, aliasing or bit crush.
    """

    role: ClassVar[str] = "quality"
    backend: ClassVar[str] = "dnsmos"
    sample_rate: ClassVar[int | None] = _RATE
    needs: ClassVar[tuple[str, ...]] = ("domain", "vad")
    gate: ClassVar[Gate] = "speech"
    models: ClassVar[tuple[str, ...]] = ("dnsmos",)
    code_licence: ClassVar[str] = "MIT"
    record: ClassVar[type[Quality]] = Quality

    batch: int = 8
    """Looks in one run of the network."""
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
        looks = [_looks(clip.waveform) for clip in clips]
        counts = [len(each) for each in looks]
        scores = self._scores([look for each in looks for look in each])
        bounds = np.cumsum([0, *counts])
        return [
            _quality(clip.clip_id, scores[start:stop])
            for clip, start, stop in zip(clips, bounds[:-1], bounds[1:], strict=True)
        ]

    def _scores(self, looks: list[Waveform]) -> NDArray[np.float64]:
        """Return MOS of voice, background and whole for each look, shape [looks, 3]."""
        raw = [
            self._session.run(None, {"input_1": np.stack(looks[first : first + self.batch])})[0]
            for first in range(0, len(looks), self.batch)
        ]
        columns = np.concatenate([np.empty((0, 3)), *raw]).T
        fitted = [np.polyval(fit, column) for fit, column in zip(_FITS, columns, strict=True)]
        return np.asarray(np.clip(np.stack(fitted, axis=1), 1.0, 5.0))


def _looks(waveform: Waveform) -> list[Waveform]:
    if not len(waveform):
        return []
    filled = np.resize(waveform, max(len(waveform), _LOOK)).astype(np.float32)
    return [filled[start : start + _LOOK] for start in range(0, len(filled) - _LOOK + 1, _RATE)]


def _quality(clip_id: str, scores: NDArray[np.float64]) -> Quality:
    if not len(scores):
        return Quality.skipped(clip_id, "too_short", "the clip is empty")
    speech, background, overall = scores.mean(axis=0)
    return Quality(
        clip_id=clip_id,
        speech=float(speech),
        background=float(background),
        overall=float(overall),
    )
