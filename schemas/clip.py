"""Recordings, the clips cut from them, and what was measured on the native signal."""

from typing import Annotated, Literal

from auricle.schemas.base import Record, Row, Status, about

RecordingReason = Literal[
    "missing_file",
    "not_a_file",
    "unreadable",
    "empty_file",
    "not_audio",
    "no_audio_track",
    "no_samples",
    "undecodable",
    "truncated",
    "no_audio",
    "bad_container",
    "bad_metadata",
    "duplicate_id",
    "overlaps",
    "worker_died",
    "worker_hung",
]

Kind = Literal["tar", "parquet", "arrow"]


class Source(Record):
    """One thing to ingest: a file, an excerpt of one that a manifest names, or a container.

    A container holds many recordings. It is one row here, and as many rows of the recordings as
    it has members.
    """

    recording_id: Annotated[str, about("stable id; a video id where the manifest gives one")]
    path: Annotated[str, about("where the file was found; undecodable bytes are escaped")]
    start: Annotated[float, about("where the excerpt begins in the recording", "s")] = 0.0
    duration: Annotated[
        float | None, about("length of the excerpt; null means to the end", "s")
    ] = None
    license: Annotated[str | None, about("licence as the manifest states it")] = None
    title: Annotated[str | None, about("title of the source")] = None
    description: Annotated[str | None, about("description of the source")] = None
    uploader: Annotated[str | None, about("who published the source")] = None
    extra: Annotated[str | None, about("further manifest columns, as a JSON object")] = None
    offset: Annotated[
        float, about("where the file begins in the recording, if it was cut from it before", "s")
    ] = 0.0
    kind: Annotated[Kind | None, about("which container the file is; null for a sound file")] = None
    first_member: Annotated[
        int | None, about("the first member of the container to read, from 0; null for the first")
    ] = None
    members: Annotated[
        int | None, about("how many members of the container to read; null for all")
    ] = None


class Recording(Source):
    """One row for every file, or member of a container, met.

    `truncated` is an error whose good part was kept.
    """

    member: Annotated[str | None, about("which member of the container")] = None
    status: Annotated[Status, about("ok or error")] = "ok"
    reason: Annotated[RecordingReason | None, about("why it is out, as a code")] = None
    detail: Annotated[str | None, about("the same in words, for a person")] = None
    clips: Annotated[int, about("how many clips were cut from it")] = 0
    decoded_seconds: Annotated[float, about("how much sound was decoded", "s")] = 0.0
    container: Annotated[str | None, about("container format")] = None
    codec: Annotated[str | None, about("audio codec")] = None
    sample_rate: Annotated[int | None, about("native sampling rate", "Hz")] = None
    channels: Annotated[int | None, about("native channel count")] = None
    bytes: Annotated[int, about("size of the file", "B")] = 0


class Clip(Row):
    """A fixed excerpt with its sound: the unit of everything."""

    recording_id: Annotated[str, about("the recording it was cut from")]
    start: Annotated[float, about("where it begins in the recording", "s")]
    duration: Annotated[float, about("how long it is", "s")]
    sample_rate: Annotated[int, about("sampling rate of `audio`", "Hz")]
    audio: Annotated[bytes, about("mono FLAC, 16 bit")]


class Signal(Row):
    """Measured on the native signal, before it was mixed down and resampled."""

    sample_rate: Annotated[int | None, about("native sampling rate", "Hz")] = None
    channels: Annotated[int | None, about("native channel count")] = None
    peak: Annotated[float | None, about("largest sample; -120 for digital silence", "dBFS")] = None
    rms: Annotated[float | None, about("root mean square; -120 for silence", "dBFS")] = None
    loudness: Annotated[
        float | None,
        about("integrated loudness, ITU-R BS.1770; null under 0.4 s or silent", "LUFS"),
    ] = None
    clipped: Annotated[float | None, about("share of samples in flat runs at the peak")] = None
    dc_offset: Annotated[float | None, about("mean of the samples, full scale is 1")] = None
    bandwidth: Annotated[
        float | None, about("highest frequency that stands above the noise floor", "Hz")
    ] = None
    silence: Annotated[float | None, about("share of 20-ms frames below -60 dBFS")] = None
    snr: Annotated[
        float | None, about("level of the loud frames over that of the quiet ones", "dB")
    ] = None
    dead_channels: Annotated[int | None, about("channels that are digital silence")] = None
    mixdown: Annotated[
        Literal["mean", "loudest"] | None,
        about("how channels became one; `loudest` where the mean would cancel"),
    ] = None
