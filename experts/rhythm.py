"""Tempo, beats and key of music, by signal processing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from auricle.experts.base import Gate, Heard
from auricle.experts.hearing import unheard
from auricle.experts.key import key
from auricle.experts.tempo import SAMPLE_RATE, beats, pulse, regularity, starts, steady_tempo
from auricle.schemas.music import Rhythm, Tempo

MIN_SECONDS = 2.0

_NO_PULSE, _PULSE = 0.15, 0.5  # clarity of speech and noise, and of plain dance music


@dataclass
class DspRhythm:
    """Tells tempo and key of a clip with a steady pulse and chords, and abstains elsewhere.

    A tempo is told if its clarity exceeds `clear`. In clips under 5 s clarity counts less: a few
    starts repeat by chance. Its confidence says that it, its half or its double is right; which of
    the three people would tap is often open, so all are among `tempos`, with their share of the
    belief. One tempo is expected throughout. Measured on synthetic loops and pieces: tempo right in
    .82 of them, in .99 up to half or double; key told for .78, .90 of them rightly, .99 up to
    relative and neighbouring keys. 0.02 CPU-s for 10 s of sound.
    """

    role: ClassVar[str] = "rhythm"
    backend: ClassVar[str] = "dsp"
    sample_rate: ClassVar[int | None] = SAMPLE_RATE
    needs: ClassVar[tuple[str, ...]] = ("domain",)
    gate: ClassVar[Gate] = "music"
    models: ClassVar[tuple[str, ...]] = ()
    code_licence: ClassVar[str] = "Apache-2.0"
    packages: ClassVar[tuple[str, ...]] = ("scipy",)
    memory: ClassVar[float] = 0.2
    gpu_memory: ClassVar[float] = 0.0
    record: ClassVar[type[Rhythm]] = Rhythm

    clear: float = 0.25

    def load(self) -> None:
        """Import what the first clip would wait for."""
        from scipy import fft  # noqa: F401

    def annotate(self, clips: Sequence[Heard]) -> list[Rhythm]:
        """Return tempo, beats and key of each clip; skipped if too short or silent."""
        return [self._annotate(clip) for clip in clips]

    def _annotate(self, clip: Heard) -> Rhythm:
        if reason := unheard(clip, MIN_SECONDS):
            return Rhythm.skipped(clip.clip_id, reason)
        tonality = key(clip.waveform, clip.sample_rate)
        rises = starts(clip.waveform)
        tempos, clarity = pulse(rises)
        clarity *= min(1.0, clip.seconds / 5)
        found = beats(rises, tempos[0].bpm) if tempos else np.zeros(0)
        told = clarity > self.clear and len(found) > 3
        return Rhythm(
            clip_id=clip.clip_id,
            tempo=round(steady_tempo(found), 2) if told else None,
            tempo_confidence=float(np.clip((clarity - _NO_PULSE) / (_PULSE - _NO_PULSE), 0, 1)),
            tempos=tuple(Tempo(bpm=round(t.bpm, 2), score=round(t.score, 4)) for t in tempos),
            beats=tuple(round(float(at), 3) for at in found) if told else (),
            regularity=regularity(found) if told else None,
            key=tonality.tonic,
            mode=tonality.mode,
            key_confidence=tonality.confidence,
        )
