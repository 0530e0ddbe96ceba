"""What there is to ingest: a folder, a pattern, one file or a manifest, as a stream of Sources."""

import os
import re
import unicodedata
from array import array
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from hashlib import blake2b
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from auricle.pipeline.manifest import MANIFESTS, read_manifest
from auricle.schemas.clip import Source
from auricle.schemas.errors import UserError

RecordingId = Literal["path", "stem"]

# What a file is when it is not sound, by its extension: downloads and corpora leave these beside.
BESIDE = re.compile(
    r".*\.(ass|csv|db|description|docx?|eaf|gif|gz|html?|ini|jpe?g|jsonl?|lab|log|lrc|md|md5|np[yz]"
    r"|parquet|part|pdf|pickle|pkl|png|py|rttm|sha256|srt|tar|textgrid|tgz|toml|trs|tsv|txt|uem"
    r"|vtt|webp|xlsx|xml|ya?ml|ytdl|zip)",
    re.IGNORECASE | re.DOTALL,
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ESCAPED = re.compile(rb"\\x([0-9a-f]{2})")


def discover(source: str, recording_id: RecordingId = "path") -> Iterator[Source]:
    """Return what is to be ingested, in an order that depends on the names alone.

    `source` is a folder (read with all below it, or through the manifest.csv, .jsonl or .parquet
    at its top), a pattern such as `takes/**/*.wav`, one sound file, or a manifest. Hidden files
    and folders are passed over, and so are files whose extension says that they are something
    else (`BESIDE`: subtitles, pictures, archives). Every other file counts as sound until it is
    opened. A folder that links lead to more than once is read once.

    Recordings are named by a manifest's recording_id as it stands; else, by "path", with a slug of
    the name and 64 bits of hash of the path below the source, which stay when the whole moves; or,
    by "stem", with the file name less its extension.

    The stream holds no more than the names of the folders that it is in.

    Raises:
        UserError: the source does not exist or holds nothing, or a manifest is wrong, the row
            named. What is wrong below the top comes when the stream gets there.
    """
    place = _place(source)
    return _sources(source, place, recording_id)


def describe(source: str) -> str:
    """Return in a few words what `discover` would read; raises where nothing is there."""
    place = _place(source)
    if place.kind == "manifest":
        return f"{place.path}, a {_FORMATS[place.path.suffix.lower()]} manifest"
    kinds = {"folder": "a folder with all below it", "pattern": "a pattern", "file": "one file"}
    return f"{source}, {kinds[place.kind]}"


def check_unique(source: str, recording_id: RecordingId = "path") -> int:
    """Return how many sources there are, having made sure that no two would share clip ids.

    Keeps 8 bytes a source.

    Raises:
        UserError: two sources have the same recording id and the same start; both are named.
    """
    marks = array(
        "Q", (mark(item.recording_id, item.start) for item in discover(source, recording_id))
    )
    ordered = np.sort(np.frombuffer(marks, np.uint64))
    twice = set(ordered[1:][ordered[1:] == ordered[:-1]].tolist())
    if twice:
        _name_a_pair(source, recording_id, twice)
    return len(marks)


def mark(recording_id: str, start: float) -> int:
    """Return 64 bits that stand for a source: the hash of its recording id and its start."""
    key = f"{recording_id}\0{start!r}".encode()
    return int.from_bytes(blake2b(key, digest_size=8).digest(), "big")


def clip_id(recording_id: str, start: float, end: float) -> str:
    """Return the id of the clip from `start` to `end` seconds, by the rule of MECAT's keys."""
    return f"{recording_id}_" + f"{start!r}_{end:g}".replace(".", "_")


def path_to_text(path: str) -> str:
    r"""Return a path as text that every store can hold; `text_to_path` gets the path back.

    A byte that is not UTF-8 is written `\xff`. Where a name really holds these four characters,
    the backslash is written `\x5c`. All other paths stay as they are.
    """
    return _ESCAPED.sub(rb"\\x5cx\1", os.fsencode(path)).decode("utf-8", "backslashreplace")


def text_to_path(text: str) -> str:
    """Return the path that a Source's `path` stands for, as Python's file functions take it."""
    return os.fsdecode(_ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), text.encode()))


_FORMATS = {".csv": "CSV", ".jsonl": "JSON Lines", ".parquet": "Parquet"}


class _Place(NamedTuple):
    kind: Literal["folder", "pattern", "file", "manifest"]
    path: Path  # of a pattern, the folder above its first wildcard
    pattern: tuple[str, ...] = ()


