"""Emotion of the voices by a speech model with a classifier on top (wav2vec 2.0, Whisper, ...)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from auricle.experts import models as store
from auricle.experts.base import Gate, Heard, Waveform
from auricle.experts.emotion_turns import (
    JudgedTurn,
    Scores,
    batches,
    judged,
    over_turns,
    pieces,
    unheard,
)
from auricle.experts.torch_runtime import autocast, torch_device, with_torchaudio
from auricle.schemas.annotation import LabelScore, Unjudged
from auricle.schemas.errors import UserError
from auricle.schemas.speech import Emotion, TurnEmotion

_RATE = 16_000
_FIXED = frozenset({"whisper", "audio-spectrogram-transformer"})
"""Kinds of model whose features have one length, however long the sound is."""
_UNUSED = "masked_spec_embed"  # of training alone; many checkpoints are without
_OTHER = "other"

_NAMES = {
    "neutral": "neu neutral neutrality",
    "calm": "calm calmness",
    "happy": "hap happy happiness joy joyful exc excited excitement",
    "sad": "sad sadness",
    "angry": "ang angry anger",
    "fearful": "fea fear fearful anxiety",
    "disgusted": "dis disgust disgusted",
    "surprised": "sur surprise surprised ps",
    "bored": "bor bored boredom",
}
"""Our names, and what models call them."""
_OURS = {name: ours for ours, names in _NAMES.items() for name in names.split()}


@dataclass
class SerEmotion:
    """Judges each turn with any audio classifier that transformers loads without foreign code.

    The names of the model's classes become ours: neutral, calm, happy, sad, angry, fearful,
    disgusted, surprised, bored, and other for the rest. Below `sure` the category stays null; the
    candidates tell what was likely. Over a clip the turns count by their length.

    The model meant by default is HuBERT large of the SUPERB benchmark (Yang et al., SUPERB: Speech
    processing universal performance benchmark, Interspeech 2021): neutral, happy, sad and angry,
    .68 right on held-out IEMOCAP, acted English dialogues. On other languages and on speech that
    nobody acts it is less often right.
    """

    role: ClassVar[str] = "emotion"
    backend: ClassVar[str] = "ser"
    sample_rate: ClassVar[int | None] = _RATE
    needs: ClassVar[tuple[str, ...]] = ("domain", "vad", "diarization")
    gate: ClassVar[Gate] = "speech"
    code_licence: ClassVar[str] = "Apache-2.0"
    packages: ClassVar[tuple[str, ...]] = ("torch", "transformers")
    memory: ClassVar[float] = 3.0
    gpu_memory: ClassVar[float] = 3.0
    record: ClassVar[type[Emotion]] = Emotion

    model: str = "ser-hubert-large"
    """A name of models.toml, a folder, or an id of the model hub."""
    sure: float = 0.6
    device: str = "auto"
    batch: int = 16
    """Pieces at once on a GPU, where the model allows it."""
    _network: Any = field(init=False, repr=False, compare=False)
    _extractor: Any = field(init=False, repr=False, compare=False)
    _labels: list[str] = field(init=False, repr=False, compare=False)

    @property
    def models(self) -> tuple[str, ...]:
        """The model that the settings name."""
        return (self.model,)

    def load(self) -> None:
        """Load the model; UserError when it is no whole classifier or does not name emotions."""
        device = torch_device(self.device)
        self._extractor, self._network = _loaded(store.find(self.model))
        self._network = self._network.eval().to(device)
        named = self._network.config.id2label
        self._labels = [common_name(named[index]) for index in range(len(named))]
        if set(self._labels) == {_OTHER}:
            raise UserError(f"{self.model} names no emotions: {', '.join(named.values())}")

    def annotate(self, clips: Sequence[Heard]) -> list[Emotion]:
        """Return the emotion of each clip; skipped where no turn is long and loud enough."""
        heard = pieces(clips)
        scores = self._probabilities([piece.waveform for piece in heard])
        return [
            self._emotion(clip, turns)
            for clip, turns in zip(clips, judged(clips, heard, scores), strict=True)
        ]

    def _emotion(self, clip: Heard, turns: list[JudgedTurn]) -> Emotion:
        whole = over_turns(turns)
        if whole is None:
            return Emotion.skipped(clip.clip_id, unheard(clip))
        candidates = self._candidates(whole)
        return Emotion(
            clip_id=clip.clip_id,
            turns=tuple(self._turn(turn) for turn in turns),
            category=self._category(candidates),
            probability=candidates[0].score,
            candidates=candidates,
            unjudged=(
                Unjudged(what="arousal", reason="backend_cannot"),
                Unjudged(what="valence", reason="backend_cannot"),
            ),
        )

    def _turn(self, judged: JudgedTurn) -> TurnEmotion:
        turn = TurnEmotion(
            start=judged.turn.start, end=judged.turn.end, speaker=judged.turn.speaker
        )
        if judged.scores is None:
            return turn
        candidates = self._candidates(judged.scores)
        told = {"category": self._category(candidates), "probability": candidates[0].score}
        return turn.model_copy(update=told)

    def _candidates(self, scores: Scores) -> tuple[LabelScore, ...]:
        """Return our names and their probabilities, surest first; equal names are added up."""
        total = {name: 0.0 for name in self._labels}
        for name, score in zip(self._labels, scores, strict=True):
            total[name] += float(score)
        ranked = sorted(total.items(), key=lambda entry: -entry[1])
        # Four digits: the fifth may depend on what else is in the batch.
        return tuple(LabelScore(label=name, score=round(score, 4)) for name, score in ranked)

    def _category(self, candidates: Sequence[LabelScore]) -> str | None:
        first = candidates[0]
        return first.label if first.score >= self.sure and first.label != _OTHER else None

    def _probabilities(self, sounds: Sequence[Waveform]) -> list[Scores]:
        """Return the probabilities of the model's classes for each sound.

        Some models were trained on padded sound without a mask, so that padding changes what they
        say: those hear one sound at a time. So does a CPU, which gains nothing from a batch.
        """
        kind = self._network.config.model_type
        alone = self._network.device.type == "cpu" or not (
            kind in _FIXED or getattr(self._extractor, "return_attention_mask", False)
        )
        found: list[Scores] = [np.zeros(0)] * len(sounds)
        for numbers in batches([len(sound) for sound in sounds], 1 if alone else self.batch):
            for number, scores in zip(numbers, self._heard(sounds, numbers), strict=True):
                found[number] = scores
        return found

    def _heard(self, sounds: Sequence[Waveform], numbers: list[int]) -> Scores:
        import torch

        device = self._network.device
        fixed = self._network.config.model_type in _FIXED
        features = self._extractor(
            [sounds[number] for number in numbers],
            sampling_rate=_RATE,
            return_tensors="pt",
            **({} if fixed else {"padding": True}),
        ).to(device)
        with torch.inference_mode(), autocast(device):
            logits = self._network(**features).logits
        return np.asarray(logits.float().softmax(dim=-1).cpu().numpy(), np.float64)


def common_name(label: str) -> str:
    """Return our name for a class of a model, `other` where there is none."""
    words = re.findall(r"[a-z]+", label.lower())
    return next((_OURS[word] for word in words if word in _OURS), _OTHER)


def _loaded(folder: Path) -> tuple[Any, Any]:
    """Return the feature extractor and the network of a folder laid out as the model hub's."""
    with_torchaudio()
    from transformers import AutoFeatureExtractor, AutoModelForAudioClassification

    auto: Any = AutoFeatureExtractor
    try:
        extractor = auto.from_pretrained(folder, local_files_only=True)
        network, info = AutoModelForAudioClassification.from_pretrained(
            folder, local_files_only=True, output_loading_info=True
        )
    except (OSError, ValueError) as error:
        raise UserError(f"{folder} holds no audio classifier: {error}") from error
    missing = sorted(key for key in info["missing_keys"] if not key.endswith(_UNUSED))
    if missing:
        raise UserError(
            f"{folder}: the weights lack {', '.join(missing[:3])}; its classifier would be random"
        )
    return extractor, network
