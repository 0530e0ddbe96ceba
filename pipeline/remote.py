"""Files on any file system that pyarrow knows, named by a URI or by a path."""

from functools import cache
from typing import Any, BinaryIO, cast
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import pyarrow as pa
from pyarrow import fs as pafs

from auricle.pipeline.files import Far
from auricle.schemas.errors import UserError


def is_uri(path: str) -> bool:
    """Tell whether a path is the URI of another file system than the local one."""
    return "://" in path


def plain_path(source: str) -> str:
    """Return the path that a `file://` URI stands for; anything else stays as it is."""
    return unquote(urlsplit(source).path) if source.startswith("file://") else source


def locate(path: str) -> tuple[Any, str]:
    """Return the file system of a path or URI, and the path there.

    Raises:
        UserError: there is no such kind of file system, or the URI holds a password.
    """
    if not is_uri(path):
        return pafs.LocalFileSystem(), path
    parts = urlsplit(path)
    if parts.password:
        raise UserError(
            f"{parts.scheme}://{parts.hostname}: leave the key out of the address, which the "
            "dataset keeps; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or their like"
        )
    fs, root = _file_system(urlunsplit((parts.scheme, parts.netloc, "", parts.query, "")))
    return fs, root.rstrip("/") + unquote(parts.path).rstrip("/")


def uri_of(base: str, path: str) -> str:
    """Return the URI of a path as `locate` gives them, on the file system of another URI."""
    parts = urlsplit(base)
    root = _file_system(urlunsplit((parts.scheme, parts.netloc, "", parts.query, "")))[1]
    below = quote(path.removeprefix(root.rstrip("/")))
    return urlunsplit((parts.scheme, parts.netloc, below, parts.query, ""))


def open_far(path: str) -> Far:
    """Open a file that one may seek in.

    Raises:
        OSError: it cannot be opened.
    """
    fs, place = locate(path)
    return Far(cast(Any, fs.open_input_file(place)), 1 << 20)


def open_stream(path: str) -> BinaryIO:
    """Open a file to be read once, from its beginning.

    Raises:
        OSError: it cannot be opened.
    """
    fs, place = locate(path)
    return cast(BinaryIO, fs.open_input_stream(place, compression=None, buffer_size=1 << 20))


@cache
def _file_system(root: str) -> tuple[Any, str]:
    try:
        fs, path = pafs.FileSystem.from_uri(root)
    except (pa.ArrowInvalid, OSError) as error:
        raise UserError(f"{root}: cannot open this place: {error}") from None
    return fs, str(path)
