"""A vector for the voices of a clip: the speaker embedding."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from auricle.experts.base import Gate, Heard
from auricle.experts.embedding import kind_of
from auricle.experts.hearing import each_heard
from auricle.experts.speaker_net import SAMPLE_RATE
from auricle.experts.voiceprints import MODEL, Encoder, Voiceprints, shared_encoder
from auricle.schemas.annotation import Embedding


@dataclass
class SpeakerEmbedding:
    """The mean of the voices by how long each is heard: clips of the same voice lie close.

    It knows nothing of words or of sound without speech: for near-duplicates take another.
    """

    role: ClassVar[str] = "embedding"
    backend: ClassVar[str] = "speaker"
    sample_rate: ClassVar[int | None] = SAMPLE_RATE
    needs: ClassVar[tuple[str, ...]] = ("domain", "vad")
    gate: ClassVar[Gate] = "speech"
    models: ClassVar[tuple[str, ...]] = (MODEL,)
    code_licence: ClassVar[str] = "Apache-2.0"
    packages: ClassVar[tuple[str, ...]] = ()
    memory: ClassVar[float] = 0.3
    gpu_memory: ClassVar[float] = 0.0
    record: ClassVar[type[Embedding]] = Embedding

    _encoder: Encoder = field(init=False, repr=False, compare=False)
    _kind: str = field(init=False, repr=False, compare=False)

    def load(self) -> None:
        """Read the encoder, or take the one that this process has."""
        self._encoder = shared_encoder()
        self._kind = kind_of(self)

    def annotate(self, clips: Sequence[Heard]) -> list[Embedding]:
        """Return 256 numbers a clip; skipped if too short or silent, or without speech."""
        return each_heard(
            clips, Embedding, lambda heard: map(self._annotate, heard, self._encoder(heard))
        )

    def _annotate(self, clip: Heard, prints: Voiceprints) -> Embedding:
        vector = prints.mean(np.diff(prints.windows, axis=1)[:, 0])
        if vector is None:
            return Embedding.skipped(clip.clip_id, "no_speech_spans")
        return Embedding(
            clip_id=clip.clip_id, kind=self._kind, vector=tuple(vector.round(5).tolist())
        )
