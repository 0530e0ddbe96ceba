"""What a user means by a source: a folder, a pattern, a file, a manifest or a list of ids."""

import re
from pathlib import Path
from typing import Any, Literal, NamedTuple

from auricle.pipeline.containers import holds_sound, kind_of
from auricle.pipeline.lists import LISTS, is_list
from auricle.pipeline.manifest import MANIFESTS
from auricle.pipeline.remote import is_uri, locate, plain_path
from auricle.pipeline.walk import WILD
from auricle.schemas.errors import UserError

# What a file is when it is not sound, by its extension: downloads and corpora leave these beside.
BESIDE = re.compile(
    r".*\.(ass|csv|db|description|docx?|eaf|gif|gz|html?|ini|jpe?g|jsonl?|lab|log|lrc|md|md5|np[yz]"
    r"|parquet|part|pdf|pickle|pkl|png|py|rttm|sha256|srt|tar|textgrid|tgz|toml|trs|tsv|txt|uem"
    r"|vtt|webp|xlsx|xml|ya?ml|ytdl|zip)",
    re.IGNORECASE | re.DOTALL,
)
_FORMATS = {".csv": "CSV", ".tsv": "TSV", ".jsonl": "JSON Lines", ".parquet": "Parquet"}


class Place(NamedTuple):
    """Where the sources are, and how they are to be read."""

    kind: Literal["folder", "pattern", "file", "manifest", "list"]
    path: str  # of a pattern, the folder above its first wildcard
    pattern: tuple[str, ...] = ("**",)
    uri: str | None = None  # where it is not on this machine; the path is its file system's
    fs: Any = None


def place_of(source: str) -> Place:
    """Return what a source is.

    Raises:
        UserError: it is not there, or may not be read.
    """
    source = plain_path(source)
    if is_uri(source):
        return _far_place(source)
    path = Path(source)
    try:
        if path.is_dir():
            for suffix in MANIFESTS:
                manifest = path / f"manifest{suffix}"
                if manifest.is_file():
                    return Place("manifest", str(manifest))
            return Place("folder", str(_snapshot(path)))
        if path.exists():
            return Place(_kind_of_file(path), str(path))
    except PermissionError:
        raise UserError(f"{source}: you may not read this; change its permissions") from None
    wild = [i for i, part in enumerate(path.parts) if WILD.search(part)]
    if not wild:
        raise UserError(f"{source}: no such file or folder; give one, a pattern or a manifest")
    return Place("pattern", str(Path(*path.parts[: wild[0]])), path.parts[wild[0] :])


def describe(source: str) -> str:
    """Return in a few words what `discover` would read; raises where nothing is there."""
    place = place_of(source)
    if place.kind in ("manifest", "list"):
        form = _FORMATS[Path(place.path).suffix.lower()]
        return f"{place.path}, a {form} {'manifest' if place.kind == 'manifest' else 'list of ids'}"
    kinds = {"folder": "a folder with all below it", "pattern": "a pattern", "file": "one file"}
    return f"{source.partition('?')[0] if is_uri(source) else source}, {kinds[place.kind]}"


def _kind_of_file(path: Path) -> Literal["file", "manifest", "list"]:
    suffix = path.suffix.lower()
    if suffix == ".parquet" and holds_sound(str(path)):
        return "file"
    if suffix in LISTS and is_list(path):
        return "list"
    return "manifest" if suffix in MANIFESTS else "file"


def _snapshot(path: Path) -> Path:
    """Return the folder of the files where the path is a repository in the hub's cache."""
    main = path / "refs" / "main"
    if main.is_file() and (path / "snapshots").is_dir():
        return path / "snapshots" / main.read_text().strip()
    return path


def _far_place(source: str) -> Place:
    from pyarrow import fs as pafs

    fs, path = locate(source)
    shown = source.partition("?")[0]
    try:
        kind = fs.get_file_info(path).type
    except OSError as error:
        raise UserError(f"{shown}: cannot be read: {' '.join(str(error).split())}") from None
    if kind == pafs.FileType.Directory:
        return Place("folder", path, uri=source, fs=fs)
    if kind == pafs.FileType.File:
        if BESIDE.fullmatch(path) and not kind_of(path):
            raise UserError(f"{shown}: manifests and lists are read from a disk; copy it to one")
        return Place("file", path, uri=source, fs=fs)
    parts = path.split("/")
    wild = [i for i, part in enumerate(parts) if WILD.search(part)]
    if not wild or not wild[0]:
        raise UserError(f"{shown}: no such file or folder; give one, or a pattern")
    return Place("pattern", "/".join(parts[: wild[0]]), tuple(parts[wild[0] :]), source, fs)
