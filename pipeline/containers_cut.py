"""Containers become clips: each member is cut as a file would be."""

from collections.abc import Iterator

from auricle.pipeline.containers import Member
from auricle.pipeline.containers_read import members_of, own_id, shown, source_of
from auricle.pipeline.decode import NotSound, probe_seconds
from auricle.pipeline.ids import mark, text_to_path
from auricle.pipeline.ingest import Cut, cut
from auricle.pipeline.stage_settings import IngestSettings
from auricle.schemas.clip import Recording, Source

_ROUNDING = 0.25
"""Seconds by which a file that was cut may be longer or shorter than stated."""


def cut_all(source: Source, settings: IngestSettings, met: set[int]) -> Iterator[Cut]:
    """Yield the clips and the Recording of a source; of a container, those of each member.

    The Recording comes after its clips. A container that cannot be read to its end has one more,
    which says why. `met` holds the marks of the members that have been met, in whichever container;
    one with the same id and start as another is an error, and so is one whose metadata are unfit.
    """
    if source.kind is None:
        yield from cut(source, settings)
        return
    empty = True
    try:
        for number, member in members_of(source, text_to_path(source.path)):
            empty = False
            yield from _cut_member(source, number, member, settings, met)
        if empty:
            raise NotSound("no_audio", "there is nothing in it")
    except NotSound as error:
        yield _failed(source, error)


def _cut_member(
    container: Source, number: int, member: Member, settings: IngestSettings, met: set[int]
) -> Iterator[Cut]:
    source, wrong = source_of(member, number, container, settings.recording_id)
    wrong = member.problem or wrong
    own, name = mark(source.recording_id, source.start), shown(member)
    if own in met:
        words = f"another member has the id {source.recording_id} and the start {source.start:g}"
        wrong = wrong or NotSound("duplicate_id", words)
        # What is told of it must not be taken for what is told of the other.
        source = source.model_copy(update={"recording_id": own_id(member, container)})
    if wrong:
        yield _failed(source, wrong).model_copy(update={"member": name})
        return
    met.add(own)
    if source.start:
        source = _placed(source, member, settings)
    for made in cut(source, settings, member.content, member.place or member.name):
        if isinstance(made, Recording):
            made = made.model_copy(update={"member": name})
        yield made


def _placed(source: Source, member: Member, settings: IngestSettings) -> Source:
    """Return the source with an offset where its file is the excerpt and not what it was cut from.

    It is where the file is too short to have the excerpt in it; without a duration, where it is
    no longer than one clip.
    """
    length = probe_seconds(member.place or member.name, member.content)
    if length is None:
        return source
    if source.duration is None:
        is_cut = length <= settings.clip_seconds + _ROUNDING or length <= source.start
    else:
        is_cut = length < source.start + source.duration - _ROUNDING
    return source.model_copy(update={"offset": source.start}) if is_cut else source


def _failed(source: Source, error: NotSound) -> Recording:
    return Recording(
        **source.model_dump(),
        status="error",
        reason=error.reason,
        detail=error.detail,
        bytes=error.size,
    )
