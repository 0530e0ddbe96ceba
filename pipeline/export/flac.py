"""FLAC files of clips, shared by the exports whose manifests name files."""

import io
import posixpath
import re
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Any, NamedTuple

import pyarrow as pa

from auricle.pipeline.engine.storage import Storage

FOLDER = "exports/flac"
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")
_LONGEST = 90
"""With `.flac` it fits the hundred characters of a plain tar's member."""


class Filed(NamedTuple):
    """A clip whose sound lies in a file: its row, its sound and where that is."""

    row: dict[str, Any]
    sound: bytes
    path: str


class Header(NamedTuple):
    """The length and rate of a sound."""

    samples: int
    sample_rate: int

    @property
    def seconds(self) -> float:
        """Return the length in seconds."""
        return self.samples / self.sample_rate


def filed(storage: Storage, folder: str, split: str, tables: Iterable[pa.Table]) -> Iterator[Filed]:
    """Yield the clips of a split, each with its FLAC file in place.

    Paths are relative to `folder`, where the manifest lies. A file that is there with the same
    size is left as it is.
    """
    for table in tables:
        rows = table.to_pylist()
        names = [flac_name(split, row["clip_id"]) for row in rows]
        there = storage.fs.get_file_info([storage.path(name) for name in names]) if names else []
        for row, name, info in zip(rows, names, there, strict=True):
            sound = row.pop("audio")["bytes"]
            if info.size != len(sound):
                storage.write(name, sound)
            yield Filed(row, sound, posixpath.relpath(name, folder))


def flac_name(split: str, clip_id: str) -> str:
    """Return where a clip's file lies, in one of 256 folders by a hash of the clip's id."""
    return f"{FOLDER}/{split}/{_hash(clip_id)[:2]}/{safe_name(clip_id)}.flac"


def safe_name(clip_id: str) -> str:
    """Return a clip's id as a file name and archive key: ASCII, no dots, at most 90 characters.

    An id of letters, digits, `_` and `-` is its own name. In another, runs of other characters
    become `-` and `~` with 64 bits of the id's hash is added. No id of the first sort has a `~`, so
    that two ids never share a name.
    """
    if len(clip_id) <= _LONGEST and not _UNSAFE.search(clip_id):
        return clip_id
    return f"{_UNSAFE.sub('-', clip_id)[: _LONGEST - 17]}~{_hash(clip_id)}"


def header(sound: bytes) -> Header:
    """Return the length and rate that a sound file's header states."""
    import soundfile

    told = soundfile.info(io.BytesIO(sound))
    return Header(told.frames, told.samplerate)


def _hash(clip_id: str) -> str:
    return blake2b(clip_id.encode(), digest_size=8).hexdigest()
