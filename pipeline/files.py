"""Open files that answer a seek out of their bounds as FFmpeg expects: damaged files ask for it."""

import io


class _Bounded(io.IOBase):
    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Return the new position, or -1 where there is no such place."""
        try:
            return super().seek(offset, whence)
        except (OSError, ValueError):
            return -1


class File(_Bounded, io.FileIO):
    """A file on a disk."""


class Held(_Bounded, io.BytesIO):
    """A file whose bytes are in memory."""

    name: str = ""


class Far(_Bounded, io.BufferedReader):
    """A file on an object store, read through a buffer."""

    name: str = ""


OpenFile = File | Held | Far
