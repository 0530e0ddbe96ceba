"""Names: of recordings, of clips, and of files as text that every store can hold."""

import os
import re
import unicodedata
from hashlib import blake2b
from pathlib import Path
from typing import Literal

RecordingId = Literal["path", "stem"]

_CONTROL = re.compile(r"[/\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ESCAPED = re.compile(rb"\\x([0-9a-f]{2})")


def recording_id_of(path: str, rule: RecordingId, inside: str = "") -> str:
    """Return the id of a file from its path below the source.

    By "path" it is a slug of the name and 64 bits of hash of the path; of a member of a container
    the container's own id, `inside`, is hashed too. By "stem" it is the name less its extension.
    """
    return recording_id(Path(path).stem, path, rule, inside)


def recording_id(stem: str, path: str, rule: RecordingId, inside: str = "") -> str:
    """Return the id of what has this name; see `recording_id_of`."""
    if rule == "stem":
        return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", path_to_text(stem))
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode().lower()
    slug = re.sub("[^a-z0-9]+", "-", plain)[:40].strip("-")
    hashed = os.fsencode(f"{inside}\0{path}" if inside else path)
    return f"{slug}-{blake2b(hashed, digest_size=8).hexdigest()}".lstrip("-")


def mark(recording_id: str, start: float) -> int:
    """Return 64 bits that stand for a source: the hash of its recording id and its start."""
    return hash64(f"{recording_id}\0{start!r}".encode())


def hash64(text: bytes) -> int:
    """Return 64 bits of hash."""
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big")


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
