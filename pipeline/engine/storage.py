"""Files that appear whole or not at all, on a disk or an object store."""

import errno
import os
import re
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import pyarrow as pa
from pyarrow import fs as pafs

from auricle.schemas.errors import UserError

_PIECE = 32 << 20
"""Bytes of an upload that are in memory at once."""
_REMEDIES = {
    errno.ENOSPC: "make room and run again: what is done stays done",
    errno.EDQUOT: "make room and run again: what is done stays done",
    errno.EFBIG: "raise the limit on the size of a file (ulimit -f)",
    errno.EROFS: "name a place that may be written to",
    errno.EACCES: "change who may use it, or name another place",
}
_AWS = re.compile(r"AWS Error (\w+)(?: \(HTTP status (\d+)\))?")
_KEYS = re.compile("ACCESS|TOKEN|SIGNATURE|AUTH|CREDENTIAL")
_VARIABLES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE")


class Storage:
    """A folder on any file system that pyarrow knows; names are relative, with slashes.

    What the file system refuses is a UserError that says what, where and what to do.
    """

    def __init__(self, uri: str) -> None:
        """Open a folder by path or URI (`s3://`, `gs://`, `file://`); it need not exist yet."""
        self.uri = uri
        parts = urlsplit(uri)
        self.scheme = parts.scheme if "://" in uri else ""
        if self.scheme and parts.username:
            raise UserError(f"{parts.hostname}{parts.path}: keys belong in the environment")
        try:
            if self.scheme:
                self.fs, self.root = pafs.FileSystem.from_uri(uri)
            else:
                self.fs, self.root = pafs.LocalFileSystem(), os.path.abspath(uri)  # noqa: PTH100
        except (pa.ArrowInvalid, OSError) as error:
            raise UserError(f"{uri}: cannot open this place: {error}") from None
        self.local = isinstance(self.fs, pafs.LocalFileSystem)

    def path(self, name: str) -> str:
        """Return the full path of a name, as the file system wants it."""
        return f"{self.root}/{name}"

    def address(self, name: str) -> str:
        """Return the place of a name as people write it: a path, or a URI without options."""
        return self.path(name) if self.local else f"{self.scheme}://{self.path(name)}"

    def exists(self, name: str) -> bool:
        """Tell whether there is a file of this name."""
        with self._asked("look for", name):
            return bool(self.fs.get_file_info(self.path(name)).type == pafs.FileType.File)

    def names(self, folder: str) -> list[str]:
        """Return the names of the files in a folder, sorted; none if it does not exist."""
        found = self._list(folder)
        return sorted(info.base_name for info in found if info.type == pafs.FileType.File)

    def changes(self, folder: str) -> dict[str, tuple[int, int | None]]:
        """Return size in bytes and time of change, in ns, of the files in a folder, by name."""
        found = [info for info in self._list(folder) if info.type == pafs.FileType.File]
        return {info.base_name: (info.size, info.mtime_ns) for info in found}

    def entries(self) -> list[str]:
        """Return the names of all that lies in the folder itself, hidden things apart."""
        return sorted(i.base_name for i in self._list("") if not i.base_name.startswith("."))

    @contextmanager
    def open(self, name: str) -> Iterator[Any]:
        """Open a file to read any part of it; a missing one is a UserError too."""
        with self._asked("read", name):
            try:
                file = self.fs.open_input_file(self.path(name))
            except FileNotFoundError:
                raise UserError(f"{self.uri}: there is no {name}") from None
            with file:
                yield file

    def read(self, name: str) -> bytes | None:
        """Return the bytes of a file, or None if there is none."""
        with (
            self._asked("read", name),
            suppress(FileNotFoundError),
            self.fs.open_input_file(self.path(name)) as file,  # not piece by piece, as a stream
        ):
            return bytes(file.read())
        return None

    def write(self, name: str, content: bytes) -> None:
        """Write a file; a reader sees the old content or the new, never a part."""
        with self.replace(name) as stream:
            stream.write(content)

    @contextmanager
    def replace(self, name: str) -> Iterator[Any]:
        """Open a stream whose content takes the file's place when the block ends well.

        On a disk it is written beside its place, synced and renamed. For an object store it is
        gathered in a temporary file first, since closing an upload publishes what it has.
        """
        with self._renamed(name) if self.local else self._gathered(name) as stream:
            yield stream

    def delete_file(self, name: str) -> None:
        """Delete a file; a missing one is fine."""
        with self._asked("delete", name), suppress(FileNotFoundError):
            self.fs.delete_file(self.path(name))

    def delete_folder(self, folder: str) -> None:
        """Delete a folder and what is in it; a missing one is fine.

        On a disk it is gone at once, also when the process ends while its files are deleted.
        """
        path = self.path(folder)
        with self._asked("delete", folder), suppress(FileNotFoundError):
            if self.local:
                Path(path).rename(_beside(Path(path)))
                self.sweep(folder)
            else:
                self.fs.delete_dir(path)

    def sweep(self, folder: str) -> None:
        """Delete the leftovers of processes that were killed; an object store shows none."""
        if not self.local:
            return
        own = Path(self.path(folder))
        with self._asked("delete", folder):
            for leftover in [*own.glob(".*.part"), *own.parent.glob(f".{own.name}.*.part")]:
                with suppress(FileNotFoundError):
                    shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()

    def _list(self, folder: str) -> list[Any]:
        selector = pafs.FileSelector(self.path(folder).rstrip("/"), allow_not_found=True)
        with self._asked("list", folder):
            return list(self.fs.get_file_info(selector))

    @contextmanager
    def _renamed(self, name: str) -> Iterator[IO[bytes]]:
        final = Path(self.path(name))
        beside = _beside(final)
        with self._asked("write", name):
            final.parent.mkdir(parents=True, exist_ok=True)
            stream = beside.open("wb")
        try:
            with _explained("write", str(final), inside=True):
                yield stream
            with self._asked("write", name):
                stream.flush()
                os.fsync(stream.fileno())
                _rename(beside, final, os.fstat(stream.fileno()).st_ino)
                _sync_folder(final.parent)
        finally:
            with suppress(OSError):  # what matters is synced, or not wanted
                stream.close()
            beside.unlink(missing_ok=True)

    @contextmanager
    def _gathered(self, name: str) -> Iterator[IO[bytes]]:
        place = f"{tempfile.tempdir or 'TMPDIR'}, where uploads are gathered"
        with _explained("write", place):
            gathered = tempfile.TemporaryFile()  # noqa: SIM115 - closed below
        try:
            with _explained("write", place, inside=True):
                yield gathered
                gathered.seek(0)
            # In a thread, for an interrupt within would close, and so publish, half an upload.
            with ThreadPoolExecutor(1) as aside:
                aside.submit(self._upload, name, gathered).result()
        finally:
            with suppress(OSError):
                gathered.close()

    def _upload(self, name: str, content: IO[bytes]) -> None:
        with (
            self._asked("write", name),
            self.fs.open_output_stream(self.path(name), compression=None) as stream,
        ):
            while piece := content.read(_PIECE):
                stream.write(piece)
                stream.flush()

    def _asked(self, what: str, name: str) -> AbstractContextManager[None]:
        return _explained(what, self.address(name).rstrip("/"))


