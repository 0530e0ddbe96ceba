"""The domain of a clip: speech, music and other sound, each present or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

from auricle.experts.base import Gate, Heard
from auricle.schemas.annotation import Domain, DomainCode, Events, Tags, Vad
from auricle.schemas.audioset import branch
from auricle.schemas.clip import Signal


@dataclass
class DomainRules:
    """Decides from tags, events and voice activity, and calls a clip silent by its level.

    A letter is set when its belief reaches one half.
    """

    role: ClassVar[str] = "domain"
    backend: ClassVar[str] = "rules"
    sample_rate: ClassVar[int | None] = 16000
    needs: ClassVar[tuple[str, ...]] = ("signal", "tags", "events", "vad")
    gate: ClassVar[Gate] = "none"
    models: ClassVar[tuple[str, ...]] = ()
    code_licence: ClassVar[str] = "Apache-2.0"
    record: ClassVar[type[Domain]] = Domain

    silence: float = -60.0
    """RMS level in dBFS under which a clip is silent."""

    def load(self) -> None:
        """There is nothing to load."""

    def annotate(self, clips: Sequence[Heard]) -> list[Domain]:
        """Return the domain of each clip."""
        return [self._annotate(clip) for clip in clips]

    def _annotate(self, clip: Heard) -> Domain:
        signal, tags = clip.get(Signal), clip.get(Tags)
        events, vad = clip.get(Events), clip.get(Vad)
        if tags is None:
            return Domain.skipped(clip.clip_id, "too_short", "there are no tags to go by")
        silent = signal is not None and signal.rms is not None and signal.rms < self.silence
        heard = {"speech": 0.0, "singing": 0.0, "music": 0.0, "sound": 0.0}
        for item in tags.labels:
            kind = branch(item.label)
            heard[kind] = max(heard.get(kind, 0.0), item.score)
        del events, vad
        speech, sound = heard["speech"], heard["sound"]
        music = max(heard["music"], heard["singing"])
        if silent:
            speech = music = sound = 0.0
        letters = [
            letter if belief >= 0.4 else "0"
            for letter, belief in zip("SMA", (speech, music, sound), strict=True)
        ]
        return Domain(
            clip_id=clip.clip_id,
            code=cast(DomainCode, "".join(letters)),
            speech=speech,
            music=music,
            sound=sound,
            silent=silent,
        )
