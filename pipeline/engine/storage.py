"""Files that appear whole or not at all, on a disk or an object store."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import fs as pafs

from auricle.schemas.errors import UserError


class Storage:
    """A folder on any file system that pyarrow knows; names are relative, with slashes."""

    def __init__(self, uri: str) -> None:
        """Open a folder by path or URI (`s3://`, `gs://`, `file://`); it need not exist yet."""
        self.uri = uri
        try:
            if "://" in uri:
                self.fs, self.root = pafs.FileSystem.from_uri(uri)
            else:
                self.fs, self.root = pafs.LocalFileSystem(), os.path.abspath(uri)  # noqa: PTH100
        except (pa.ArrowInvalid, OSError) as error:
            raise UserError(f"{uri}: cannot open this place: {error}") from None
        self.local = isinstance(self.fs, pafs.LocalFileSystem)

    def path(self, name: str) -> str:
        """Return the full path of a name, as the file system wants it."""
        return f"{self.root}/{name}"

    def exists(self, name: str) -> bool:
        """Tell whether there is a file of this name."""
        return bool(self.fs.get_file_info(self.path(name)).type == pafs.FileType.File)

    def names(self, folder: str) -> list[str]:
        """Return the names of the files in a folder, sorted; none if it does not exist."""
        selector = pafs.FileSelector(self.path(folder), allow_not_found=True)
        found = self.fs.get_file_info(selector)
        return sorted(info.base_name for info in found if info.type == pafs.FileType.File)

    def entries(self) -> list[str]:
        """Return the names of all that lies in the folder itself, hidden things apart."""
        found = self.fs.get_file_info(pafs.FileSelector(self.root, allow_not_found=True))
        return sorted(info.base_name for info in found if not info.base_name.startswith("."))

    def read(self, name: str) -> bytes | None:
        """Return the bytes of a file, or None if there is none."""
        try:
            with self.fs.open_input_stream(self.path(name), compression=None) as stream:
                return bytes(stream.read())
        except FileNotFoundError:
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
        target = self.path(name)
        if not self.local:
            with tempfile.TemporaryFile() as gathered:
                yield gathered
                gathered.seek(0)
                with self.fs.open_output_stream(target, compression=None) as stream:
                    shutil.copyfileobj(gathered, stream, 1 << 20)
            return
        final = Path(target)
        final.parent.mkdir(parents=True, exist_ok=True)
        beside = final.with_name(f".{final.name}.{uuid.uuid4().hex[:8]}.part")
        try:
            with beside.open("wb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            beside.replace(final)
            _sync_folder(final.parent)
        except OSError as error:
            raise UserError(f"{target}: cannot write: {error.strerror or error}") from error
        finally:
            beside.unlink(missing_ok=True)

    def delete_file(self, name: str) -> None:
        """Delete a file; a missing one is fine."""
        if self.exists(name):
            self.fs.delete_file(self.path(name))

    def delete_folder(self, folder: str) -> None:
        """Delete a folder and what is in it; a missing one is fine."""
        if self.fs.get_file_info(self.path(folder)).type == pafs.FileType.Directory:
            self.fs.delete_dir(self.path(folder))

    def sweep(self, folder: str) -> None:
        """Delete the leftovers of writers that were killed."""
        if self.local:
            for leftover in Path(self.path(folder)).glob(".*.part"):
                leftover.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Make a rename last through a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
