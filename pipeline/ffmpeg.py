"""A sound track as FFmpeg reads it: opened, started anywhere to the sample, damage passed over."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING

import numpy as np

from auricle.experts.base import Waveform
from auricle.pipeline.files import OpenFile
from auricle.pipeline.headers import looks_like_media, states_frames
from auricle.schemas.clip import RecordingReason

if TYPE_CHECKING:
    from av import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer

# Where a seek was measured to land on a known sample. Elsewhere the start is decoded and dropped.
_SEEKABLE = {"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "mp3", "ogg"}
_SEEK_FROM = 5.0  # seconds; nearer than this, decoding is as quick as seeking
_PREROLL = 1.0  # seconds that let a decoder settle after a seek
# Containers that state how long the sound is. For others FFmpeg guesses from the bit rate, or, in
# Ogg, subtracts times that need not start at 0.
_STATED = {"aiff", "au", "caf", "flac", "matroska,webm", "mov,mp4,m4a,3gp,3g2,mj2", "w64", "wav"}
_RAW = {".gsm", ".g722", ".g729"}  # formats without any header: nothing but the name tells them
_PICTURES = {"adf", "apng", "bin", "gif", "ico", "idf", "tty", "xbin"}
_STEADY = {"aac", "ac3", "eac3", "mp3", "opus"}  # codecs whose frames are all of one size


class NotSound(Exception):
    """A file without sound that can be decoded: a typed reason, words, and its size in bytes."""

    def __init__(self, reason: RecordingReason, detail: str, size: int = 0) -> None:
        super().__init__(detail)
        self.reason: RecordingReason = reason
        self.detail = detail
        self.size = size


@dataclass
class Damage:
    """What was met and passed over while decoding."""

    packets: int = 0
    seconds: float = 0.0
    words: str = ""

    def add(self, error: Exception, seconds: float = 0.0) -> None:
        """Note one packet, or one read, that failed."""
        self.packets += 1
        self.seconds += seconds
        self.words = self.words or str(getattr(error, "strerror", None) or error)


@dataclass
class Track:
    """The sound of an open file. `read` yields blocks [frames, channels] from a frame on."""

    container: str
    codec: str
    sample_rate: int
    channels: int
    declared: float | None  # seconds
    stated: bool  # the file states its duration, it is not guessed from the bit rate
    read: Callable[[int], Iterator[Waveform]]


@contextmanager
def open_track(file: OpenFile, extension: str, damage: Damage) -> Iterator[Track]:
    """Open the first sound track of a file; the extension tells formats that have no header.

    Raises:
        NotSound: there is none, or nothing in it can be decoded.
    """
    reader = _Reader(file, extension, damage)
    try:
        yield reader.track()
    finally:
        reader.container.close()


class _Reader:
    def __init__(self, file: OpenFile, extension: str, damage: Damage) -> None:
        self.file, self.extension, self.damage = file, extension, damage
        self.counted, self.moved = states_frames(file), False
        self.container = _open(file, extension)
        try:
            self.stream = _sound_stream(self.container)
            self._begin()
        except BaseException:
            self.container.close()
            raise

    def track(self) -> Track:
        declared, stated = self._duration()
        codec = self.stream.codec_context.codec
        return Track(
            self.container.format.name,
            codec.canonical_name,
            self.rate,
            self.channels,
            declared,
            stated,
            self.read,
        )

    def _duration(self) -> tuple[float | None, bool]:
        """Return the declared seconds, and whether the file states them."""
        name, stream = self.container.format.name, self.stream
        stated = self.counted if name == "mp3" else name in _STATED
        if stream.duration and stream.time_base:
            return float(stream.duration * stream.time_base), stated
        tag = stream.metadata.get("DURATION", "")  # Matroska: 00:01:02.500000000
        with suppress(ValueError):
            hours, minutes, seconds = map(float, tag.strip("\0").split(":"))
            return hours * 3600 + minutes * 60 + seconds, stated
        whole = self.container.duration / 1e6 if self.container.duration else None
        return whole, stated and len(self.container.streams) == 1

    def _begin(self) -> None:
        """Decode the first frames: they know the rate and channels, where headers may not."""
        self.frames = _frames(self.container, self.stream, self.damage)
        self.head = list(islice(self.frames, 3))
        if not self.head and self.damage.packets:
            raise NotSound("undecodable", f"no packet could be decoded: {self.damage.words}")
        if not self.head:
            raise NotSound("no_samples", "there is a sound track with nothing in it")
        self.rate, self.channels = self.head[0].sample_rate, len(self.head[0].layout.channels)

    def read(self, start: int) -> Iterator[Waveform]:
        """Yield blocks from frame `start` on."""
        landed = self._seek(start) if start >= _SEEK_FROM * self.rate else None
        if landed is not None:
            position, frames = landed
            blocks = _drop(self._blocks(frames), start - position)
            first = next(blocks, None)
            if first is not None:
                yield first
                yield from blocks
                return
        if self.moved:
            self.container.close()
            self.container = _open(self.file, self.extension)
            self.stream = _sound_stream(self.container)
            self._begin()
        yield from _drop(self._blocks(chain(self.head, self.frames)), start)

    def _seek(self, start: int) -> tuple[int, Iterator["AudioFrame"]] | None:
        """Return the index of a frame's first sample at or before `start`, and what follows."""
        import av

        base, tick = self.head[0].pts, self.stream.time_base
        steady = self.stream.codec_context.codec.canonical_name in _STEADY
        if self.container.format.name not in _SEEKABLE or base is None or not tick:
            return None
        samples = float(tick * self.rate)  # in a tick of the track's clock
        if samples > 1 and not (steady and len(self.head) > 1):
            return None
        self.moved = True
        try:
            target = base + int((start / self.rate - _PREROLL) / tick)
            self.container.seek(target, stream=self.stream)
        except av.FFmpegError:
            return None
        frames = _frames(self.container, self.stream, self.damage)
        landed = next(frames, None)
        if landed is None or landed.pts is None or landed.sample_rate != self.rate:
            return None
        position = round((landed.pts - base) * samples)
        if samples > 1:
            # A clock in milliseconds, as in WebM: the end of a frame lies on the frames' grid.
            first, size = self.head[0].samples, self.head[1].samples
            end = position + landed.samples
            on_grid = first + round((end - first) / size) * size
            if abs(on_grid - end) > 2 * samples + 1:
                return None
            position = on_grid - landed.samples
        return (position, chain([landed], frames)) if 0 <= position <= start else None

    def _blocks(self, frames: Iterable["AudioFrame"]) -> Iterator[Waveform]:
        """Yield frames as arrays; where the rate or the channels change, as they were at first."""
        import av

        layout = self.head[0].layout
        resampler, key = None, (self.rate, self.channels)
        for frame in frames:
            now = frame.sample_rate, len(frame.layout.channels)
            if now != key:
                key = now
                if resampler:
                    yield from map(_array, resampler.resample(None))
                resampler = None
                if now != (self.rate, self.channels):
                    resampler = av.AudioResampler("fltp", layout, self.rate)
            if not resampler:
                yield _array(frame)
                continue
            frame.pts = None
            try:
                yield from map(_array, resampler.resample(frame))
            except av.FFmpegError as error:  # channels that damage made up
                self.damage.add(error, frame.samples / frame.sample_rate)
                resampler, key = None, (0, 0)
        if resampler:
            yield from map(_array, resampler.resample(None))