@contextmanager
def _explained(what: str, place: str, inside: bool = False) -> Iterator[None]:
    """Raise what a file system refuses as a UserError.

    With `inside`, errors of other files pass: those of a stream that is open name no file.
    """
    try:
        yield
    except OSError as error:
        if inside and (error.errno is None or error.filename is not None):
            raise
        raise UserError(f"{place}: cannot {what}: {_reason(error)}") from error


def _reason(error: OSError) -> str:
    """Return why a file system refused, and what to do."""
    if error.errno is not None:
        reason = error.strerror or os.strerror(error.errno)
        return f"{reason}; {_REMEDIES[error.errno]}" if error.errno in _REMEDIES else reason
    told = _AWS.search(str(error))
    if told is None:
        return " ".join(str(error).split())
    code, status = told.groups()
    reason = f"HTTP status {status}" if status else code.lower().replace("_", " ")
    if code == "NO_SUCH_BUCKET":
        return f"{reason}; make it first, or mend the address"
    if status in ("401", "403") or _KEYS.search(code):
        unset = "" if any(map(os.environ.get, _VARIABLES)) else ", of which none is set"
        return f"{reason}; keys are looked for in {', '.join(_VARIABLES)}{unset}"
    return f"{reason}; run again when the store answers: what is done stays done"


def _beside(path: Path) -> Path:
    """Return a new hidden name in the same folder, which `sweep` knows."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")


def _rename(beside: Path, final: Path, inode: int) -> None:
    """Put a file in its place; NFS that lost the first answer asks again, and is told no."""
    try:
        beside.replace(final)
    except FileNotFoundError:
        if not final.exists() or final.stat().st_ino != inode:
            raise


def _sync_folder(folder: Path) -> None:
    """Make a rename last through a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
