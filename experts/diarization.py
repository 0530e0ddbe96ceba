"""Who speaks when: speaker embeddings of windows of speech, told apart by their likeness."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from auricle.experts.base import Gate, Heard
from auricle.experts.hearing import each_heard, speech
from auricle.experts.speaker_net import SAMPLE_RATE
from auricle.experts.speaker_split import FRAME, Voices, tell_apart
from auricle.experts.voiceprints import MODEL, Encoder, Voiceprints, shared_encoder
from auricle.schemas.annotation import Span
from auricle.schemas.speech import Diarization, Turn


@dataclass
class ResemblyzerDiarization:
    """Tells who speaks when; of several who speak at once it hears one.

    A pause of up to `pause` seconds in what one speaker says is part of the turn.
    """

    role: ClassVar[str] = "diarization"
    backend: ClassVar[str] = "resemblyzer"
    sample_rate: ClassVar[int | None] = SAMPLE_RATE
    needs: ClassVar[tuple[str, ...]] = ("domain", "vad")
    gate: ClassVar[Gate] = "speech"
    models: ClassVar[tuple[str, ...]] = (MODEL,)
    code_licence: ClassVar[str] = "Apache-2.0"
    packages: ClassVar[tuple[str, ...]] = ("scipy",)
    memory: ClassVar[float] = 0.3
    gpu_memory: ClassVar[float] = 0.0
    record: ClassVar[type[Diarization]] = Diarization

    pause: float = 0.5
    _encoder: Encoder = field(init=False, repr=False, compare=False)

    def load(self) -> None:
        """Read the encoder, or take the one that this process has."""
        self._encoder = shared_encoder()

    def annotate(self, clips: Sequence[Heard]) -> list[Diarization]:
        """Return who speaks when in each clip; skipped if too short or silent."""
        return each_heard(
            clips, Diarization, lambda heard: map(self._annotate, heard, self._encoder(heard))
        )

    def _annotate(self, clip: Heard, prints: Voiceprints) -> Diarization:
        spans = [Span(start=max(0.0, s.start), end=min(s.end, clip.seconds)) for s in speech(clip)]
        if not spans:
            return Diarization(clip_id=clip.clip_id, speakers=0)
        voices = tell_apart(spans, prints.windows, prints.vectors.astype(np.float64))
        return Diarization(
            clip_id=clip.clip_id,
            turns=tuple(turns(voices, spans, self.pause)),
            speakers=int(voices.voices.max()) + 1,
            confidence=round(voices.certainty, 3),
        )


def turns(voices: Voices, spans: Sequence[Span], pause: float) -> list[Turn]:
    """Return the turns of the voices inside the spans; turns of one voice are joined over pauses.

    A span too short to hold a frame belongs to whoever spoke before it.
    """
    found: list[Turn] = []
    voice = 0
    for span in spans:
        inside = np.flatnonzero((span.start <= voices.times) & (voices.times < span.end))
        start = span.start
        for index in inside:
            if voices.voices[index] != voice:
                edge = float(voices.times[index]) - FRAME / 2
                if index > inside[0]:
                    _extend(found, start, edge, name(voice), pause)
                    start = edge
                voice = int(voices.voices[index])
        _extend(found, start, span.end, name(voice), pause)
    return found


def name(voice: int) -> str:
    """Return the letter of a voice: A to Z, then AA, AB and so on."""
    before, last = divmod(voice, 26)
    return (name(before - 1) if before else "") + chr(ord("A") + last)


def _extend(found: list[Turn], start: float, end: float, speaker: str, pause: float) -> None:
    """Add a turn, or lengthen the last one if the same voice goes on."""
    if found and found[-1].speaker == speaker and start - found[-1].end <= pause:
        start = found.pop().start
    found.append(Turn(start=round(start, 3), end=round(end, 3), speaker=speaker))
