"""The files below a folder, on a disk or an object store, in the order of their names."""

import os
import re
from collections.abc import Hashable, Iterator, Sequence
from fnmatch import fnmatchcase, translate
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, Protocol

from auricle.pipeline.ids import path_to_text
from auricle.schemas.errors import UserError

WILD = re.compile(r"[*?[]|\{[^{}]*(,|\.\.)[^{}]*\}")
"""What makes a part of a path a pattern: wildcards, and the braces of `{000..127}` and `{a,b}`."""
_BRACES = re.compile(r"\{([^{}]*)\}")
_RANGE = re.compile(r"(\d+)\.\.(\d+)")


class Tree(Protocol):
    """A file system as a walk needs it."""

    def entries(self, folder: str) -> tuple[list[str], set[str]]:
        """Return the sorted names in a folder, hidden ones left out, and which are folders."""

    def identity(self, folder: str) -> Hashable:
        """Return what tells a folder from others, by whatever name it is reached."""


class Disk:
    """The local file system."""

    def entries(self, folder: str) -> tuple[list[str], set[str]]:
        """Return the sorted names in a folder, hidden ones left out, and which are folders."""
        names, folders = [], set()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if not entry.name.startswith("."):
                        names.append(entry.name)
                        if _is_folder(entry):
                            folders.add(entry.name)
        except OSError as error:
            raise _unlisted(folder, error) from None
        names.sort()
        return names, folders

    def identity(self, folder: str) -> Hashable:
        """Return the folder's number on its disk."""
        info = Path(folder).stat()
        return info.st_dev, info.st_ino


class Remote:
    """A file system of pyarrow."""

    def __init__(self, fs: Any) -> None:
        self.fs = fs

    def entries(self, folder: str) -> tuple[list[str], set[str]]:
        """Return the sorted names in a folder, hidden ones left out, and which are folders."""
        from pyarrow import fs as pafs

        try:
            found = self.fs.get_file_info(pafs.FileSelector(folder))
        except OSError as error:
            raise _unlisted(folder, error) from None
        names = sorted(info.base_name for info in found if not info.base_name.startswith("."))
        return names, {i.base_name for i in found if i.type == pafs.FileType.Directory}

    def identity(self, folder: str) -> Hashable:
        """Return the folder's path; an object store has no links."""
        return folder


def walk(tree: Tree, base: str, pattern: Sequence[str], without: str | None) -> Iterator[str]:
    """Yield the files below a folder that match a pattern, as paths relative to it.

    A folder that links lead to more than once is read once; `without` is not read at all.
    """
    seen = {tree.identity(base)}

    def below(folder: str, parts: tuple[str, ...]) -> Iterator[str]:
        names, folders = tree.entries(folder)
        for name in names:
            here, path = (*parts, name), f"{folder}/{name}"
            if name not in folders:
                if _matches(here, pattern):
                    yield "/".join(here)
            elif path != without and _leads_on(here, pattern):
                identity = tree.identity(path)
                if identity not in seen:
                    seen.add(identity)
                    yield from below(path, here)

    return below(base, ())


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads nowhere: a file like any other, reported when opened
        return False


def _unlisted(folder: str, error: OSError) -> UserError:
    return UserError(
        f"{path_to_text(folder)}: this folder cannot be listed ({error.strerror or error}); "
        "change its permissions or name the folders to read in a manifest or pattern"
    )


def _matches(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(_matches(parts[i:], pattern[1:]) for i in range(len(parts) + 1))
    return bool(parts) and _fits(parts[0], pattern[0]) and _matches(parts[1:], pattern[1:])


def _leads_on(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Return whether a folder can hold something that matches."""
    if not parts or not pattern or pattern[0] == "**":
        return bool(pattern)
    return _fits(parts[0], pattern[0]) and _leads_on(parts[1:], pattern[1:])


def _fits(name: str, pattern: str) -> bool:
    if "{" not in pattern:
        return fnmatchcase(name, pattern)
    return bool(_braced(pattern).match(name))


@cache
def _braced(pattern: str) -> re.Pattern[str]:
    fixed = _BRACES.split(pattern)
    choices = [_choices(text) if i % 2 else [text] for i, text in enumerate(fixed)]
    return re.compile("|".join(translate("".join(parts)) for parts in product(*choices)))


def _choices(text: str) -> list[str]:
    """Return what braces stand for: a range of numbers as wide as its first, or a list."""
    bounds = _RANGE.fullmatch(text)
    if bounds:
        first, last = bounds.groups()
        return [str(i).zfill(len(first)) for i in range(int(first), int(last) + 1)]
    return text.split(",") if "," in text else [f"{{{text}}}"]
