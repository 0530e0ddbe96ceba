"""Recordings become clips: decode, measure, mix down, resample, encode, one clip at a time."""

import math
from collections.abc import Iterable, Iterator
from itertools import groupby

import numpy as np

from auricle.experts.base import Heard, Waveform
from auricle.experts.signal import SignalMeter, mix_down
from auricle.experts.sound import encode_flac, resample
from auricle.pipeline.decode import NotSound, Sound, open_sound, probe_seconds
from auricle.pipeline.sources import clip_id, text_to_path
from auricle.pipeline.stage_settings import IngestSettings
from auricle.schemas.clip import Clip, Recording, Signal, Source


def cut(source: Source, settings: IngestSettings) -> Iterator[tuple[Clip, Signal] | Recording]:
    """Yield the clips of a source as they are decoded and, last of all, its one Recording.

    Clips are `clip_seconds` long and follow each other. What is left at the end is a clip when it
    is at least `min_seconds` long. A recording that is shorter than that as a whole is one clip
    as long as it has a sample: single words are wanted. `start` is time in the file, so an excerpt
    begins at its own start. No more than one clip's native sound is held.

    A file that cannot be used ends as a Recording with status error and a typed reason. A
    truncated one is such an error too, and what could be decoded of it is still cut into clips.
    """
    clips, sound = 0, None
    try:
        with open_sound(text_to_path(source.path), source.start, source.duration) as sound:
            for index, samples in _pieces(sound, settings):
                yield _clip(source, settings, index, samples, sound.sample_rate)
                clips += 1
            size = sound.size
            reason, detail = sound.outcome()
    except NotSound as error:
        size, reason, detail = error.size, error.reason, error.detail
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

    Lengths come from the headers; where one says nothing, the source counts as one clip. Adjacent
    sources of one recording stay together, however many clips that makes. The same sources are
    always grouped in the same way.
    """
    shard: list[Source] = []
    filled = 0
    for _, adjacent in groupby(sources, key=lambda item: item.recording_id):
        recording = list(adjacent)
        clips = sum(_expected_clips(item, settings) for item in recording)
        if shard and filled + clips > settings.shard_clips:
            yield shard
            shard, filled = [], 0
        shard += recording
        filled += clips
    if shard:
        yield shard


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
    signal = SignalMeter().annotate([Heard(name, samples, rate)])[0]
    mono = mix_down(samples)[0]
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


def _expected_clips(source: Source, settings: IngestSettings) -> int:
    seconds = source.duration
    if seconds is None:
        whole = probe_seconds(text_to_path(source.path))
        seconds = 0.0 if whole is None else max(0.0, whole - source.start)
    full, rest = divmod(seconds, settings.clip_seconds)
    return max(1, int(full) + (rest >= settings.min_seconds and rest > 0))
