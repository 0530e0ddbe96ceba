"""Age and gender of each speaker by audeering's wav2vec 2.0 model."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from auricle.experts import models as store
from auricle.experts.audeering_model import SAMPLE_RATE, AudeeringModel, audeering_model
from auricle.experts.base import Gate, Heard
from auricle.experts.emotion_turns import JudgedTurn, Scores, judged, over_turns, pieces, unheard
from auricle.schemas.speech import SpeakerTraits, Traits

HEADS = {"age": 1, "gender": 3}
"""Of the checkpoint: the age in hundreds of years; female, male and child."""

_AGE, _FEMALE, _MALE, _CHILD = range(4)
_BANDS = (
    (13, "child"),
    (20, "teenager"),
    (35, "young adult"),
    (60, "middle-aged"),
    (np.inf, "elderly"),
)
"""Years under which a band ends."""


@dataclass
class AudeeringTraits:
    """Judges each turn; of a speaker the turns count by their length.

    Burkhardt et al., Speech-based age and gender prediction with transformers, ITG Speech
    Communication 2023, arXiv 2306.16962. They report a mean error of 7 to 11 years and a gender
    (female, male, child) that is right for 91 % or more. The weights are for non-commercial use
    (CC BY-NC-SA 4.0).

    Female or male stays open under a probability of `sure`. A voice is a child's where the model
    is that sure of it; other bands stay open within `margin` years of the next one, and where the
    age says child and the voice does not.
    """

    role: ClassVar[str] = "traits"
    backend: ClassVar[str] = "audeering"
    sample_rate: ClassVar[int | None] = SAMPLE_RATE
    needs: ClassVar[tuple[str, ...]] = ("domain", "vad", "diarization")
    gate: ClassVar[Gate] = "speech"
    code_licence: ClassVar[str] = "Apache-2.0"
    packages: ClassVar[tuple[str, ...]] = ("torch", "transformers")
    memory: ClassVar[float] = 2.5
    gpu_memory: ClassVar[float] = 2.5
    record: ClassVar[type[Traits]] = Traits

    model: str = "traits-audeering"
    """A name of models.toml, a folder, or an id of the model hub."""
    device: str = "auto"
    batch: int = 16
    """Pieces at once on a GPU."""
    sure: float = 0.75
    margin: float = 3.0
    """Years."""
    _network: AudeeringModel = field(init=False, repr=False, compare=False)

    @property
    def models(self) -> tuple[str, ...]:
        """The model that the settings name."""
        return (self.model,)

    def load(self) -> None:
        """Load the model; UserError when the folder does not hold all of it."""
        self._network = audeering_model(store.find(self.model), HEADS, self.device)

    def annotate(self, clips: Sequence[Heard]) -> list[Traits]:
        """Return age and gender of each speaker; skipped where no turn is long enough."""
        heard = pieces(clips)
        told = self._network.scores([piece.waveform for piece in heard], self.batch)
        scores = [_years_and_shares(outputs) for outputs in told]
        return [
            self._traits(clip, turns)
            for clip, turns in zip(clips, judged(clips, heard, scores), strict=True)
        ]

    def _traits(self, clip: Heard, turns: Sequence[JudgedTurn]) -> Traits:
        if over_turns(turns) is None:
            return Traits.skipped(clip.clip_id, unheard(clip))
        names = dict.fromkeys(turn.turn.speaker for turn in turns)
        own = {name: [turn for turn in turns if turn.turn.speaker == name] for name in names}
        return Traits(
            clip_id=clip.clip_id,
            speakers=tuple(self._speaker(name, turns) for name, turns in own.items()),
        )

    def _speaker(self, name: str | None, turns: Sequence[JudgedTurn]) -> SpeakerTraits:
        seconds = sum(one.turn.end - one.turn.start for one in turns if one.scores is not None)
        told: dict[str, object] = {"speaker": name, "seconds": round(seconds, 3)}
        scores = over_turns(turns)
        if scores is not None:
            adult = int(scores[[_FEMALE, _MALE]].argmax())
            probability = round(float(scores[_FEMALE + adult]), 3)
            told |= {
                "gender": ("female", "male")[adult] if probability >= self.sure else None,
                "gender_probability": probability,
                "age": round(float(scores[_AGE]), 1),
                "age_band": self.band(float(scores[_AGE]), float(scores[_CHILD])),
            }
        return SpeakerTraits.model_validate(told)

    def band(self, age: float, child: float) -> str | None:
        """Return the age band for an age in years and the probability of a child, or None."""
        if child >= self.sure:
            return "child"
        (below, _), (above, _) = (self._band_of(age + by) for by in (-self.margin, self.margin))
        _, name = self._band_of(age)
        return name if below == above and name != "child" else None

    def _band_of(self, age: float) -> tuple[float, str]:
        return next((end, name) for end, name in _BANDS if age < end)


def _years_and_shares(outputs: Scores) -> Scores:
    """Return age in years and the probabilities of female, male and child."""
    years = 100 * np.clip(outputs[:1], 0.0, 1.0)
    likely = np.exp(outputs[1:] - outputs[1:].max())
    return np.concatenate([years, likely / likely.sum()])
