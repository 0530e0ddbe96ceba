"""Language, emotion and accent by a linear head on the clip's embedding: a trained probe.

`auricle probe train` writes one: a folder with `probe.json` (labels, what it was trained on and how
well it does) and `probe.npz` (the coefficients).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from auricle.experts import models as store
from auricle.experts.base import Gate, Heard
from auricle.schemas.annotation import Embedding, LabelScore, Unjudged, Vad
from auricle.schemas.base import Provenance, Record, about
from auricle.schemas.errors import UserError
from auricle.schemas.speech import Accent, Emotion, Language

_CANDIDATES = 5
_DIGITS = 4


class ProbeCard(Record):
    """What `probe.json` says: what a probe names, what it was trained on, how well it does."""

    column: Annotated[str, about("the column of labels it was trained on")]
    labels: tuple[str, ...]
    counts: Annotated[tuple[int, ...], about("clips of each label")]
    groups: Annotated[int, about("how many there are of what `held_out_by` names")]
    dimensions: Annotated[int, about("length of a vector")]
    embedding: Annotated[str | None, about("kind of the vectors")]
    provenance: Annotated[Provenance | None, about("who made the vectors")]
    l2: float
    temperature: float
    held_out_by: Annotated[str, about("what was never split between fitting and measuring")]
    folds: int
    accuracy: Annotated[float, about("share of unseen clips named right")]
    balanced_accuracy: Annotated[float, about("mean of that over the labels")]
    baseline: Annotated[float, about("accuracy of always saying the most frequent label")]


class Head(NamedTuple):
    """Labels, weights [labels, values], bias [labels] and the temperature of the probabilities."""

    labels: tuple[str, ...]
    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    temperature: float = 1.0

    def logits(self, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return [N, values] as [N, labels]."""
        return np.asarray(vectors @ self.weights.T + self.bias)

    def probabilities(self, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the calibrated probability of each label, [N, values] to [N, labels]."""
        scaled = self.logits(vectors) / self.temperature
        grown = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        return np.asarray(grown / grown.sum(axis=1, keepdims=True))


def write_probe(folder: Path, card: ProbeCard, head: Head) -> None:
    """Write a probe into a folder, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / "probe.npz", weights=head.weights, bias=head.bias)
    (folder / "probe.json").write_text(card.model_dump_json(indent=1), "utf-8")


def read_probe(folder: Path) -> tuple[ProbeCard, Head]:
    """Return the probe of a folder.

    Raises:
        UserError: the folder does not hold a whole one.
    """
    try:
        card = ProbeCard.model_validate(json.loads((folder / "probe.json").read_text("utf-8")))
        with np.load(folder / "probe.npz", allow_pickle=False) as arrays:
            head = Head(card.labels, arrays["weights"], arrays["bias"], card.temperature)
    except (OSError, ValueError, KeyError) as error:
        raise UserError(
            f"{folder}: not a probe that `auricle probe train` wrote: {error}"
        ) from None
    if head.weights.shape != (len(card.labels), card.dimensions):
        raise UserError(f"{folder}: probe.npz is not the one that probe.json tells of")
    return card, head


class _Named(NamedTuple):
    """What a probe says: a label unless unsure, the probability of the first, the first five."""

    label: str | None
    probability: float
    candidates: tuple[LabelScore, ...]


