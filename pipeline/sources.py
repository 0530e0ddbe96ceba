"""What there is to ingest, as a stream of Sources: files, manifests, lists of ids, containers."""

import os
import re
from array import array
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from auricle.pipeline.containers import SOUND, Span, kind_of, spans
from auricle.pipeline.containers_read import part_suffix
from auricle.pipeline.ids import (
    RecordingId,
    clip_id,
    mark,
    path_to_text,
    recording_id_of,
    text_to_path,
)
from auricle.pipeline.lists import read_list
from auricle.pipeline.manifest import Entry, read_manifest
from auricle.pipeline.remote import is_uri, uri_of
from auricle.pipeline.source_place import BESIDE, Place, describe, place_of
from auricle.pipeline.walk import Disk, Remote, Tree, walk
from auricle.schemas.clip import Kind, Source
from auricle.schemas.errors import UserError

__all__ = [
    "RecordingId",
    "check_unique",
    "clip_id",
    "describe",
    "discover",
    "mark",
    "path_to_text",
    "text_to_path",
    "watched",
]

_UNTIDY = re.compile(r"(^|/)\.?(/|$)")
"""What pathlib would take out of a path."""
_UNSURE = 1000
"""Files that may or may not be sound, by their names, before a folder counts as one of sound."""


def discover(
    source: str,
    recording_id: RecordingId = "path",
    *,
    store: str | None = None,
    most: int = 512,
    without: str | None = None,
) -> Iterator[Source]:
    """Return what is to be ingested, in an order that depends on the names alone.

    `source` is a folder (read with all below it, or through the manifest.csv, .jsonl or .parquet
    at its top), a pattern such as `takes/**/*.wav` or `{000..127}.tar`, one file, a manifest, or a
    list of video ids whose files are in the folder `store`. Folders, patterns and files may be
    URIs of an object store. Hidden files and folders are passed over, and so are files whose
    extension says that they are something else (`BESIDE`: subtitles, pictures, archives). Every
    other file counts as sound until it is opened. A folder that links lead to more than once is
    read once, and the folder `without` never.

    Where there is no file of sound, the tars, Parquet and Arrow files with sound in them are what
    is to be ingested, one source each; Parquet files of more than `most` rows are several.

    Recordings are named by a manifest's recording_id as it stands; else, by "path", with a slug of
    the name and 64 bits of hash of the path below the source, which stay when the whole moves; or,
    by "stem", with the file name less its extension.

    The stream holds no more than the names of the folders that it is in, and of containers.

    Raises:
        UserError: the source does not exist or holds nothing, or a manifest is wrong, the row
            named. What is wrong below the top comes when the stream gets there.
    """
    place = place_of(source)
    if place.kind in ("manifest", "list"):
        return _some(source, place, _entries(place, recording_id, store))
    return _some(source, place, _files(place, recording_id, most, without))


def check_unique(source: str, recording_id: RecordingId = "path") -> int:
    """Return how many sources there are, having made sure that no two would share clip ids.

    Raises:
        UserError: as `watched` does.
    """
    first, again = discover(source, recording_id), discover(source, recording_id)
    return sum(1 for _ in watched(source, first, again))


def watched(source: str, sources: Iterable[Source], again: Iterable[Source]) -> Iterator[Source]:
    """Yield the sources and, at their end, make sure that no two would share clip ids.

    Keeps 8 bytes a source. `again` gives the same sources, to find the two that do.

    Raises:
        UserError: two sources have the same recording id and the same start; both are named.
    """
    marks = array("Q")
    for item in sources:
        marks.append(mark(item.recording_id, item.start))
        yield item
    ordered = np.frombuffer(marks, np.uint64)
    ordered.sort()  # in place
    twice = set(ordered[1:][ordered[1:] == ordered[:-1]].tolist())
    if twice:
        _name_a_pair(source, again, twice)