def _place(source: str) -> _Place:
    path = Path(source)
    try:
        if path.is_dir():
            for suffix in MANIFESTS:
                manifest = path / f"manifest{suffix}"
                if manifest.is_file():
                    return _Place("manifest", manifest)
            return _Place("folder", path)
        if path.exists():
            kind: Literal["manifest", "file"]
            kind = "manifest" if path.suffix.lower() in MANIFESTS else "file"
            return _Place(kind, path)
    except PermissionError:
        raise UserError(f"{source}: you may not read this; change its permissions") from None
    wild = [i for i, part in enumerate(path.parts) if re.search(r"[*?[]", part)]
    if not wild:
        raise UserError(f"{source}: no such file or folder; give one, a pattern or a manifest")
    return _Place("pattern", Path(*path.parts[: wild[0]]), path.parts[wild[0] :])


def _sources(source: str, place: _Place, recording_id: RecordingId) -> Iterator[Source]:
    read = _manifest if place.kind == "manifest" else _files
    empty = True
    for item in read(place, recording_id):
        empty = False
        yield item
    if empty:
        nothing = {"manifest": "has no rows", "pattern": "matches no sound file"}
        raise UserError(f"{source}: {nothing.get(place.kind, 'holds no sound file')}")


def _manifest(place: _Place, recording_id: RecordingId) -> Iterator[Source]:
    base = place.path.parent.absolute()
    for entry in read_manifest(place.path):
        name = Path(os.path.normpath(entry.path))
        below = name.relative_to(base) if name.is_relative_to(base) else name
        fields = entry._asdict()
        fields["recording_id"] = entry.recording_id or _id(str(below), recording_id)
        fields["path"] = path_to_text(str(base / entry.path))
        yield Source(**fields)


def _files(place: _Place, recording_id: RecordingId) -> Iterator[Source]:
    base, names = place.path.absolute(), iter([place.path.name])
    if place.kind == "file":
        base = base.parent
    else:
        names = _walk(str(base), place.pattern or ("**",))
    for name in names:
        yield Source(recording_id=_id(name, recording_id), path=path_to_text(str(base / name)))


def _walk(base: str, pattern: Sequence[str]) -> Iterator[str]:
    """Yield the files below a folder that match a pattern, as paths relative to it."""
    seen = {_identity(base)}

    def below(folder: str, parts: tuple[str, ...]) -> Iterator[str]:
        names, folders = _entries(folder)
        for name in names:
            here = (*parts, name)
            if name not in folders:
                if not BESIDE.fullmatch(name) and _matches(here, pattern):
                    yield "/".join(here)
            elif _leads_on(here, pattern):
                identity = _identity(f"{folder}/{name}")
                if identity not in seen:
                    seen.add(identity)
                    yield from below(f"{folder}/{name}", here)

    return below(base, ())


def _entries(folder: str) -> tuple[list[str], set[str]]:
    """Return the sorted names in a folder, hidden ones left out, and which of them are folders."""
    names, folders = [], set()
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if not entry.name.startswith("."):
                    names.append(entry.name)
                    if _is_folder(entry):
                        folders.add(entry.name)
    except OSError as error:
        raise UserError(
            f"{path_to_text(folder)}: this folder cannot be listed ({error.strerror}); "
            "change its permissions or name the folders to read in a manifest or pattern"
        ) from None
    names.sort()
    return names, folders


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads nowhere: a file like any other, reported when opened
        return False


def _identity(folder: str) -> tuple[int, int]:
    info = Path(folder).stat()
    return info.st_dev, info.st_ino


def _matches(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(_matches(parts[i:], pattern[1:]) for i in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _matches(parts[1:], pattern[1:])


def _leads_on(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Return whether a folder can hold something that matches."""
    if not parts or not pattern or pattern[0] == "**":
        return bool(pattern)
    return fnmatchcase(parts[0], pattern[0]) and _leads_on(parts[1:], pattern[1:])


def _id(path: str, recording_id: RecordingId) -> str:
    """Return the id of a file from its path below the source."""
    stem = Path(path).stem
    if recording_id == "stem":
        return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", path_to_text(stem))
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode().lower()
    slug = re.sub("[^a-z0-9]+", "-", plain)[:40].strip("-")
    return f"{slug}-{blake2b(os.fsencode(path), digest_size=8).hexdigest()}".lstrip("-")


def _name_a_pair(source: str, recording_id: RecordingId, marks: set[int]) -> None:
    met: dict[tuple[str, float], tuple[int, str]] = {}
    for number, item in enumerate(discover(source, recording_id), 1):
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
