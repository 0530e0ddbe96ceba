"""How excited the voices sound, from their pitch, spectrum and rate. It hears nothing else."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from auricle.experts.base import Gate, Heard
from auricle.experts.voice import voices
from auricle.schemas.annotation import Domain, Unjudged
from auricle.schemas.speech import Emotion, Traits, TurnEmotion, Voice, VoiceMeasures

_TILT, _TILT_STEP = -6.0, 1.5  # dB/octave
_PITCH = {"female": 210.0, "male": 130.0, None: 180.0}  # Hz
_PITCH_STEP = 0.5  # octaves
_RATE, _RATE_STEP = 4.9, 1.2  # syllables a second
_RATE_WEIGHT = 0.5
_STEEPNESS = 0.75

_CANNOT = (
    Unjudged(what="category", reason="backend_cannot"),
    Unjudged(what="valence", reason="backend_cannot"),
)


@dataclass
class ProsodyEmotion:
    """Arousal of each turn and of the clip: about .5 where the voice tells little.

    Aroused voices are higher and faster and have more power in high frequencies (Scherer, Vocal
    communication of emotion, Speech Communication 40, 2003; Juslin and Laukka, Communication of
    emotions in vocal expression and music performance, Psychological Bulletin 129, 2003). The rule
    adds up how far tilt, pitch and half the rate lie from the middle of each; directions are the
    literature's, middles and steps are round numbers, nothing is fitted. Absolute level is left
    out: it says more of the microphone.

    Anger, fear, happiness and surprise against neutral, calm, boredom and sadness, acted, balanced
    accuracy at .5: .90 on EmoDB, .74 on RAVDESS, .83 on both. Within .35 to .65 (a third of the
    clips) it is a guess; outside, .99 and .84. Pitch is held against what is usual for the
    speaker's gender where it is known: else a woman's calm voice scores far higher than a man's.
    Under music nothing is judged.
    """

    role: ClassVar[str] = "emotion"
    backend: ClassVar[str] = "prosody"
    sample_rate: ClassVar[int | None] = 16_000
    needs: ClassVar[tuple[str, ...]] = ("domain", "vad", "voice", "traits")
    gate: ClassVar[Gate] = "speech"
    models: ClassVar[tuple[str, ...]] = ()
    code_licence: ClassVar[str] = "Apache-2.0"
    packages: ClassVar[tuple[str, ...]] = ("scipy",)
    memory: ClassVar[float] = 0.2
    gpu_memory: ClassVar[float] = 0.0
    record: ClassVar[type[Emotion]] = Emotion

    def load(self) -> None:
        """Import what the first clip would wait for."""
        from scipy import fft, signal  # noqa: F401

    def annotate(self, clips: Sequence[Heard]) -> list[Emotion]:
        """Return the arousal of each clip at 16 kHz; skipped where no voice could be measured."""
        return [_emotion(clip) for clip in clips]


def _emotion(clip: Heard) -> Emotion:
    voice = clip.get(Voice) or voices(clip)
    if voice.status != "ok":
        return Emotion.skipped(clip.clip_id, voice.reason or "no_voice")
    domain = clip.get(Domain)
    if domain is not None and domain.code is not None and domain.code[1] == "M":
        unheard = Unjudged(what="arousal", reason="music")
        return Emotion(clip_id=clip.clip_id, unjudged=(unheard, *_CANNOT))
    gender = _genders(clip.get(Traits))
    found = [_arousal(turn, gender.get(turn.speaker)) for turn in voice.turns]
    turns = tuple(
        TurnEmotion(start=turn.start, end=turn.end, speaker=turn.speaker, arousal=arousal)
        for turn, arousal in zip(voice.turns, found, strict=True)
    )
    heard = [
        (value, turn.voiced_seconds)
        for turn, value in zip(voice.turns, found, strict=True)
        if value is not None
    ]
    if not heard:
        unheard = Unjudged(what="arousal", reason="too_little_voice")
        return Emotion(clip_id=clip.clip_id, turns=turns, unjudged=(unheard, *_CANNOT))
    values, weights = zip(*heard, strict=True)
    arousal = round(float(np.average(values, weights=weights)), 3)
    return Emotion(clip_id=clip.clip_id, turns=turns, arousal=arousal, unjudged=_CANNOT)


def _genders(traits: Traits | None) -> dict[str | None, str | None]:
    """Return the gender of each speaker; of turns without a speaker, that of the only one."""
    known: dict[str | None, str | None] = {
        one.speaker: one.gender for one in (traits.speakers if traits else ())
    }
    if len(known) == 1:
        known[None] = next(iter(known.values()))
    return known


def _arousal(voice: VoiceMeasures, gender: str | None) -> float | None:
    """Return 0 (calm) to 1 (excited); None where tilt or pitch could not be measured."""
    if voice.tilt is None or voice.pitch is None:
        return None
    excess = (voice.tilt - _TILT) / _TILT_STEP
    excess += math.log2(voice.pitch / _PITCH[gender]) / _PITCH_STEP
    if voice.rate is not None:
        excess += _RATE_WEIGHT * (voice.rate - _RATE) / _RATE_STEP
    return round(1 / (1 + math.exp(-_STEEPNESS * excess)), 3)
