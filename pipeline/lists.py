"""Lists of video ids and times, as ACAV100M, AudioSet and VGGSound are published, and a store.

The store is a folder of what was downloaded: `ID.EXT`, or `ID_START.EXT` where it was cut already,
in whatever subfolders.
"""

import os
from array import array
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from auricle.pipeline.containers import SOUND
from auricle.pipeline.fields import ENDS, STARTS, VIDEO_ID, VIDEO_IDS, find
from auricle.pipeline.ids import hash64
from auricle.pipeline.manifest import (
    MANIFESTS,
    Entry,
    check_once,
    csv_cells,
    entry_of,
    named,
    seconds_of,
)
from auricle.pipeline.walk import Disk, walk
from auricle.schemas.errors import UserError

LISTS = (".csv", ".tsv", ".jsonl", ".parquet")
_IDS = VIDEO_IDS | {"id", "video", "yid"}
_EXCERPT = 10.0
"""Seconds from the start, where a list gives no end."""
_ANY = ".*"
"""How a path ends that stands for a file that is not there."""


def is_list(path: Path) -> bool:
    """Tell whether a table names video ids and no paths."""
    row = next((row for _, row in islice(_rows(path), 1)), {})
    return "path" not in row and find(row, _IDS) is not None


def read_list(path: Path, store: str) -> Iterator[Entry]:
    """Yield the excerpts that a list names, each with the path of its file in the store.

    Of an id with no file the path ends with `.*`. An excerpt is 10 s long where the list gives
    neither an end nor a duration; without a start it is the whole file. Holds some 60 bytes a file
    of the store.

    Raises:
        UserError: there is no such store, or a row has a bad value; the row is named.
    """
    files = Store(store)
    for where, row in _rows(path):
        yield _entry(f"{path}, {where}", row, files)


def not_downloaded(path: str) -> bool:
    """Tell whether a path stands for a file that was not in the store."""
    return path.endswith(_ANY)


class Store:
    """Which files a folder has for which video, and from which second on."""

    def __init__(self, folder: str) -> None:
        """Read the names of all files below a folder.

        Raises:
            UserError: there is no such folder.
        """
        self.folder = os.path.abspath(folder)  # noqa: PTH100
        if not Path(folder).is_dir():
            raise UserError(f"{folder}: no such folder; set ingest.store to that of the downloads")
        hashes, places, self.names = array("Q"), array("Q"), bytearray()
        for name in walk(Disk(), self.folder, ("**",), None):
            if SOUND.fullmatch(name):
                hashes.append(hash64(os.fsencode(_key(name))))
                places.append(len(self.names))
                self.names += os.fsencode(name) + b"\0"
        order = np.argsort(np.frombuffer(hashes, np.uint64), kind="stable")
        self.hashes = np.frombuffer(hashes, np.uint64)[order]
        self.places = np.frombuffer(places, np.uint64)[order]

    def find(self, video: str, start: float, duration: float | None) -> tuple[str, float]:
        """Return the path of the file for an excerpt, and the second at which it begins.

        A file that was cut at this second is taken before one of the whole video.
        """
        for stem, offset in [*((s, start) for s in _cut_names(video, start, duration)), (video, 0)]:
            if found := self._file(stem):
                return f"{self.folder}/{found}", float(offset)
        return f"{self.folder}/{video}{_ANY}", 0.0

    def _file(self, stem: str) -> str | None:
        """Return the first file with this stem, in the order of the names."""
        wanted = np.uint64(hash64(os.fsencode(stem)))
        at = int(np.searchsorted(self.hashes, wanted))
        while at < len(self.hashes) and self.hashes[at] == wanted:
            begin = int(self.places[at])
            name = os.fsdecode(bytes(self.names[begin : self.names.index(0, begin)]))
            if _key(name) == stem:
                return name
            at += 1
        return None


def _key(name: str) -> str:
    """Return a file's name less its extension; of `Title [ID].webm` what is in the brackets."""
    stem = name.rpartition("/")[2].rpartition(".")[0]
    if stem.endswith("]") and VIDEO_ID.fullmatch(stem[-12:-1]) and stem[-13:-12] == "[":
        return stem[-12:-1]
    return stem


def _cut_names(video: str, start: float, duration: float | None) -> Iterator[str]:
    """Yield the stems that a file may have that was cut at a second."""
    begins, ends = _times(start), _times(start + duration) if duration else []
    for begin in begins:
        yield f"{video}_{begin}"
        for end in ends:
            yield f"{video}_{begin}_{end}"


def _times(seconds: float) -> list[str]:
    """Return how people write seconds in a name: 30, 000030, 30.0, 30_0, 30.000."""
    exact = [f"{seconds:g}", f"{seconds!r}", f"{seconds:.3f}"]
    whole = [f"{int(seconds):06d}"] if seconds.is_integer() else []
    return list(dict.fromkeys([*exact, *whole, *(text.replace(".", "_") for text in exact)]))


def _entry(where: str, row: dict[str, Any], files: Store) -> Entry:
    row = dict(row)
    video = row.pop(find(row, _IDS) or "", None)
    begin, close = find(row, STARTS), find(row, ENDS)
    start = row.pop(begin) if begin else None
    end = row.pop(close) if close else None
    if start not in (None, ""):
        row["start"] = seconds_of(where, "start", start)
        if end not in (None, ""):
            row["duration"] = seconds_of(where, "end", end) - row["start"]
        elif row.get("duration") in (None, ""):
            row["duration"] = _EXCERPT
    if not video:
        raise UserError(f"{where}: there is no video id; give one a row")
    entry = entry_of(where, {**row, "path": str(video), "recording_id": video})
    path, offset = files.find(str(video), entry.start, entry.duration)
    return entry._replace(path=path, offset=offset)


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".tsv"):
        yield from MANIFESTS[suffix](path, check_once)
        return
    header: list[str] = []
    form = {"delimiter": "\t" if suffix == ".tsv" else ",", "skipinitialspace": True}
    for where, cells in csv_cells(path, **form):
        if not any(cells):
            continue
        if cells[0].startswith("#"):
            told = [cells[0].lstrip("# "), *cells[1:]]
            header = told if find(told, _IDS) else header
        elif header:
            yield where, named(path, where, header, cells)
        else:
            header = _guess(cells) or cells
            check_once(path, header)
            if header is not cells:
                yield where, dict(zip(header, cells, strict=True))


def _guess(cells: list[str]) -> list[str] | None:
    """Return the columns of a list that begins without naming them, None where it names them."""
    if len(cells) < 2 or not VIDEO_ID.fullmatch(cells[0]) or not _is_number(cells[1]):
        return None
    rest = ["end"] if len(cells) > 2 and _is_number(cells[2]) else []
    rest += ["label", "split"][: len(cells) - 2 - len(rest)]
    rest += [f"column_{number}" for number in range(len(rest) + 3, len(cells) + 1)]
    return ["ytid", "start", *rest]


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()
