"""Voices as vectors, window by window: one encoder a process, which remembers what it heard last.

Diarization, traits and the speaker embedding look at the same windows of a clip, so that whoever
comes second pays nothing.
"""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from auricle.experts import models
from auricle.experts.base import Heard
from auricle.experts.hearing import speech
from auricle.experts.speaker_net import (
    HOP,
    SAMPLE_RATE,
    SIZE,
    Array,
    SpeakerNet,
    equalised,
    mel_frames,
)
from auricle.experts.torch_checkpoint import read_checkpoint

MODEL = "resemblyzer"

_WINDOW = 1.6  # seconds: what the encoder was trained on
_STEP = 0.4
_LEAST = 0.3  # seconds: a shorter stretch says nothing of its voice
_BLOCK = 64  # windows that go through the network together
_TILE = 16
_REMEMBERED = 1024  # clips, about 25 kB each


class Voiceprints(NamedTuple):
    """Windows of speech, [n, 2] in seconds, and the unit vector of the voice in each, [n, 256]."""

    windows: NDArray[np.float64]
    vectors: Array

    def mean(self, weights: NDArray[np.floating]) -> Array | None:
        """Return the unit vector of the weighted windows; None if no weight is above 0."""
        if not weights.sum() > 0:
            return None
        mean = weights @ self.vectors
        return np.asarray(mean / np.linalg.norm(mean), np.float32)


class Encoder:
    """The speaker encoder on clips, with a memory."""

    def __init__(self, net: SpeakerNet):
        self._net = net
        self._recent: dict[bytes, Voiceprints] = {}

    def __call__(self, clips: Sequence[Heard]) -> list[Voiceprints]:
        """Return the voiceprints of each clip at 16 kHz, in order.

        Windows of 1.6 s lie 0.4 s apart or less in each stretch of speech; a shorter stretch is
        one window. Without voice activity the whole clip is one stretch.
        """
        keys = [_key(clip) for clip in clips]
        fresh = {
            key: clip for key, clip in zip(keys, clips, strict=True) if key not in self._recent
        }
        recent = {**self._recent, **self._listen(fresh)}
        self._recent = dict(list(recent.items())[-max(_REMEMBERED, len(fresh)) :])
        return [recent[key] for key in keys]

    def _listen(self, clips: dict[bytes, Heard]) -> dict[bytes, Voiceprints]:
        windows = {key: _windows(clip) for key, clip in clips.items()}
        frames = [part for key, clip in clips.items() for part in _cut(clip, windows[key])]
        vectors = self._embed(frames)
        ends = np.cumsum([len(windows[key]) for key in clips])
        return {
            key: Voiceprints(windows[key], vectors[end - len(windows[key]) : end])
            for key, end in zip(clips, ends, strict=True)
        }

    def _embed(self, frames: list[Array]) -> Array:
        """Return the vector of each run of frames; runs of alike length go together.

        Blocks are filled up to whole tiles of rows, so that a product of matrices treats every row
        the same way and a window's vector does not depend on its company.
        """
        vectors = np.zeros((len(frames), SIZE), np.float32)
        order = sorted(range(len(frames)), key=lambda index: len(frames[index]))
        for start in range(0, len(order), _BLOCK):
            block = order[start : start + _BLOCK]
            filled = [frames[index] for index in block]
            filled += [filled[0]] * (-len(block) % _TILE)
            vectors[block] = self._net(filled)[: len(block)]
        return vectors


@lru_cache(maxsize=1)
def encoder(directory: Path) -> Encoder:
    """Return the encoder of a folder, loaded once a process."""
    return Encoder(SpeakerNet(read_checkpoint(directory / "pretrained.pt")["model_state"]))


def shared_encoder() -> Encoder:
    """Return the encoder of the model store; MissingModel where it is not there."""
    return encoder(models.find(MODEL))


def _key(clip: Heard) -> bytes:
    stretches = np.array([(span.start, span.end) for span in speech(clip)])
    told = hashlib.blake2b(stretches.tobytes(), digest_size=16)
    told.update(np.ascontiguousarray(clip.waveform).tobytes())
    return told.digest()


def _windows(clip: Heard) -> NDArray[np.float64]:
    windows: list[tuple[float, float]] = []
    for span in speech(clip):
        start, end = max(0.0, span.start), min(span.end, clip.seconds)
        if end - start < _LEAST:
            continue
        if (room := end - start - _WINDOW) <= 0:
            windows.append((start, end))
            continue
        starts = np.linspace(start, start + room, int(np.ceil(room / _STEP)) + 1)
        windows += [(at, at + _WINDOW) for at in starts.tolist()]
    return np.array(windows, np.float64).reshape(-1, 2)


def _cut(clip: Heard, windows: NDArray[np.float64]) -> list[Array]:
    """Return the mel frames of each window, equalised by the speech of the whole clip."""
    if not len(windows):
        return []
    mel = mel_frames(clip.waveform)
    times = np.arange(len(mel)) * HOP / SAMPLE_RATE
    spoken = np.logical_or.reduce([(s.start <= times) & (times < s.end) for s in speech(clip)])
    mel = equalised(mel, spoken)
    edges = np.round(windows * SAMPLE_RATE / HOP).astype(int)
    return [mel[start : max(end, start + 1)] for start, end in edges]
