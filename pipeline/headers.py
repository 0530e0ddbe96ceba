"""What a sound file's own structure promises, so that a file cut short is recognised."""

import os
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

_UNKNOWN = 0x7FFF0000  # writers into a pipe put a size from here up, or 0, for want of the real one

# How files begin that hold sound or video: when such a file cannot be opened, it is damaged.
_MEDIA = (
    (0, b"RIFF", b"RF64", b"FORM", b"fLaC", b"OggS", b"ID3", b"\x1aE\xdf\xa3", b"caff", b".snd"),
    (0, b"wvpk", b"MAC ", b"FLV", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", b"\xff\xf1", b"\xff\xfb"),
    (4, b"ftyp", b"moov", b"mdat", b"wide"),
)


class Extent(NamedTuple):
    """A stretch of bytes that the file says it has; it may end behind the file's end."""

    start: int
    length: int


def looks_like_media(head: bytes) -> bool:
    """Return whether the first bytes are those of a format that holds sound or video."""
    return any(head.startswith(starts, at) for at, *rest in _MEDIA for starts in (tuple(rest),))


def sound_extent(file: BinaryIO, size: int) -> Extent | None:
    """Return where the last part of the sound lies, None where the format does not say.

    The samples of WAV and AIFF, the last page of Ogg, the segment of Matroska and WebM, and the
    last atom of MP4.
    """
    file.seek(0)
    head = file.read(12)
    if head[:4] in (b"RIFF", b"RF64") and head[8:] == b"WAVE":
        return _chunk(file, size, b"data", "little")
    if head[:4] == b"FORM" and head[8:] in (b"AIFF", b"AIFC"):
        return _chunk(file, size, b"SSND", "big")
    if head[:4] == b"OggS":
        return _last_page(file, size)
    if head[:4] == b"\x1aE\xdf\xa3":
        return _segment(file)
    if head[4:8] == b"ftyp":
        return max(_atoms(file, size), default=None)
    return None


def states_frames(file: BinaryIO) -> bool:
    """Return whether an MP3 file counts its frames (a Xing, Info or VBRI tag in the first)."""
    file.seek(0)
    head = file.read(10)
    start = 0
    if head[:3] == b"ID3" and len(head) == 10:
        start = 10 + sum(
            byte << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True)
        )
    file.seek(start)
    first = file.read(2048)
    return any(tag in first for tag in (b"Xing", b"Info", b"VBRI"))


def _chunk(file: BinaryIO, size: int, wanted: bytes, order: str) -> Extent | None:
    position = 12
    while position + 8 <= size:
        file.seek(position)
        head = file.read(8)
        length = int.from_bytes(head[4:], "little" if order == "little" else "big")
        if head[:4] == wanted:
            return Extent(position + 8, length) if 0 < length < _UNKNOWN else None
        position += 8 + length + length % 2
    return None


def _last_page(file: BinaryIO, size: int) -> Extent | None:
    begin = max(0, size - 65536)  # a page is shorter than this
    file.seek(begin)
    tail = file.read(65536)
    page = tail.rfind(b"OggS\0")
    if page < 0:
        return None
    segments = tail[page + 26] if page + 26 < len(tail) else 1
    lengths = tail[page + 27 : page + 27 + segments]
    return Extent(begin + page, 27 + segments + sum(lengths))


def _segment(file: BinaryIO) -> Extent | None:
    file.seek(4)
    header = _vint(file)
    if header is None:
        return None
    file.seek(header, os.SEEK_CUR)
    if file.read(4) != b"\x18\x53\x80\x67":
        return None
    length = _vint(file)
    return None if length is None else Extent(file.tell(), length)


def _vint(file: BinaryIO) -> int | None:
    """Read a variable-length integer of EBML; None when it stands for an unknown size."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    extra = 8 - first[0].bit_length()
    value = int.from_bytes(bytes([first[0] & (0x7F >> extra)]) + file.read(extra), "big")
    return None if value == (1 << 7 * (extra + 1)) - 1 else value


def _atoms(file: BinaryIO, size: int) -> Iterator[Extent]:
    position = 0
    while position + 8 <= size:
        file.seek(position)
        head = file.read(16)
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:], "big")
        if length < 8:  # 0 reaches to the end of the file
            return
        yield Extent(position, length)
        position += length
