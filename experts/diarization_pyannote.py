"""Who speaks when, overlap too: the pipeline of pyannote.audio."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from auricle.experts import models as store
from auricle.experts.base import Gate, Heard
from auricle.experts.diarization import name
from auricle.experts.hearing import unheard
from auricle.experts.pyannote_model import diarization_pipeline
from auricle.experts.torch_runtime import torch_device
from auricle.schemas.errors import UserError
from auricle.schemas.speech import Diarization, Turn

_SURE, _UNSURE = 0.8, 0.4


@dataclass
class PyannoteDiarization:
    """Tells who speaks when, and where several speak at once.

    A network says who speaks in windows of 10 s, at most two at once; a second one puts their
    voices into vectors, and these are clustered (Plaquet and Bredin, Powerset multi-class cross
    entropy loss for neural speaker diarization, Interspeech 2023; clustering: Landini et al.,
    Bayesian HMM clustering of x-vector sequences, 2022). It does not say how sure it is: the
    number of speakers is believed where each is heard for `heard` seconds. That is a rule of
    thumb, not measured; what it misses is mostly the voice of a moment.

    The models' terms have to be accepted on their pages. For 3.1: `model: diarization-3-1`,
    `segmentation: segmentation-3`, `embedding: wespeaker-voxceleb`.
    """

    role: ClassVar[str] = "diarization"
    backend: ClassVar[str] = "pyannote"
    sample_rate: ClassVar[int | None] = 16_000
    needs: ClassVar[tuple[str, ...]] = ("domain", "vad")
    gate: ClassVar[Gate] = "speech"
    code_licence: ClassVar[str] = "MIT"
    packages: ClassVar[tuple[str, ...]] = ("torch", "pyannote.audio")
    memory: ClassVar[float] = 2.0
    gpu_memory: ClassVar[float] = 2.0
    record: ClassVar[type[Diarization]] = Diarization

    model: str = "diarization-community-1"
    """A name of models.toml, a folder, or an id of the model hub: where config.yaml lies."""
    segmentation: str = ""
    """The same for a network that config.yaml names and that does not lie beside it."""
    embedding: str = ""
    """The same for the speaker embedding."""
    device: str = "auto"
    batch: int = 32
    """Windows at once."""
    heard: float = 1.5
    _pipeline: Any = field(init=False, repr=False, compare=False)

    @property
    def models(self) -> tuple[str, ...]:
        """The models that the settings name."""
        return tuple(ref for ref in (self.model, self.segmentation, self.embedding) if ref)

    def load(self) -> None:
        """Load the networks; UserError when they or pyannote.audio are missing."""
        folder = store.find(self.model)
        device = torch_device(self.device)
        self._pipeline = diarization_pipeline(folder, self._part, self.batch).to(device)

    def annotate(self, clips: Sequence[Heard]) -> list[Diarization]:
        """Return who speaks when in each clip; skipped if too short or silent."""
        return [self._annotate(clip) for clip in clips]

    def _annotate(self, clip: Heard) -> Diarization:
        import torch
        from pyannote.core import Segment

        if reason := unheard(clip):
            return Diarization.skipped(clip.clip_id, reason)
        sound = torch.from_numpy(clip.waveform)[None]
        found = self._pipeline(
            {"waveform": sound, "sample_rate": clip.sample_rate, "uri": clip.clip_id}
        ).speaker_diarization.crop(Segment(0, clip.seconds))  # its last window may lie over the end
        spoken = [(part, label) for part, _, label in found.itertracks(yield_label=True)]
        letters: dict[str, str] = {}
        for _, label in spoken:
            letters.setdefault(label, name(len(letters)))
        return Diarization(
            clip_id=clip.clip_id,
            turns=tuple(
                Turn(start=round(part.start, 3), end=round(part.end, 3), speaker=letters[label])
                for part, label in spoken
            ),
            speakers=len(letters),
            confidence=self._confidence([seconds for _, seconds in found.chart()]),
            overlap_seconds=round(float(found.get_overlap().duration()), 3),
        )

    def _confidence(self, seconds: Sequence[float]) -> float | None:
        """Return how far the number of speakers is believed, by how long each is heard."""
        if not seconds:
            return None
        return _SURE if min(seconds) >= self.heard else _UNSURE

    def _part(self, role: str, name: str) -> Path:
        ref = self.segmentation if role == "segmentation" else self.embedding
        if not ref:
            raise UserError(
                f"diarization: {self.model} takes its {role} from {name or 'elsewhere'}: "
                f"name that model in the setting {role}"
            )
        return store.find(ref)
