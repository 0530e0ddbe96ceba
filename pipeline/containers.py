"""Files that hold many recordings: tars, Parquet and Arrow files with sound in them."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from auricle.pipeline.ffmpeg import NotSound
from auricle.pipeline.remote import is_uri, locate, open_far
from auricle.schemas.clip import Kind

_KINDS: tuple[tuple[Kind, str], ...] = (
    ("tar", r"\.(tar|tar\.(gz|bz2|xz)|tgz)"),
    ("parquet", r"\.parquet"),
    ("arrow", r"\.arrow"),
)
SOUND = re.compile(
    r".*\.(3gp|aac|ac3|aif[cf]?|amr|ape|au|avi|caf|flac|flv|m4a|m4b|mka|mkv|mov|mp2|mp3|mp4|mpe?g"
    r"|mts|oga|ogg|ogv|opus|snd|sph|spx|ts|tta|w64|wav|webm|wma|wmv|wv)",
    re.IGNORECASE | re.DOTALL,
)
"""Names of files that are sound, or video, beyond doubt."""
_AUDIO_NAME = re.compile("audio|sound|wav|flac|mp3|ogg|opus", re.IGNORECASE)


class Member(NamedTuple):
    """One recording in a container."""

    name: str  # no other member of the container is called so
    stem: str  # what it is called by people: the key of a tar's sample, the stem of a row's path
    row: dict[str, Any]  # what is told of it
    content: bytes | None = None
    place: str | None = None  # of the sound, where it lies in a file of its own
    problem: NotSound | None = None  # why there is no sound


class Span(NamedTuple):
    """Members of a container: from which on, and how many; None for all."""

    first: int | None = None
    members: int | None = None


def kind_of(name: str) -> Kind | None:
    """Return what kind of container a file is by its name; what `datasets` caches is none."""
    if name.rpartition("/")[2].startswith("cache-"):
        return None
    for kind, extension in _KINDS:
        if re.search(f"{extension}$", name, re.IGNORECASE):
            return kind
    return None


def spans(path: str, kind: Kind, most: int) -> list[Span]:
    """Return the parts in which a container is worked on; none when there is no sound in it.

    A Parquet file is divided between row groups into parts of at most `most` rows, where its row
    groups allow it. Of tars nothing is read.
    """
    import pyarrow as pa

    if kind != "parquet":
        return [Span()] if kind == "tar" or _has_sound(path) else []
    try:
        with open_parquet(path) as table:
            if audio_column(table.schema_arrow) is None:
                return []
            told = table.metadata
            sizes = [told.row_group(i).num_rows for i in range(told.num_row_groups)]
    except (pa.ArrowException, OSError):  # told when it is read
        return [Span()]
    return list(_spans(sizes, most))


def holds_sound(path: str) -> bool:
    """Tell whether a Parquet file that may be a manifest is a container of sound instead."""
    import pyarrow as pa

    try:
        with open_parquet(path) as table:
            schema = table.schema_arrow
    except (pa.ArrowException, OSError):
        return False
    name = audio_column(schema)
    return name is not None and (
        "path" not in schema.names or pa.types.is_struct(_type(schema, name))
    )


def audio_column(schema: Any) -> str | None:
    """Return the column that has the bytes of sound files, or None.

    It is `audio`, or else the only other that holds bytes, or a struct of bytes and a path, under
    a name that says sound.
    """
    fit = [name for name in schema.names if _holds_bytes(_type(schema, name))]
    if "audio" in fit:
        return "audio"
    named = [name for name in fit if _AUDIO_NAME.search(name)]
    return named[0] if len(named) == 1 else None


def is_binary(kind: Any) -> bool:
    """Tell whether a column's type is bytes, or has bytes in it."""
    import pyarrow as pa

    if pa.types.is_nested(kind):
        return any(is_binary(kind.field(i).type) for i in range(kind.num_fields))
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def open_parquet(path: str) -> Any:
    """Open a Parquet file so that it is read a little at a time."""
    import pyarrow.parquet as pq

    file = open_far(path) if is_uri(path) else path
    return pq.ParquetFile(file, pre_buffer=False, buffer_size=1 << 20)


def open_arrow(path: str) -> Any:
    """Open an Arrow file, of the streaming kind or the one with a footer, as a reader."""
    import pyarrow as pa

    fs, place = locate(path)
    file = fs.open_input_file(place) if is_uri(path) else pa.memory_map(path)
    if file.read(6) == b"ARROW1":
        return pa.ipc.open_file(file)
    file.seek(0)
    return pa.ipc.open_stream(file)


def _has_sound(path: str) -> bool:
    import pyarrow as pa

    try:
        with open_arrow(path) as reader:
            return audio_column(reader.schema) is not None
    except (pa.ArrowException, OSError):  # told when it is read
        return True


def _type(schema: Any, name: str) -> Any:
    return schema.field(schema.names.index(name)).type


def _holds_bytes(kind: Any) -> bool:
    import pyarrow as pa

    if pa.types.is_struct(kind):
        names = {kind.field(i).name for i in range(kind.num_fields)}
        return names == {"bytes", "path"} and is_binary(kind)
    return not pa.types.is_nested(kind) and is_binary(kind)


def _spans(sizes: list[int], most: int) -> Iterator[Span]:
    """Yield the spans of row groups of these sizes."""
    first = held = 0
    for size in sizes:
        if held and held + size > most:
            yield Span(first, held)
            first, held = first + held, 0
        held += size
    if held:
        yield Span(first, held)
