"""A free description of the whole clip, by an audio language model on a chat server."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from auricle.experts.audio_server import Answer, AudioServer
from auricle.experts.base import Gate, Heard
from auricle.experts.hearing import each_heard
from auricle.schemas.annotation import Description


@dataclass
class OpenAiAudioDescription(AudioServer):
    """Asks any OpenAI-compatible server that takes `input_audio` parts.

    MiDashengLM (arXiv 2508.03983), MERaLiON-2 and the Qwen-Omni family are served so by vLLM;
    docs/serving.md has the commands.
    """

    role: ClassVar[str] = "description"
    backend: ClassVar[str] = "openai-audio"
    sample_rate: ClassVar[int | None] = 16_000
    needs: ClassVar[tuple[str, ...]] = ()
    gate: ClassVar[Gate] = "none"
    code_licence: ClassVar[str] = "Apache-2.0"
    packages: ClassVar[tuple[str, ...]] = ("openai",)
    memory: ClassVar[float] = 0.2
    gpu_memory: ClassVar[float] = 0.0
    record: ClassVar[type[Description]] = Description

    prompt: str = "describe_v1"

    def annotate(self, clips: Sequence[Heard]) -> list[Description]:
        """Return the description of each clip; skipped if too short or silent."""
        return each_heard(clips, Description, lambda heard: map(_row, heard, self.ask(heard)))


def _row(clip: Heard, answer: Answer) -> Description:
    return Description(
        clip_id=clip.clip_id,
        status="error" if answer.reason else "ok",
        reason=answer.reason,
        detail=answer.detail,
        text=answer.text,
        model=answer.model,
        finish=answer.finish,
    )
