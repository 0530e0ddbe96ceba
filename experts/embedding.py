"""A vector that stands for a clip: what every embedding shares, and log-mel statistics (numpy)."""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from auricle.experts import models as store
from auricle.experts.base import Expert, Gate, Heard, Waveform
from auricle.experts.hearing import each_heard, unheard
from auricle.experts.musicnn_net import mel_filters
from auricle.schemas.annotation import Embedding
from auricle.schemas.errors import UserError

Vectors = NDArray[np.floating[Any]]

_RATE = 16_000
_FFT, _HOP = 512, 256
_SILENT = 1e-5  # a third of a step of 16 bits
_DIGITS = 6
_SAME_VALUES = {"model", "device", "batch", "threads", "trust_remote_code"}
"""Settings that do not change the vectors, or that the weights' hash stands for."""


def embed(
    clips: Sequence[Heard],
    kind: str,
    shortest: float,
    vectors: Callable[[Sequence[Waveform]], Vectors],
) -> list[Embedding]:
    """Return a row for each clip: its vector at unit length, or why it has none.

    Args:
        clips: what to embed.
        kind: which vectors they are, as `kind_of` says it.
        shortest: seconds; a shorter clip is skipped.
        vectors: waveforms to [N, values]; it is not given silent or short ones.
    """

    def rows(heard: list[Heard]) -> Iterator[Embedding]:
        raw = np.asarray(vectors([clip.waveform for clip in heard]), np.float64) if heard else ()
        for clip, vector in zip(heard, raw, strict=True):
            yield Embedding(clip_id=clip.clip_id, kind=kind, vector=_unit(vector))

    why = partial(unheard, shortest=shortest, silent=_SILENT)
    return each_heard(clips, Embedding, rows, why)


def kind_of(expert: Expert[Embedding]) -> str:
    """Return which vectors an expert makes, as a short code: vectors of one kind can be compared.

    The code changes with the weights and with the settings that change values.
    """
    assert dataclasses.is_dataclass(expert)
    names = (f.name for f in dataclasses.fields(expert) if f.init and f.name not in _SAME_VALUES)
    told = {
        "settings": {name: getattr(expert, name) for name in names},
        "weights": [store.use(name).sha256 for name in expert.models],
    }
    code = hashlib.blake2b(json.dumps(told, sort_keys=True).encode(), digest_size=6).hexdigest()
    return f"{expert.backend}-{code}"


@dataclass
class LogMelEmbedding:
    """Statistics of a mel spectrogram in dB: mean, spread and spread of the change of each band.

    Levels count from the clip's own mean, and what is 60 dB under its loudest point counts as
    that, so that gain does not change the vector. Bands lie below 8 kHz, so that the sampling
    rate seldom does. It tells kinds of sound and recordings apart, not words or speakers.
    """

    role: ClassVar[str] = "embedding"
    backend: ClassVar[str] = "log-mel"
    sample_rate: ClassVar[int | None] = _RATE
    needs: ClassVar[tuple[str, ...]] = ()
    gate: ClassVar[Gate] = "none"
    models: ClassVar[tuple[str, ...]] = ()
    code_licence: ClassVar[str] = "Apache-2.0"
    packages: ClassVar[tuple[str, ...]] = ()
    memory: ClassVar[float] = 0.1
    gpu_memory: ClassVar[float] = 0.0
    record: ClassVar[type[Embedding]] = Embedding

    bands: int = 64
    depth: float = 60.0
    """dB under the loudest point of the clip that are looked at."""
    _filters: Vectors = field(init=False, repr=False, compare=False)
    _kind: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse a spectrogram without bands or depth."""
        if not 4 <= self.bands <= 128 or not 10 <= self.depth <= 120:
            raise UserError("embedding: bands lies between 4 and 128, depth between 10 and 120 dB")

    def load(self) -> None:
        """Make the filters."""
        self._filters = mel_filters(_RATE, _FFT, self.bands)
        self._kind = kind_of(self)

    def annotate(self, clips: Sequence[Heard]) -> list[Embedding]:
        """Return 3 x `bands` numbers a clip; silent clips and those under 0.1 s are skipped."""
        return embed(clips, self._kind, 0.1, lambda sounds: np.stack([*map(self._vector, sounds)]))

    def _vector(self, waveform: Waveform) -> Vectors:
        frames = sliding_window_view(waveform, _FFT)[::_HOP]
        power = np.abs(np.fft.rfft(frames * np.hanning(_FFT))) ** 2
        mel = power @ self._filters
        decibels = 10 * np.log10(np.maximum(mel / mel.max(), 10 ** (-self.depth / 10)))
        mean, spread = decibels.mean(axis=0), decibels.std(axis=0)
        return np.concatenate([mean - mean.mean(), spread, np.diff(decibels, axis=0).std(axis=0)])


def _unit(vector: Vectors) -> tuple[float, ...]:
    length = float(np.linalg.norm(vector))
    if not np.isfinite(length) or length == 0:
        raise ValueError(f"a vector of length {length} has no direction")
    return tuple(float(value) for value in (vector / length).round(_DIGITS))
