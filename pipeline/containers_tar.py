"""A tar as a stream of samples, as WebDataset names them: members in a row with one key."""

import json
import lzma
import re
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO

from auricle.pipeline.containers import SOUND, Member
from auricle.pipeline.ffmpeg import NotSound
from auricle.pipeline.ids import path_to_text
from auricle.pipeline.remote import is_uri, open_stream

_BUFFER = 1 << 20
_KEY = re.compile(r"((?:.*/|)[^./]+)\.[^/]*", re.DOTALL)
_TOLD = (".json", ".txt")
_VIDEO = re.compile(r".*\.(3gp|avi|flv|m[ok]v|mp4|mpe?g|mts|ogv|ts|webm|wmv)", re.IGNORECASE)
_AT_ONCE = 4
"""Sounds of one sample that are held: more have names with dots in them, and no one key."""

_NAMES = 5
"""Members that are named where none of a sample is sound."""


class _Header(tarfile.TarInfo):
    """A header that is not passed off as the end of the tar when it is damaged."""

    @classmethod
    def fromtarfile(cls, tarfile_: tarfile.TarFile) -> "_Header":
        """Return the next header.

        Raises:
            NotSound: it is damaged, or the tar ends without saying so.
        """
        at = tarfile_.offset
        try:
            return super().fromtarfile(tarfile_)
        except tarfile.HeaderError as error:
            name = type(error).__name__
            if name == "EOFHeaderError":
                raise
            if name in ("EmptyHeaderError", "TruncatedHeaderError"):
                words = f"the tar ends at byte {at}, with no end mark"
                raise NotSound("truncated", words) from None
            words = f"at byte {at}: {error}" if at else f"not a tar: {error}"
            raise NotSound("bad_container", words) from None


class _Sample:
    """The members in a row that have one key."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.names: list[str] = []
        self.endings: set[str] = set()
        self.sounds: dict[str, Member] = {}  # by the name less the last extension
        self.told: dict[str, dict[str, Any]] = {}  # likewise
        self.wrong: NotSound | None = None
        self.given = 0

    def add(self, name: str, content: bytes | None) -> None:
        """Take a member; the content is None of a link, and of what is neither sound nor text."""
        stem, _, extension = name.rpartition(".")
        self.endings.add(extension)
        if len(self.names) < _NAMES:
            self.names.append(name.rpartition("/")[2])
        if name.lower().endswith(_TOLD):
            self.told.setdefault(stem, {}).update(self._read(extension.lower(), content or b""))
        elif SOUND.fullmatch(name):
            before = self.sounds.get(stem)
            if before is None or (_VIDEO.fullmatch(before.name) and not _VIDEO.fullmatch(name)):
                link = NotSound("not_a_file", "a link to another member")
                problem = link if content is None else None
                self.sounds[stem] = Member(name, stem, {}, content, None, problem)

    def take(self, most: int) -> Iterator[Member]:
        """Yield the first sounds, until no more than `most` are left."""
        while len(self.sounds) > most:
            stem = next(iter(self.sounds))
            member = self.sounds.pop(stem)
            alone = not self.sounds and not self.given
            self.given += 1
            row = self._row(stem)
            wrong = member.problem or self.wrong
            yield member._replace(stem=self.key if alone else stem, row=row, problem=wrong)

    def rest(self) -> Iterator[Member]:
        """Yield what is left; of a sample without sound, a member that says so."""
        yield from self.take(0)
        if not self.given and self.names:
            names = ", ".join(self.names)
            lacks = NotSound("no_audio", f"no member of this sample is sound: {names}")
            yield Member(self.key, self.key, self._row(self.key), None, None, lacks)

    def _row(self, stem: str) -> dict[str, Any]:
        """Return what is told of a sound; the text is its description where no other is."""
        row = {**self.told.get(self.key, {}), **self.told.pop(stem, {})}
        if "txt" in row and not row.get("description"):
            row["description"] = row.pop("txt")
        return row

    def _read(self, extension: str, content: bytes) -> dict[str, Any]:
        if extension == "txt":
            return {"txt": content.decode("utf-8", "backslashreplace").strip()}
        try:
            value = json.loads(content)
        except ValueError as error:
            self.wrong = NotSound("bad_metadata", f"its .json is not JSON: {error}")
            return {}
        return value if isinstance(value, dict) else {"json": value}


def tar_members(path: str) -> Iterator[Member]:
    """Yield the recordings of a tar, packed or not, read once from its beginning.

    A sample's sound is its member with the extension of sound, or else of video; its `.json` is
    what is told of it, its `.txt` the description. Of a tar without samples, such as a folder that
    was packed, every sound file is one. Nothing is held but the sample at hand. Where a tar breaks
    off, the last sample is good if it has members like the one before.

    Raises:
        NotSound: the tar cannot be read, or not to its end.
    """
    sample, before = _Sample(""), frozenset[str]()
    try:
        for key, name, content in _contents(path):
            if key != sample.key:
                yield from sample.rest()
                sample, before = _Sample(key), frozenset(sample.endings)
            sample.add(name, content)
            yield from sample.take(_AT_ONCE)
    except NotSound:
        if sample.endings == before or not before:
            yield from sample.take(0)
        raise
    yield from sample.rest()


def _contents(path: str) -> Iterator[tuple[str, str, bytes | None]]:
    """Yield the keys and names of members, and the content of those that matter."""
    name = "its first member"
    try:
        with _open(path) as stream, _tar(stream) as tar:
            for info in tar:
                tar.members = []  # type: ignore[attr-defined]  # it would keep them all
                parts = _KEY.fullmatch(info.name)  # none of a hidden file
                if info.isdir() or parts is None:
                    continue
                name = info.name
                file = tar.extractfile(info) if info.isreg() and _matters(name) else None
                yield parts[1], name, file.read() if file else None
    except (tarfile.TarError, EOFError) as error:
        raise NotSound("truncated", f"the tar ends inside {path_to_text(name)}: {error}") from None
    except (zlib.error, lzma.LZMAError) as error:
        raise NotSound("bad_container", f"damaged after {path_to_text(name)}: {error}") from None
    except FileNotFoundError:
        raise NotSound("missing_file", "no such file") from None
    except OSError as error:
        words = error.strerror or str(error)
        raise NotSound("unreadable", f"after {path_to_text(name)}: {words}") from None


def _matters(name: str) -> bool:
    return bool(SOUND.fullmatch(name)) or name.lower().endswith(_TOLD)


def _open(path: str) -> BinaryIO:
    return open_stream(path) if is_uri(path) else Path(path).open("rb", _BUFFER)


def _tar(stream: BinaryIO) -> "closing[tarfile.TarFile]":
    return closing(
        tarfile.open(fileobj=stream, mode="r|*", tarinfo=_Header)  # noqa: SIM115
    )
