"""The voices of a clip: pitch, level, rate, harmonicity and steadiness, and words for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from auricle.experts.base import Gate, Heard
from auricle.experts.pitch import PitchTrack, tracks
from auricle.experts.prosody import Measures, measure, prosody_inside
from auricle.experts.turns import alone, voice_turns
from auricle.experts.voice_words import health, judged, timbre
from auricle.schemas.speech import Voice, VoiceMeasures

_RATE = 16_000


@dataclass
class DspVoice:
    """Measures each turn and the speech of the whole clip, where one speaker speaks alone.

    On 365 clips of read, acted and telephone speech of the listening set the median pitch differs
    from Praat's by .5 % in the median; correlations with Praat are .998 (pitch), .94 (harmonicity),
    .94 (jitter) and .96 (shimmer). Jitter and shimmer of running speech are several times those
    of the held vowels that clinics measure: they compare voices, they diagnose nothing.
    """

    role: ClassVar[str] = "voice"
    backend: ClassVar[str] = "dsp"
    sample_rate: ClassVar[int | None] = _RATE
    needs: ClassVar[tuple[str, ...]] = ("signal", "domain", "vad", "diarization")
    gate: ClassVar[Gate] = "speech"
    models: ClassVar[tuple[str, ...]] = ()
    code_licence: ClassVar[str] = "Apache-2.0"
    packages: ClassVar[tuple[str, ...]] = ("scipy",)
    memory: ClassVar[float] = 0.2
    gpu_memory: ClassVar[float] = 0.0
    record: ClassVar[type[Voice]] = Voice

    def load(self) -> None:
        """Import what the first clip would wait for."""
        from scipy import fft, signal  # noqa: F401

    def annotate(self, clips: Sequence[Heard]) -> list[Voice]:
        """Return the voices of each clip; skipped if under 50 ms or silent."""
        pitches = tracks([clip.waveform for clip in clips], _RATE)
        return [_voices(clip, pitch) for clip, pitch in zip(clips, pitches, strict=True)]


def voices(clip: Heard) -> Voice:
    """Return the measures of a clip at 16 kHz, and the words where they are clear."""
    return DspVoice().annotate([clip])[0]


def _voices(clip: Heard, pitch: PitchTrack) -> Voice:
    if not len(pitch.times):
        silent = len(clip.waveform) and not np.any(clip.waveform)
        return Voice.skipped(clip.clip_id, "silent" if silent else "too_short")
    turns = voice_turns(clip)
    masks = alone(turns, pitch.times)
    spoken = np.logical_or.reduce([*masks, np.zeros(len(pitch.times), np.bool_)])
    found = prosody_inside(clip.waveform, clip.sample_rate, pitch, spoken)
    whole = measure(found, spoken)
    clear = judged(clip, whole, found)
    return Voice(
        clip_id=clip.clip_id,
        clip=_record(whole, 0.0, clip.seconds, None),
        turns=tuple(
            _record(measure(found, mask), turn.start, turn.end, turn.speaker)
            for turn, mask in zip(turns, masks, strict=True)
        ),
        timbre=timbre(whole) if clear else (),
        health=health(whole) if clear else (),
    )


def _record(measures: Measures, start: float, end: float, speaker: str | None) -> VoiceMeasures:
    return VoiceMeasures(start=start, end=end, speaker=speaker, **measures._asdict())