def _open(file: OpenFile, extension: str) -> "InputContainer":
    import av

    file.seek(0)
    head = file.read(16)
    file.seek(0)
    # FFmpeg reads through the file. A name would let it take a text for the sound that it is not.
    file.name = "sound" + (extension.lower() if extension.lower() in _RAW else "")
    try:
        # No protocols: a playlist or a session description must not open other files or sockets.
        options = {"protocol_whitelist": "none"}
        return av.open(file, "r", metadata_errors="replace", container_options=options)
    except (av.FFmpegError, OSError) as error:
        words = getattr(error, "strerror", None) or str(error)
        if looks_like_media(head):
            raise NotSound("undecodable", f"the file is damaged: {words}") from None
        raise NotSound("not_audio", f"FFmpeg knows no format like it: {words}") from None


def _sound_stream(container: "InputContainer") -> "AudioStream":
    name = container.format.name
    if not container.streams.audio:
        if container.streams.video and not name.endswith("_pipe") and name not in _PICTURES:
            raise NotSound("no_audio_track", f"{name} with no sound track")
        raise NotSound("not_audio", f"no sound but {name}")
    stream = container.streams.audio[0]
    if stream.codec_context is None:
        raise NotSound("undecodable", "FFmpeg has no decoder for the codec of its sound track")
    with suppress(ImportError):  # older PyAV has none; it only saves reading the pictures
        from av.stream import Discard

        for other in container.streams:
            if other.index != stream.index:
                other.discard = Discard.all
    return stream


def _frames(
    container: "InputContainer", stream: "AudioStream", damage: Damage
) -> Iterator["AudioFrame"]:
    """Yield decoded frames, passing over packets that do not decode."""
    import av

    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except IndexError:  # a packet of a track that showed up late, which PyAV does not know
            packets = container.demux(stream)
            continue
        except (av.FFmpegError, OSError) as error:
            damage.add(error)
            return
        try:
            yield from packet.decode()
        except av.EOFError:
            return
        except av.FFmpegError as error:
            damage.add(error, float((packet.duration or 0) * (packet.time_base or 0)))


def _array(frame: "AudioFrame") -> Waveform:
    """Return a frame as float32 in -1..1, [frames, channels]."""
    samples = frame.to_ndarray()
    channels = len(frame.layout.channels)
    samples = samples.T if frame.format.is_planar else samples.reshape(-1, channels)
    if samples.dtype == np.uint8:
        return np.asarray((samples.astype(np.float32) - 128) / 128, np.float32)
    if samples.dtype.kind == "i":
        full_scale = 2 ** (8 * samples.itemsize - 1)
        return np.asarray(samples / full_scale, np.float32)
    return samples.astype(np.float32, copy=False)


def _drop(blocks: Iterator[Waveform], frames: int) -> Iterator[Waveform]:
    for block in blocks:
        if frames < len(block):
            yield block[frames:]
        frames = max(0, frames - len(block))
