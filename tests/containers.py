"""Containers of short sounds, and how they are ingested."""

import io
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import soundfile
from fakes import tone

from auricle.pipeline.config import Config
from auricle.pipeline.dataset import Dataset
from auricle.pipeline.run import Listed, list_sources
from auricle.pipeline.stages import Ingest
from auricle.schemas.clip import Clip, Recording, Source


@dataclass
class Made:
    """What was listed, and what came of it."""

    data: Dataset
    listed: Listed
    sources: list[list[Source]]
    recordings: list[Recording]
    clips: list[Clip]

    @property
    def ids(self) -> list[str]:
        return [row.recording_id for row in self.recordings]

    @property
    def reasons(self) -> list[str | None]:
        return [row.reason for row in self.recordings]


def ingest(source: Path | str, out: Path, **settings: Any) -> Made:
    """List the sources and ingest the shards that are not there yet."""
    config = Config.model_validate({"source": str(source), "ingest": settings})
    data = Dataset(str(out))
    listed = list_sources(data, config)
    shards = data.shards("sources")
    for shard in shards:
        if not data.has("recordings", shard):
            Ingest(config.ingest).run(data, shard, lambda done: None)
    recordings = [row for shard in shards for row in data.rows(Recording, shard)]
    clips = [row for shard in shards for row in data.rows(Clip, shard)]
    return Made(data, listed, [data.rows(Source, s) for s in shards], recordings, clips)


def sound(seconds: float = 1.0, kind: str = "FLAC", level: float = 0.5) -> bytes:
    """Return the bytes of a sound file."""
    file = io.BytesIO()
    soundfile.write(file, tone(seconds, level), 16_000, format=kind)
    return file.getvalue()


def write_tar(path: Path, members: dict[str, bytes], mode: str = "w") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
