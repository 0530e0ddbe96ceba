"""Recordings become clips: decode, measure, mix down, resample, encode, one clip at a time."""

import math
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import groupby
from pathlib import Path

import numpy as np

from auricle.experts.base import Heard, Waveform
from auricle.experts.signal import measure_and_mix
from auricle.experts.sound import encode_flac, resample
from auricle.pipeline.decode import NotSound, Sound, open_sound, probe_seconds
from auricle.pipeline.ids import clip_id, text_to_path
from auricle.pipeline.lists import not_downloaded
from auricle.pipeline.remote import is_uri
from auricle.pipeline.stage_settings import IngestSettings
from auricle.schemas.clip import Clip, Recording, Signal, Source

Cut = tuple[Clip, Signal] | Recording
_PROBES = 4
"""Threads that read headers."""
_AHEAD = 64
"""Sources whose headers are read before they are asked for."""


def cut(
    source: Source,
    settings: IngestSettings,
    content: bytes | None = None,
    place: str | None = None,
) -> Iterator[Cut]:
    """Yield the clips of a source as they are decoded and, last of all, its one Recording.

    Clips are `clip_seconds` long and follow each other. What is left at the end is a clip when it
    is at least `min_seconds` long. A recording that is shorter than that as a whole is one clip
    as long as it has a sample: single words are wanted. `start` is time in the recording, so an
    excerpt begins at its own start. No more than one clip's native sound is held.

    `content` is the file where its bytes are at hand, and `place` where it lies if that is not the
    source's path.

    A file that cannot be used ends as a Recording with status error and a typed reason. A
    truncated one is such an error too, and what could be decoded of it is still cut into clips.
    """
    clips, sound = 0, None
    path, begin = place or text_to_path(source.path), max(0.0, source.start - source.offset)
    try:
        with open_sound(path, begin, source.duration, content) as sound:
            for index, samples in _pieces(sound, settings):
                yield _clip(source, settings, index, samples, sound.sample_rate)
                clips += 1
            size = sound.size
            reason, detail = sound.outcome()
    except NotSound as error:
        size, reason, detail = error.size, error.reason, error.detail
        if reason == "missing_file" and not_downloaded(source.path):
            detail = f"no file for {source.recording_id} in the store {Path(path).parent}"
    yield Recording(
        **source.model_dump(),
        status="error" if reason else "ok",
        reason=reason,
        detail=detail,
        clips=clips,
        decoded_seconds=sound.seconds if sound else 0.0,
        container=sound.container if sound else None,
        codec=sound.codec if sound else None,
        sample_rate=sound.sample_rate if sound else None,
        channels=sound.channels if sound else None,
        bytes=size,
    )


def group(sources: Iterable[Source], settings: IngestSettings) -> Iterator[list[Source]]:
    """Yield lists of sources, in order, that make about `shard_clips` clips each.

    Lengths come from the headers, which some threads read ahead; where one says nothing, the
    source counts as one clip. Adjacent sources of one recording stay together, however many clips
    that makes. A container, of which no number of members is known, fills a shard alone. The same
    sources are always grouped in the same way.
    """
    shard: list[Source] = []
    filled = 0
    for _, adjacent in groupby(_expected(sources, settings), key=lambda pair: pair[0].recording_id):
        recording = list(adjacent)
        clips = sum(clips for _, clips in recording)
        if shard and filled + clips > settings.shard_clips:
            yield shard
            shard, filled = [], 0
        shard += [source for source, _ in recording]
        filled += clips
    if shard:
        yield shard


def _expected(sources: Iterable[Source], settings: IngestSettings) -> Iterator[tuple[Source, int]]:
    """Yield sources with the clips that each is expected to make."""
    ahead: deque[tuple[Source, int | Future[int]]] = deque()
    with ThreadPoolExecutor(_PROBES) as pool:
        for source in sources:
            if source.kind:
                clips: int | Future[int] = source.members or settings.shard_clips
            elif source.duration is not None:
                clips = _clips_in(source.duration, settings)
            elif is_uri(source.path) or not_downloaded(source.path):
                clips = 1
            else:
                clips = pool.submit(_probed, source, settings)
            ahead.append((source, clips))
            if len(ahead) > _AHEAD:
                yield _known(*ahead.popleft())
        while ahead:
            yield _known(*ahead.popleft())


def _known(source: Source, clips: "int | Future[int]") -> tuple[Source, int]:
    return source, clips if isinstance(clips, int) else clips.result()


def _probed(source: Source, settings: IngestSettings) -> int:
    whole = probe_seconds(text_to_path(source.path))
    seconds = 0.0 if whole is None else max(0.0, whole - source.start + source.offset)
    return _clips_in(seconds, settings)


def _clips_in(seconds: float, settings: IngestSettings) -> int:
    full, rest = divmod(seconds, settings.clip_seconds)
    return max(1, int(full) + (rest >= settings.min_seconds and rest > 0))


def _pieces(sound: Sound, settings: IngestSettings) -> Iterator[tuple[int, Waveform]]:
    """Yield the samples of each clip, [frames, channels], with its number.

    The array is used again for the next clip.
    """
    rate, seconds = sound.sample_rate, settings.clip_seconds
    held = np.empty((math.ceil(seconds * rate) + 1, sound.channels), np.float32)
    index = filled = 0
    for block in sound:
        rest = block
        while len(rest):
            length = max(1, round((index + 1) * seconds * rate) - round(index * seconds * rate))
            part = rest[: length - filled]
            held[filled : filled + len(part)] = part
            filled, rest = filled + len(part), rest[len(part) :]
            if filled == length:
                yield index, held[:filled]
                index, filled = index + 1, 0
    if filled and (not index or filled >= settings.min_seconds * rate):
        yield index, held[:filled]


def _clip(
    source: Source, settings: IngestSettings, index: int, samples: Waveform, rate: int
) -> tuple[Clip, Signal]:
    start = source.start + index * settings.clip_seconds
    duration = len(samples) / rate
    name = clip_id(source.recording_id, start, start + duration)
    signal, mono = measure_and_mix(Heard(name, samples, rate))
    waveform = resample(mono, rate, settings.sample_rate)
    if not len(waveform):  # a sample or two at a higher rate; an empty FLAC cannot be read
        waveform = mono[:1]
    clip = Clip(
        clip_id=name,
        recording_id=source.recording_id,
        start=start,
        duration=duration,
        sample_rate=settings.sample_rate,
        audio=encode_flac(waveform, settings.sample_rate),
    )
    return clip, signal
