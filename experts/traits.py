"""Gender of each speaker: a logistic head on the speaker embedding."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from auricle.experts.base import Gate, Heard
from auricle.experts.hearing import each_heard
from auricle.experts.speaker_net import SAMPLE_RATE
from auricle.experts.turns import VoiceTurn, voice_turns
from auricle.experts.voiceprints import MODEL, Encoder, Voiceprints, shared_encoder
from auricle.schemas.annotation import Unjudged
from auricle.schemas.speech import SpeakerTraits, Traits

HEAD = Path(__file__).with_name("gender_head.json")
"""The weights, and what they were learned from; made by bench/train_gender.py."""

_PURE = 0.7  # share of a window that has to be one speaker's


@dataclass
class EmbeddingTraits:
    """Says female or male of each voice where it is `sure` of it, and never an age.

    The head knows grown-up voices only: a child's comes out as either. What it says is how a voice
    sounds, not who the person is.
    """

    role: ClassVar[str] = "traits"
    backend: ClassVar[str] = "embedding"
    sample_rate: ClassVar[int | None] = SAMPLE_RATE
    needs: ClassVar[tuple[str, ...]] = ("domain", "vad", "diarization")
    gate: ClassVar[Gate] = "speech"
    models: ClassVar[tuple[str, ...]] = (MODEL,)
    code_licence: ClassVar[str] = "Apache-2.0"
    packages: ClassVar[tuple[str, ...]] = ()
    memory: ClassVar[float] = 0.3
    gpu_memory: ClassVar[float] = 0.0
    record: ClassVar[type[Traits]] = Traits

    sure: float = 0.75
    """Probability under which the gender stays open."""
    _encoder: Encoder = field(init=False, repr=False, compare=False)
    _weights: NDArray[np.float64] = field(init=False, repr=False, compare=False)
    _constant: float = field(init=False, repr=False, compare=False)

    def load(self) -> None:
        """Read the head and the encoder, or take the encoder that this process has."""
        head = json.loads(HEAD.read_text("utf-8"))
        self._weights, self._constant = np.array(head["weights"]), head["constant"]
        self._encoder = shared_encoder()

    def annotate(self, clips: Sequence[Heard]) -> list[Traits]:
        """Return the gender of each speaker of each clip; skipped if too short or silent."""
        return each_heard(
            clips, Traits, lambda heard: map(self._annotate, heard, self._encoder(heard))
        )

    def _annotate(self, clip: Heard, prints: Voiceprints) -> Traits:
        turns: dict[str | None, list[VoiceTurn]] = {}
        for turn in voice_turns(clip):
            turns.setdefault(turn.speaker, []).append(turn)
        return Traits(
            clip_id=clip.clip_id,
            speakers=tuple(self._speaker(name, own, prints) for name, own in turns.items()),
            unjudged=(Unjudged(what="age", reason="backend_cannot"),),
        )

    def _speaker(
        self, name: str | None, turns: Sequence[VoiceTurn], prints: Voiceprints
    ) -> SpeakerTraits:
        seconds = round(sum(turn.end - turn.start for turn in turns), 3)
        voice = prints.mean(own_windows(prints.windows, turns))
        if voice is None:
            return SpeakerTraits(speaker=name, seconds=seconds)
        female = 1 / (1 + np.exp(-(float(voice @ self._weights) + self._constant)))
        probability = round(float(max(female, 1 - female)), 3)
        likelier = "female" if female > 0.5 else "male"
        return SpeakerTraits.model_validate(
            {
                "speaker": name,
                "seconds": seconds,
                "gender": likelier if probability >= self.sure else None,
                "gender_probability": probability,
            }
        )


def own_windows(windows: NDArray[np.float64], turns: Sequence[VoiceTurn]) -> NDArray[np.float64]:
    """Return how many seconds of each window count for whoever speaks in the turns.

    A window counts if most of it lies in the turns.
    """
    starts, ends = windows.T
    inside = np.zeros(len(windows))
    for turn in turns:
        inside += np.maximum(0, np.minimum(ends, turn.end) - np.maximum(starts, turn.start))
    return np.where(inside >= _PURE * (ends - starts), inside, 0)
