"""Arousal and valence of the voices by audeering's dimensional model (wav2vec 2.0)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from auricle.experts import models as store
from auricle.experts.audeering_model import SAMPLE_RATE, AudeeringModel, audeering_model
from auricle.experts.base import Gate, Heard
from auricle.experts.emotion_turns import JudgedTurn, Scores, judged, over_turns, pieces, unheard
from auricle.schemas.annotation import Unjudged
from auricle.schemas.speech import Emotion, TurnEmotion

HEADS = {"classifier": 3}
"""Of the checkpoint: arousal, dominance and valence, each about 0 to 1."""

_AROUSAL, _VALENCE = 0, 2  # the output between them is dominance, which has no column


@dataclass
class AudeeringEmotion:
    """Judges each turn; over a clip the turns count by their length.

    Wagner et al., Dawn of the transformer era in speech emotion recognition: closing the valence
    gap, IEEE TPAMI 45, 2023; trained on MSP-Podcast, which is natural English speech. The weights
    are for non-commercial use (CC BY-NC-SA 4.0). Arousal 0 to 1 is calm to excited, valence
    negative to positive; most speech lies between .3 and .7. It names no emotion.
    """

    role: ClassVar[str] = "emotion"
    backend: ClassVar[str] = "audeering-dim"
    sample_rate: ClassVar[int | None] = SAMPLE_RATE
    needs: ClassVar[tuple[str, ...]] = ("domain", "vad", "diarization")
    gate: ClassVar[Gate] = "speech"
    code_licence: ClassVar[str] = "Apache-2.0"
    packages: ClassVar[tuple[str, ...]] = ("torch", "transformers")
    memory: ClassVar[float] = 2.0
    gpu_memory: ClassVar[float] = 2.0
    record: ClassVar[type[Emotion]] = Emotion

    model: str = "emotion-audeering-dim"
    """A name of models.toml, a folder, or an id of the model hub."""
    device: str = "auto"
    batch: int = 16
    """Pieces at once on a GPU."""
    _network: AudeeringModel = field(init=False, repr=False, compare=False)

    @property
    def models(self) -> tuple[str, ...]:
        """The model that the settings name."""
        return (self.model,)

    def load(self) -> None:
        """Load the model; UserError when the folder does not hold all of it."""
        self._network = audeering_model(store.find(self.model), HEADS, self.device)

    def annotate(self, clips: Sequence[Heard]) -> list[Emotion]:
        """Return arousal and valence of each clip; skipped where no turn is long enough."""
        heard = pieces(clips)
        scores = self._network.scores([piece.waveform for piece in heard], self.batch)
        return [
            _emotion(clip, turns)
            for clip, turns in zip(clips, judged(clips, heard, scores), strict=True)
        ]


def _emotion(clip: Heard, turns: Sequence[JudgedTurn]) -> Emotion:
    whole = over_turns(turns)
    if whole is None:
        return Emotion.skipped(clip.clip_id, unheard(clip))
    return Emotion(
        clip_id=clip.clip_id,
        turns=tuple(
            TurnEmotion(
                start=turn.start,
                end=turn.end,
                speaker=turn.speaker,
                arousal=_share(scores, _AROUSAL),
                valence=_share(scores, _VALENCE),
            )
            for turn, scores in turns
        ),
        arousal=_share(whole, _AROUSAL),
        valence=_share(whole, _VALENCE),
        unjudged=(Unjudged(what="category", reason="backend_cannot"),),
    )


def _share(scores: Scores | None, which: int) -> float | None:
    """Return one output kept within 0 to 1; three digits, since a batch may move the fourth."""
    return None if scores is None else round(float(np.clip(scores[which], 0.0, 1.0)), 3)