def _some(source: str, place: Place, sources: Iterator[Source]) -> Iterator[Source]:
    empty = True
    for item in sources:
        empty = False
        yield item
    if empty:
        nothing = {"manifest": "has no rows", "list": "has no rows"}
        nothing["pattern"] = "matches no sound file"
        raise UserError(f"{source}: {nothing.get(place.kind, 'holds no sound file')}")


def _entries(place: Place, recording_id: RecordingId, store: str | None) -> Iterator[Source]:
    path = Path(place.path)
    base = path.parent.absolute()
    entries: Iterator[Entry]
    if place.kind == "manifest":
        entries = read_manifest(path)
    elif store is None:
        raise UserError(
            f"{path}: there is no column `path` but one of video ids; set ingest.store to the "
            "folder of the downloads"
        )
    else:
        entries = read_list(path, store)
    for entry in entries:
        fields = entry._asdict()
        if entry.recording_id is None:
            name = Path(os.path.normpath(entry.path))
            below = name.relative_to(base) if name.is_relative_to(base) else name
            fields["recording_id"] = recording_id_of(str(below), recording_id)
        fields["path"] = path_to_text(_below(base, entry.path))
        yield Source(**fields)


def _below(base: Path, path: str) -> str:
    """Return a path that may be relative to a folder; pathlib is slow, and is spared if it can."""
    if is_uri(path):
        return path
    return str(base / path) if _UNTIDY.search(path) else os.path.join(base, path)  # noqa: PTH118


def _files(
    place: Place, recording_id: RecordingId, most: int, without: str | None
) -> Iterator[Source]:
    base = place.path if place.uri else str(Path(place.path).absolute())
    names: Iterable[str]
    if place.kind == "file":
        base, _, name = base.rpartition("/")
        names = [name]
    else:
        tree: Tree = Remote(place.fs) if place.uri else Disk()
        names = walk(tree, base, place.pattern, without)

    def path_of(name: str) -> str:
        return uri_of(place.uri, f"{base}/{name}") if place.uri else f"{base}/{name}"

    def parts_of(name: str, kind: Kind) -> list[Span]:
        return spans(path_of(name), kind, most)

    for name, kind, span in _chosen(names, parts_of, place.kind == "file"):
        rule = "path" if kind else recording_id
        yield Source(
            recording_id=recording_id_of(name, rule) + part_suffix(span.first),
            path=path_to_text(path_of(name)),
            kind=kind,
            first_member=span.first,
            members=span.members,
        )


def _chosen(
    names: Iterable[str], parts_of: Callable[[str, Kind], list[Span]], alone: bool
) -> Iterator[tuple[str, Kind | None, Span]]:
    """Yield the files of sound, or the containers, part by part, where no name is that of sound.

    A file that is `alone` was named by the user and is sound if it is no container.
    """
    unsure: list[str] = []
    containers: list[tuple[str, Kind]] = []
    rest = iter(names)
    for name in rest:
        if kind := kind_of(name):
            containers.append((name, kind))
        elif alone or not BESIDE.fullmatch(name):
            unsure.append(name)
            if SOUND.fullmatch(name) or len(unsure) > _UNSURE:
                containers = []
                break
    empty = True
    for name, kind in containers:
        for span in parts_of(name, kind):
            empty = False
            yield name, kind, span
    if empty:
        yield from ((name, None, Span()) for name in unsure)
        yield from ((name, None, Span()) for name in rest if not _is_beside(name))


def _is_beside(name: str) -> bool:
    return bool(BESIDE.fullmatch(name)) or kind_of(name) is not None


def _name_a_pair(source: str, again: Iterable[Source], marks: set[int]) -> None:
    met: dict[tuple[str, float], tuple[int, str]] = {}
    for number, item in enumerate(again, 1):
        if mark(item.recording_id, item.start) not in marks:
            continue
        key = item.recording_id, item.start
        if key in met:
            first, path = met[key]
            raise UserError(
                f"{source}: number {first} ({path}) and number {number} ({item.path}) are both "
                f"recording {item.recording_id!r} from {item.start!r} s; give them different "
                'ids, or set recording_id to "path"'
            )
        met[key] = number, item.path
