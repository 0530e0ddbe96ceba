"""The members of a container, one after another, and each as a source of its own."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from auricle.pipeline.containers import Member
from auricle.pipeline.containers_table import table_members
from auricle.pipeline.containers_tar import tar_members
from auricle.pipeline.ffmpeg import NotSound
from auricle.pipeline.fields import take_excerpt, take_video_id
from auricle.pipeline.ids import RecordingId, path_to_text, recording_id
from auricle.pipeline.manifest import fit_id, texts_of
from auricle.schemas.clip import Source
from auricle.schemas.errors import UserError


def members_of(source: Source, path: str) -> Iterator[tuple[int, Member]]:
    """Yield the members of a container, or of the part of it that the source names, numbered.

    A sample of a tar, or a few rows of a table, are held at a time. To leave out member N, give
    two sources with the same recording id: one with N members, one with `first_member` N + 1.

    Raises:
        NotSound: the container cannot be read, or not to its end; what came before is good.
    """
    first, many = source.first_member or 0, source.members
    stop = None if many is None else first + many
    if source.kind == "tar":
        yield from islice(enumerate(tar_members(path)), first, stop)
    else:
        yield from table_members(path, source.kind == "parquet", first, stop)


def source_of(
    member: Member, number: int, container: Source, rule: RecordingId
) -> tuple[Source, NotSound | None]:
    """Return a member as a source of its own, and what is wrong with what is told of it.

    It is named by its `recording_id` or YouTube id where it has one; else by "path", with a slug
    of its name and a hash of the container's id and its own name, or by "stem", with its key.
    """
    row, wrong = dict(member.row), None
    given = row.pop("recording_id", None)
    try:
        name = fit_id("its metadata", given if given != "" else None) or take_video_id(row)
    except UserError as error:
        name, wrong = None, NotSound("bad_metadata", str(error))
    start, duration = take_excerpt(row)
    return container.model_copy(
        update={
            "recording_id": name or own_id(member, container, rule),
            "start": start,
            "duration": duration,
            "first_member": number,
            "members": 1,
            **texts_of(row),
        }
    ), wrong


def own_id(member: Member, container: Source, rule: RecordingId = "path") -> str:
    """Return the id of a member by its place; by "path", no other member has it."""
    whole = container.recording_id.removesuffix(part_suffix(container.first_member))
    return recording_id(Path(member.stem).name, member.name, rule, whole)


def part_suffix(first: int | None) -> str:
    """Return what the id of a part of a container ends with."""
    return f"+{first}" if first else ""


def shown(member: Member) -> str:
    """Return the name of a member as text that every store can hold."""
    return path_to_text(member.name)
