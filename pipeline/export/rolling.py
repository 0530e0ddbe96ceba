"""Files that follow one another: a new one is begun when the last has reached its size."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from types import TracebackType
from typing import Generic, Self, TypeVar

T = TypeVar("T")


class Rolling(Generic[T]):
    """A row of files, one open at a time; the open one is closed with the block."""

    def __init__(self, begin: Callable[[int], AbstractContextManager[T]], limit: int) -> None:
        """Take what opens the file of a number, and the size in bytes at which it is full."""
        self._begin = begin
        self._limit = limit
        self._number = 0
        self._size = 0
        self._file: T | None = None
        self._open = ExitStack()

    def file(self, size: int) -> T:
        """Return the file that the next `size` bytes go to."""
        if self._file is None or self._size >= self._limit:
            self._open.close()
            self._file = self._open.enter_context(self._begin(self._number))
            self._number += 1
            self._size = 0
        self._size += size
        return self._file

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.__exit__(kind, error, trace)
