"""The sound tracks that soundfile reads faster than FFmpeg: WAV, FLAC, AIFF and Ogg Vorbis."""

import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from auricle.experts.base import Waveform
from auricle.pipeline.ffmpeg import Damage, NotSound, Track, open_track
from auricle.pipeline.files import Far, File, OpenFile
from auricle.pipeline.headers import Extent

if TYPE_CHECKING:
    from soundfile import SoundFile

_BLOCK = 65536  # frames
_PLAIN = (b"RIFF", b"RF64", b"FORM", b"fLaC")
_VORBIS = b"\x01vorbis"  # begins the first packet, which fills the first page
_OGG_BYTES = 2**22  # of the largest Ogg file; it is read twice
_FIRST, _LAST = 2, 4  # flags of an Ogg page
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_CODECS = {
    "PCM_S8": "pcm_s8",
    "PCM_U8": "pcm_u8",
    "PCM_16": "pcm_s16",
    "PCM_24": "pcm_s24",
    "PCM_32": "pcm_s32",
    "FLOAT": "pcm_f32",
    "DOUBLE": "pcm_f64",
    "ULAW": "pcm_mulaw",
    "ALAW": "pcm_alaw",
}


def sndfile_track(
    file: OpenFile, extension: str, size: int, damage: Damage, extent: Extent | None
) -> Track | None:
    """Return a track that soundfile reads, None where FFmpeg reads it better or nobody can.

    `extent` is what the file says of its last part. Of Ogg Vorbis, soundfile reads what is short,
    whole and on a disk or in memory: it passes over damage without a word.
    """
    file.seek(0)
    head = file.read(35)
    present = min(extent.length, size - extent.start) if extent else 0
    if head.startswith(_PLAIN):
        longer = extent.length / present if extent and present > 0 else 1.0
        return _plain_track(file, extension, damage, longer)
    if head.startswith(b"OggS") and head.endswith(_VORBIS) and extent and present == extent.length:
        return _vorbis_track(file, extension, damage) if size <= _OGG_BYTES else None
    return None


def _plain_track(file: OpenFile, extension: str, damage: Damage, longer: float) -> Track | None:
    """Return a track, None when soundfile cannot read it or finds no length.

    The header promises `longer` times the sound that is there.
    """
    sound = _opened(file)
    if sound is None:
        return None
    container, rate = sound.format.lower().replace("wavex", "wav"), sound.samplerate
    codec = "flac" if container == "flac" else _codec(sound.subtype, sound.endian, container)

    def read(start: int) -> Iterator[Waveform]:
        return _blocks(sound, start, file, extension, damage)

    seconds = longer * sound.frames / rate
    return Track(container, codec, rate, sound.channels, seconds, True, read)


def _vorbis_track(file: OpenFile, extension: str, damage: Damage) -> Track | None:
    """Return a track that turns to FFmpeg where the file is not whole.

    So it does where the sound is in a single page, of which FFmpeg keeps the padding.
    """
    if isinstance(file, Far):
        return None
    sound = _opened(file)
    if sound is None or sound.channels > 2:  # FFmpeg puts more of them in another order
        return None

    def read(start: int) -> Iterator[Waveform]:
        if _whole_frames(file) == sound.frames:
            yield from _blocks(sound, start, file, extension, damage)
            return
        with open_track(file, extension, damage) as other:
            yield from other.read(start)

    seconds = sound.frames / sound.samplerate
    return Track("ogg", "vorbis", sound.samplerate, sound.channels, seconds, False, read)


def _opened(file: OpenFile) -> "SoundFile | None":
    import soundfile

    file.seek(0)
    try:
        sound = soundfile.SoundFile(
            file.fileno() if isinstance(file, File) else file, closefd=False
        )
    except soundfile.LibsndfileError:
        return None
    return sound if 0 < sound.frames < 2**62 else None


def _blocks(
    sound: "SoundFile", start: int, file: OpenFile, extension: str, damage: Damage
) -> Iterator[Waveform]:
    """Yield blocks [frames, channels] of a file that was just opened."""
    import soundfile

    position = min(start, sound.frames)
    try:
        if position:
            sound.seek(position)
        while len(block := sound.read(_BLOCK, dtype="float32", always_2d=True)):
            position += len(block)
            yield block
    except soundfile.LibsndfileError:
        # It gives up at the first damage and loses the block. FFmpeg saves what follows.
        try:
            with open_track(file, extension, damage) as other:
                yield from other.read(position)
        except NotSound as error:
            damage.add(error)


def _codec(subtype: str, endian: str, container: str) -> str:
    """Return FFmpeg's name of a codec."""
    name = _CODECS.get(subtype, subtype.lower())
    if not name[-2:].isdigit():
        return name
    big = endian == "BIG" or (endian == "FILE" and container == "aiff")
    return name + ("be" if big else "le")


def _whole_frames(file: BinaryIO) -> int | None:
    """Return up to which frame an Ogg file with one stream goes, None where it is not whole.

    Whole means: all pages of the stream are there, with the right checksums (RFC 3533), and the
    sound lies in two of them at least. The place in the file stays as it is.
    """
    place = file.tell()
    file.seek(0)
    flags = count = sounding = end = 0
    serial = b""
    while len(head := file.read(27)) == 27:
        table = file.read(head[26])
        body = file.read(sum(table))
        flags, serial = head[5], serial or head[14:18]
        page = head[:22] + bytes(4) + head[26:] + table + body
        if (
            head[:5] != b"OggS\0"
            or head[14:18] != serial
            or int.from_bytes(head[18:22], "little") != count
            or bool(flags & _FIRST) != (not count)
            or _checksum(page) != head[22:26]
        ):
            break
        count += 1
        reached = int.from_bytes(head[6:14], "little", signed=True)
        sounding += reached > 0
        end = max(end, reached)
    file.seek(place)
    return end if not head and flags & _LAST and sounding > 1 else None


def _checksum(page: bytes) -> bytes:
    """Return the checksum of an Ogg page, which is that of zlib with all bits mirrored."""
    mirrored = zlib.crc32(page.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return mirrored.to_bytes(4, "big").translate(_MIRRORED)
