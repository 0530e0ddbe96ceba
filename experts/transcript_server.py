"""Transcripts by an audio language model on a chat server (MERaLiON-2-10B-ASR and others)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from auricle.experts.audio_server import Answer, AudioServer
from auricle.experts.base import Gate, Heard
from auricle.experts.hearing import each_heard, speech, unheard
from auricle.experts.transcript_guards import guard_text
from auricle.schemas.annotation import LabelScore
from auricle.schemas.speech import Language, Transcript

MERALION = (
    "Instruction: {prompt} \nFollow the text instruction based on the following audio: <SpeechHere>"
)
"""The prompt format of the MERaLiON-2 model cards."""

_SPEAKER = re.compile(r"<speaker\s*\d+>\s*:?", re.IGNORECASE)


@dataclass
class AudioServerTranscript(AudioServer):
    """Writes down what is said, by a model that gives neither times nor probabilities.

    So there are no words and segments in the record, and of the guards only those that read the
    text: no words, and text that goes round and round. `language` is the one that was heard
    before; the model is not told it.
    """

    role: ClassVar[str] = "transcript"
    backend: ClassVar[str] = "audio-server"
    sample_rate: ClassVar[int | None] = 16_000
    needs: ClassVar[tuple[str, ...]] = ("domain", "vad", "language")
    gate: ClassVar[Gate] = "speech"
    code_licence: ClassVar[str] = "Apache-2.0"
    packages: ClassVar[tuple[str, ...]] = ("openai",)
    memory: ClassVar[float] = 0.2
    gpu_memory: ClassVar[float] = 0.0
    record: ClassVar[type[Transcript]] = Transcript

    prompt: str = "transcribe_v1"
    template: str = MERALION

    def annotate(self, clips: Sequence[Heard]) -> list[Transcript]:
        """Return what is said in each clip; skipped if too short, silent or without speech."""
        return each_heard(
            clips, Transcript, lambda heard: map(_row, heard, self.ask(heard)), _unheard
        )


def _unheard(clip: Heard) -> str | None:
    return unheard(clip) or (None if speech(clip) else "no_speech_spans")


def _row(clip: Heard, answer: Answer) -> Transcript:
    if answer.reason and answer.reason != "empty_answer":
        return Transcript.failed(clip.clip_id, answer.reason, answer.detail or answer.reason)
    said = " ".join(_SPEAKER.sub(" ", answer.text or "").split())
    text, rejected = guard_text(said)
    heard = clip.get(Language)
    first: tuple[LabelScore, ...] = heard.candidates[:1] if heard else ()
    return Transcript(
        clip_id=clip.clip_id,
        text=text,
        language=heard.language or (first[0].label if first else None) if heard else None,
        rejected=rejected,
    )
