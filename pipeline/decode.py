"""Any sound file as a stream of native blocks, read by soundfile or by FFmpeg."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np

from auricle.experts.base import Waveform
from auricle.pipeline.decode_sndfile import sndfile_track
from auricle.pipeline.ffmpeg import Damage, NotSound, Track, open_track
from auricle.pipeline.files import Far, File, Held, OpenFile
from auricle.pipeline.headers import sound_extent
from auricle.pipeline.remote import is_uri, open_far
from auricle.schemas.clip import RecordingReason

__all__ = ["NotSound", "Sound", "open_sound", "probe_seconds"]

_BLOCK = 8192  # frames: FFmpeg gives a tenth of it at a time
_EXACT, _PADDED = 0.05, 0.5  # seconds that may be missing where a duration is exact, and is not
_ABSURD = 2.0**32  # no scale of samples goes so far: bytes that were never a number
_RATES = (100, 1_000_000)  # Hz; a header that says otherwise is damaged


class Sound:
    """An open sound file, or an excerpt of it: iterate once, then ask for the `outcome`.

    Blocks are float32, [frames, channels], at the native rate and of any length; the channel count
    is that of the first block throughout. What is not a number, or absurdly large, becomes 0.
    """

    def __init__(
        self,
        track: Track,
        damage: Damage,
        size: int,
        missing_bytes: int,
        start: float,
        duration: float | None,
    ) -> None:
        self.container, self.codec = track.container, track.codec
        self.sample_rate, self.channels = track.sample_rate, track.channels
        self.declared = track.declared
        self.size = size
        self.frames = 0
        self._track, self._damage, self._missing_bytes = track, damage, missing_bytes
        self._start, self._duration = start, duration
        self._unreal = 0

    @property
    def seconds(self) -> float:
        """How much was decoded so far."""
        return self.frames / self.sample_rate

    def __iter__(self) -> Iterator[Waveform]:
        first = round(self._start * self.sample_rate)
        duration = self._duration
        wanted = None if duration is None else max(1, round(duration * self.sample_rate))
        for block in _joined(self._track.read(first)):
            if wanted is not None and self.frames + len(block) > wanted:
                block = block[: wanted - self.frames]
            if len(block):
                self.frames += len(block)
                yield self._real(block)
            if wanted is not None and self.frames >= wanted:
                return

    def outcome(self) -> tuple[RecordingReason | None, str | None]:
        """Return why the file is out, None when it is not, and what is to be said of it.

        `truncated` means that what was decoded is good and that more should have been there: less
        than the file states, over half a second lost to damage, or a file that ends inside its
        last Ogg page or Matroska segment.
        """
        notes = []
        if self._unreal:
            notes.append(f"{self._unreal} samples were not numbers and became 0")
        if self._damage.packets:
            damage = f"{self._damage.packets} damaged packets passed over ({self._damage.words})"
            notes.append(damage)
        missing = self._missing()
        if missing is not None and (self.frames or self._start):
            return "truncated", "; ".join([missing, *notes])
        if not self.frames:
            return self._nothing(notes)
        wanted = self._duration
        if wanted is not None and self.seconds < wanted - 1 / self.sample_rate:
            notes.append(f"the file ends {wanted - self.seconds:.2f} s before the excerpt does")
        return None, "; ".join(notes) or None

    def _real(self, block: Waveform) -> Waveform:
        if block.max() < _ABSURD and block.min() > -_ABSURD:  # false for NaN as well
            return block
        unreal = ~(np.abs(block) < _ABSURD)
        self._unreal += int(unreal.sum())
        return np.where(unreal, np.float32(0), block)

    def _missing(self) -> str | None:
        """Say how much of how much was decoded, where that is too little."""
        got, stated = self.seconds, self._track.stated
        wanted = self._duration
        expected = None if self.declared is None else max(0.0, self.declared - self._start)
        if wanted is not None:
            expected = wanted if expected is None else min(wanted, expected)
            if got >= wanted - _EXACT:
                return None
        if stated and self.declared is not None and expected is not None:
            tolerance = _EXACT if self.container in ("wav", "flac", "aiff") else _PADDED
            short = f"{got:.2f} of {expected:.2f} s decoded"
            return short if expected - got > tolerance else None
        if self._missing_bytes > 0:
            return f"{got:.2f} s decoded, then {self._missing_bytes} bytes of the file are missing"
        if self._damage.seconds > _PADDED:
            return f"{got:.2f} s decoded, {self._damage.seconds:.2f} s lost to damage"
        return None

    def _nothing(self, notes: list[str]) -> tuple[RecordingReason, str]:
        if self._damage.packets:
            return "undecodable", "; ".join(notes)
        if self._start:
            return "no_samples", f"the file ends before the excerpt begins, at {self._start:.2f} s"
        return "no_samples", "the file holds not one sample"


@contextmanager
def open_sound(
    path: str, start: float = 0.0, duration: float | None = None, content: bytes | None = None
) -> Iterator[Sound]:
    """Open a sound or video file for reading from `start` seconds on, `duration` long.

    `path` may be a URI. Where the file's bytes are at hand, `content` has them and `path` is no
    more than a name.

    The start is exact to the sample, counted from the first sample that decodes. One container is
    an exception: WebM and Matroska keep time in milliseconds, so the place is worked out from the
    codec's frame size.

    Raises:
        NotSound: there is no such file, or nothing in it that can be decoded; the reason says.
    """
    damage = Damage()
    with ExitStack() as stack:
        file, size = _opened(path, content, stack)
        try:
            track, missing = _track(file, Path(path).suffix, size, damage, stack)
            if not _RATES[0] <= track.sample_rate <= _RATES[1]:
                raise NotSound("undecodable", f"the header says {track.sample_rate} Hz")
        except NotSound as error:
            error.size = size
            raise
        except OSError as error:
            raise NotSound("unreadable", _words(error), size) from None
        yield Sound(track, damage, size, missing, start, duration)


def probe_seconds(path: str, content: bytes | None = None) -> float | None:
    """Return how long the header says the sound is, None where it cannot be known cheaply."""
    try:
        with open_sound(path, content=content) as sound:
            return sound.declared
    except NotSound:
        return None


def _joined(blocks: Iterator[Waveform]) -> Iterator[Waveform]:
    """Yield the same sound in blocks that are not small, but for the last."""
    held: list[Waveform] = []
    for block in blocks:
        held.append(block)
        if sum(map(len, held)) >= _BLOCK:
            yield np.concatenate(held) if len(held) > 1 else block
            held = []
    if held:
        yield np.concatenate(held)


def _opened(path: str, content: bytes | None, stack: ExitStack) -> tuple[OpenFile, int]:
    """Return an open file and its size."""
    file: OpenFile
    if content is not None:
        file, size = Held(content), len(content)
    elif is_uri(path):
        file = _far(path)
        size = file.seek(0, os.SEEK_END)
    else:
        size = _check(path)
        try:
            file = File(path)
        except OSError as error:
            raise NotSound("unreadable", _words(error), size) from None
    stack.enter_context(file)
    if not size:
        raise NotSound("empty_file", "0 bytes")
    return file, size


def _far(path: str) -> Far:
    try:
        return open_far(path)
    except FileNotFoundError:
        raise NotSound("missing_file", "no such file") from None
    except OSError as error:
        raise NotSound("unreadable", _words(error)) from None


def _check(path: str) -> int:
    """Return the size of a file that can be opened without waiting for anybody."""
    try:
        info = Path(path).stat()
    except (FileNotFoundError, NotADirectoryError):
        raise NotSound("missing_file", "no such file") from None
    except ValueError as error:  # a NUL in the name
        raise NotSound("missing_file", f"no such file: {error}") from None
    except OSError as error:
        gone = error.errno in (errno.ELOOP, errno.ENAMETOOLONG)
        raise NotSound("missing_file" if gone else "unreadable", _words(error)) from None
    if not stat.S_ISREG(info.st_mode):
        raise NotSound("not_a_file", _KINDS.get(stat.S_IFMT(info.st_mode), "not a regular file"))
    return info.st_size


_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def _words(error: OSError) -> str:
    return error.strerror or str(error)


def _track(
    file: OpenFile, extension: str, size: int, damage: Damage, stack: ExitStack
) -> tuple[Track, int]:
    """Return the sound track, and how many bytes the file lacks of what it promises."""
    extent = sound_extent(file, size)
    missing = max(0, extent.start + extent.length - size) if extent else 0
    track = sndfile_track(file, extension, size, damage, extent)
    return track or stack.enter_context(open_track(file, extension, damage)), missing