@dataclass
class _Probe:
    """Puts a head over the clip's vector; it names nothing that it believes less than `threshold`.

    The vector is of the whole clip: what is beside the speech is in it too.
    """

    role: ClassVar[str]
    backend: ClassVar[str] = "probe"
    sample_rate: ClassVar[int | None] = 16_000
    needs: ClassVar[tuple[str, ...]] = ("domain", "vad", "embedding")
    gate: ClassVar[Gate] = "speech"
    code_licence: ClassVar[str] = "Apache-2.0"
    packages: ClassVar[tuple[str, ...]] = ()
    memory: ClassVar[float] = 0.1
    gpu_memory: ClassVar[float] = 0.0

    model: str = ""
    """The folder of the probe."""
    threshold: float = 0.5
    """Probability of the first label under which the probe says that it is unsure."""
    _card: ProbeCard = field(init=False, repr=False, compare=False)
    _head: Head = field(init=False, repr=False, compare=False)

    @property
    def models(self) -> tuple[str, ...]:
        """The coefficients."""
        return (self.model,) if self.model else ()

    def load(self) -> None:
        """Read the coefficients; UserError when `model` does not name a probe."""
        if not self.model:
            raise UserError(
                f"{self.role}.model: name the folder of a probe; `auricle probe train` writes one"
            )
        self._card, self._head = read_probe(store.find(self.model))

    def _named(self, clips: Sequence[Heard]) -> list[_Named | None]:
        """Return what the head says of each clip, None of a clip without a vector.

        Raises:
            UserError: the vectors are of another kind than those the probe was trained on.
        """
        told = [clip.get(Embedding) for clip in clips]
        vectors = [self._checked(row) for row in told if row is not None]
        found = iter(self._head.probabilities(np.array(vectors)) if vectors else ())
        return [None if row is None else self._name(next(found)) for row in told]

    def _checked(self, row: Embedding) -> tuple[float, ...]:
        wanted, size = self._card.embedding, self._card.dimensions
        if len(row.vector) != size or (row.kind and wanted and row.kind != wanted):
            raise UserError(
                f"{self.role}: the probe {self.model} takes vectors {wanted or ''} of {size} "
                f"numbers, the dataset has {row.kind or 'others'} of {len(row.vector)}; set the "
                "role embedding as it was in training, or train the probe again"
            )
        return row.vector

    def _name(self, probabilities: NDArray[np.float64]) -> _Named:
        best = np.argsort(-probabilities, kind="stable")[:_CANDIDATES]
        candidates = tuple(
            LabelScore(label=self._head.labels[i], score=round(float(probabilities[i]), _DIGITS))
            for i in best
        )
        first = candidates[0]
        label = first.label if first.score >= self.threshold else None
        return _Named(label, first.score, candidates)


@dataclass
class LanguageProbe(_Probe):
    """The language by a probe; the labels it was trained on are ISO 639 codes."""

    role: ClassVar[str] = "language"
    record: ClassVar[type[Language]] = Language

    def annotate(self, clips: Sequence[Heard]) -> list[Language]:
        """Return the language of each clip; a clip without an embedding is skipped."""
        return [
            Language(
                clip_id=clip.clip_id,
                language=named.label,
                probability=named.probability,
                candidates=named.candidates,
                speech_seconds=vad.speech_seconds if (vad := clip.get(Vad)) else None,
            )
            if named
            else Language.skipped(clip.clip_id, *_NO_VECTOR)
            for clip, named in zip(clips, self._named(clips), strict=True)
        ]


@dataclass
class EmotionProbe(_Probe):
    """The emotion of the whole clip by a probe."""

    role: ClassVar[str] = "emotion"
    record: ClassVar[type[Emotion]] = Emotion

    def annotate(self, clips: Sequence[Heard]) -> list[Emotion]:
        """Return the emotion of each clip; a clip without an embedding is skipped."""
        return [
            Emotion(
                clip_id=clip.clip_id,
                category=named.label,
                probability=named.probability,
                candidates=named.candidates,
                unjudged=_NOT_BY_PROBE,
            )
            if named
            else Emotion.skipped(clip.clip_id, *_NO_VECTOR)
            for clip, named in zip(clips, self._named(clips), strict=True)
        ]


@dataclass
class AccentProbe(_Probe):
    """The accent by a probe."""

    role: ClassVar[str] = "accent"
    record: ClassVar[type[Accent]] = Accent

    def annotate(self, clips: Sequence[Heard]) -> list[Accent]:
        """Return the accent of each clip; a clip without an embedding is skipped."""
        return [
            Accent(
                clip_id=clip.clip_id,
                accent=named.label,
                probability=named.probability,
                candidates=named.candidates,
            )
            if named
            else Accent.skipped(clip.clip_id, *_NO_VECTOR)
            for clip, named in zip(clips, self._named(clips), strict=True)
        ]


_NO_VECTOR = ("no_embedding", "the clip has no vector to judge by")
_NOT_BY_PROBE = tuple(
    Unjudged(what=what, reason="backend_cannot") for what in ("arousal", "valence", "turns")
)
