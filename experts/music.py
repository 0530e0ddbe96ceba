"""Music labels: genre, instruments, mood, voices, era and tempo words (musicnn)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from auricle.experts import models
from auricle.experts.base import Gate, Heard, Waveform
from auricle.experts.music_labels import (
    ERAS,
    GENRES,
    INSTRUMENTS,
    MOODS,
    MSD_TAGS,
    MTT_TAGS,
    NO_VOCALS,
    TEMPOS,
    VOCALS,
    Labels,
)
from auricle.experts.musicnn_net import HOP, PATCH_FRAMES, SAMPLE_RATE, Array, Musicnn, log_mel
from auricle.experts.tf_checkpoint import read_checkpoint
from auricle.schemas.annotation import LabelScore
from auricle.schemas.music import Music

MIN_SECONDS = 0.5  # repeated to 3 s, anything shorter is a buzz
SILENT_PEAK = 1e-4  # -80 dBFS; the networks name a guitar in silence


@dataclass
class MusicnnMusic:
    """Names genre, instruments, mood, voices, era and tempo; both musicnn models together.

    A label's score is the highest of its tags in either model, after the mean over the clip. The
    `limit` strongest labels of each kind are kept, faint ones (under `floor`) left out. A score is
    no probability: in the data that the models learned from, a missing tag does not mean "not
    there". Who writes from the record has to know from where on to believe a kind.
    """

    role: ClassVar[str] = "music"
    backend: ClassVar[str] = "musicnn"
    sample_rate: ClassVar[int | None] = SAMPLE_RATE
    needs: ClassVar[tuple[str, ...]] = ("domain",)
    gate: ClassVar[Gate] = "music"
    models: ClassVar[tuple[str, ...]] = ("musicnn-mtt", "musicnn-msd")
    code_licence: ClassVar[str] = "Apache-2.0"
    packages: ClassVar[tuple[str, ...]] = ()
    memory: ClassVar[float] = 0.5
    gpu_memory: ClassVar[float] = 0.0
    record: ClassVar[type[Music]] = Music

    limit: int = 5
    floor: float = 0.05
    _nets: list[tuple[Musicnn, tuple[str, ...]]] = field(init=False, repr=False, compare=False)

    def load(self) -> None:
        """Read both checkpoints."""
        tags = (MTT_TAGS, MSD_TAGS)
        tensors = [read_checkpoint(models.find(name)) for name in self.models]
        self._nets = [(Musicnn(each), own) for each, own in zip(tensors, tags, strict=True)]

    def annotate(self, clips: Sequence[Heard]) -> list[Music]:
        """Return the labels of each clip, strongest first; skipped if too short or silent."""
        return [self._annotate(clip) for clip in clips]

    def _annotate(self, clip: Heard) -> Music:
        if clip.seconds < MIN_SECONDS:
            return Music.skipped(clip.clip_id, "too_short")
        if np.abs(clip.waveform).max() < SILENT_PEAK:
            return Music.skipped(clip.clip_id, "silent")
        scores = self.tag_scores(patches(clip.waveform))
        denied = max(scores[tag] for tag in NO_VOCALS)
        return Music(
            clip_id=clip.clip_id,
            genres=strongest(GENRES, scores, self.floor, self.limit),
            instruments=strongest(INSTRUMENTS, scores, self.floor, self.limit),
            moods=strongest(MOODS, scores, self.floor, self.limit),
            vocals=strongest(VOCALS, scores, max(self.floor, denied), self.limit),
            eras=strongest(ERAS, scores, self.floor, self.limit),
            tempos=strongest(TEMPOS, scores, self.floor, self.limit),
        )

    def tag_scores(self, patches: Array) -> dict[str, float]:
        """Return the score of every tag: the mean over patches, the higher of the two models."""
        scores: dict[str, float] = {}
        for net, tags in self._nets:
            means = np.mean([net(patch) for patch in patches], 0)
            for tag, score in zip(tags, means.tolist(), strict=True):
                scores[tag] = max(score, scores.get(tag, 0.0))
        return scores


def patches(waveform: Waveform) -> Array:
    """Return 3-s log-mel patches, [patches, 187, 96], spread evenly from start to end.

    As many as fit without overlap. A shorter sound is repeated: filled up with silence the models
    name its instruments less often rightly (12 against 15 of 18 in the first five tags).
    """
    mel = log_mel(np.resize(waveform, max(len(waveform), PATCH_FRAMES * HOP)))
    starts = np.linspace(0, len(mel) - PATCH_FRAMES, len(mel) // PATCH_FRAMES).round().astype(int)
    return np.stack([mel[start : start + PATCH_FRAMES] for start in starts])


def strongest(
    labels: Labels, scores: dict[str, float], least: float, limit: int
) -> tuple[LabelScore, ...]:
    """Return the `limit` strongest labels that reach `least`; each scores as its best tag."""
    found = [
        LabelScore(label=label, score=max(scores[tag] for tag in tags))
        for label, tags in labels.items()
    ]
    kept = (entry for entry in found if entry.score >= least)
    return tuple(sorted(kept, key=lambda entry: (-entry.score, entry.label))[:limit])
