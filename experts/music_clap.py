"""Music labels without training: a clip is compared with sentences about music (CLAP)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar

import numpy as np

from auricle.experts import models
from auricle.experts.base import Gate, Heard
from auricle.experts.clap_model import SAMPLE_RATE, clap
from auricle.experts.hearing import each_heard, unheard
from auricle.experts.music_prompts import ERAS, GENRES, INSTRUMENTS, MOODS, VOCALS, Question
from auricle.experts.vectors import Vectors
from auricle.schemas.annotation import LabelScore
from auricle.schemas.errors import UserError
from auricle.schemas.music import Music

MIN_SECONDS = 0.5

_QUESTIONS = {
    "genres": GENRES,
    "instruments": INSTRUMENTS,
    "moods": MOODS,
    "vocals": VOCALS,
    "eras": ERAS,
}
"""Column, and what is asked for it. Tempo words are left out: `rhythm` measures the tempo."""
_ALIKE = 0.995  # mean cosine of genres from which on a model tells no texts apart


@dataclass
class ClapMusic:
    """Names genre, instruments, mood, voices and era by zero-shot comparison.

    Beliefs are softmaxes of `scale` times the cosines: genres, voices and eras share one belief
    each, an instrument or a mood is weighed against "this is music". NOT CALIBRATED: `scale`, the
    `floor` and the sentences are judgement, made without the weights at hand; scores are no
    probabilities until they are fitted on labelled music. LAION names "This audio is a (genre)
    song." as its sentence in training; its music data had few mood labels.
    """

    role: ClassVar[str] = "music"
    backend: ClassVar[str] = "clap"
    sample_rate: ClassVar[int | None] = SAMPLE_RATE
    needs: ClassVar[tuple[str, ...]] = ("domain",)
    gate: ClassVar[Gate] = "music"
    code_licence: ClassVar[str] = "Apache-2.0"
    packages: ClassVar[tuple[str, ...]] = ("torch", "transformers")
    memory: ClassVar[float] = 2.5
    gpu_memory: ClassVar[float] = 3.0
    record: ClassVar[type[Music]] = Music

    model: str = "clap-general"
    """A name of models.toml, a folder or a hub id of a CLAP of transformers."""
    scale: float = 20.0
    limit: int = 5
    floor: float = 0.2
    device: str = "auto"
    batch: int = 16
    """Windows of 10 s at once on a GPU; a CPU takes one at a time."""
    _clap: Any = field(init=False, repr=False, compare=False)
    _asked: dict[str, tuple[Vectors, Vectors]] = field(init=False, repr=False, compare=False)

    @property
    def models(self) -> tuple[str, ...]:
        """The CLAP model."""
        return (self.model,)

    def load(self) -> None:
        """Load the model and read the sentences.

        Raises:
            UserError: the package or the model is missing, or its text half is broken.
        """
        self._clap = clap(models.find(self.model), self.device)
        self._asked = {
            name: (self._labels(question), self._mean(question.against))
            for name, question in _QUESTIONS.items()
        }
        if (alike := _likeness(self._asked["genres"][0])) > _ALIKE:
            raise UserError(
                f"{self.model}: its text half gives nearly one vector for every genre (mean cosine "
                f"{alike:.4f}), so it cannot name any; set music.model to another CLAP"
            )

    def annotate(self, clips: Sequence[Heard]) -> list[Music]:
        """Return the labels of each clip, strongest first; skipped if too short or silent."""
        return each_heard(clips, Music, self._rows, partial(unheard, shortest=MIN_SECONDS))

    def _rows(self, clips: list[Heard]) -> Iterable[Music]:
        waveforms = [clip.waveform for clip in clips]
        return map(self._row, clips, self._clap.audio(waveforms, self.batch))

    def _row(self, clip: Heard, vector: Vectors) -> Music:
        found: dict[str, Any] = {name: self._answer(name, vector) for name in _QUESTIONS}
        return Music(clip_id=clip.clip_id, **found)

    def _answer(self, name: str, vector: Vectors) -> tuple[LabelScore, ...]:
        question, (labels, against) = _QUESTIONS[name], self._asked[name]
        cosines = labels @ vector
        if question.against:
            beliefs = 1 / (1 + np.exp(-self.scale * (cosines - float(against @ vector))))
        else:
            raised = np.exp(self.scale * (cosines - cosines.max()))
            beliefs = raised / raised.sum()
        told = [
            LabelScore(label=label, score=round(float(belief), 4))
            for label, belief in zip(question.phrases, beliefs, strict=True)
            if belief >= self.floor and label not in question.silent
        ]
        return tuple(sorted(told, key=lambda entry: (-entry.score, entry.label))[: self.limit])

    def _labels(self, question: Question) -> Vectors:
        """Return a vector for each label, [labels, dimensions]."""
        prompts = [
            [template.format(phrase) for template in question.templates]
            for phrase in question.phrases.values()
        ]
        return np.stack([self._mean(some) for some in prompts])

    def _mean(self, texts: Sequence[str]) -> Vectors:
        """Return the unit vector in the middle of texts; zeros for none."""
        if not texts:
            return np.zeros(self._clap.dimensions, np.float32)
        mean = self._clap.text(texts).mean(axis=0)
        return np.asarray(mean / np.linalg.norm(mean), np.float32)


def _likeness(vectors: Vectors) -> float:
    """Return the mean cosine of different unit vectors."""
    count = len(vectors)
    return float(((vectors @ vectors.T).sum() - count) / (count * (count - 1)))
