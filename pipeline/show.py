"""One clip at a glance: what was heard and when, what was written, and who said so."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text as Styled

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.judge.reviews import corrected, corrected_qa, reviews_of
from auricle.pipeline.report.lanes import Span, lanes
from auricle.pipeline.tables import CLIP_TABLES, NO_STAGE, TABLES
from auricle.pipeline.text.evidence import gather, render
from auricle.pipeline.text.testimony import Testimony
from auricle.schemas.arrow import from_table
from auricle.schemas.base import Record, Row
from auricle.schemas.clip import Recording
from auricle.schemas.decision import Verdict
from auricle.schemas.errors import UserError
from auricle.schemas.review import Review
from auricle.schemas.speech import Transcript
from auricle.schemas.text import CATEGORIES, QA, Captions

_WIDTH = 50
"""Cells of a timeline."""
_TAG_LANES = 5
_DRAWN = ("speech", "speaker", "music", "tag")
"""Lanes that a terminal has room for."""


class Known(NamedTuple):
    """All rows of one clip, by table, and its recording."""

    clip_id: str
    shard: int
    duration: float
    recording: Recording
    rows: dict[str, Row]
    makers: dict[str, str]


class ClipLine(NamedTuple):
    """One clip in a list of clips."""

    clip: str
    domain: str
    split: str
    caption: str


def clip_report(data: Dataset, clip: str) -> dict[str, Any]:
    """Return everything known of a clip, as JSON can hold it.

    Raises:
        UserError: the dataset has no such clip, or more than one whose id begins so.
    """
    known = find_clip(data, clip)
    return {
        "clip_id": known.clip_id,
        "duration": known.duration,
        "recording": known.recording.model_dump(),
        **{table: row.model_dump() for table, row in known.rows.items()},
        "made_by": known.makers,
    }


def clip_view(data: Dataset, clip: str) -> RenderableType:
    """Return everything known of a clip, for a terminal of 80 columns.

    Raises:
        UserError: as for `clip_report`.
    """
    known = find_clip(data, clip)
    testimony = Testimony.of(known.clip_id, known.duration, known.rows.values(), known.recording)
    parts: list[RenderableType] = [_head(known)]
    parts += _section("Timeline", [_timeline(known)])
    parts += _section("Evidence", [Styled(render(gather(testimony)))])
    captions, qa = known.rows.get("captions"), known.rows.get("qa")
    if isinstance(captions, Captions) and captions.status == "ok":
        parts += _section("Captions", [_captions(captions)])
    if isinstance(qa, QA) and qa.status == "ok":
        parts += _section("Questions", [_questions(qa)])
    verdict, review = known.rows.get("verdict"), known.rows.get("reviews")
    if isinstance(review, Review) and review.status == "ok":
        parts += _section("Review", [Styled("\n".join(_review(review)))])
    if isinstance(verdict, Verdict):
        parts += _section("Verdict", [Styled("\n".join(_verdict(verdict)))])
    lines = [
        f"{table}: {row.status}, {row.reason}" + (f" ({row.detail})" if row.detail else "")
        for table, row in known.rows.items()
        if row.status != "ok" and table not in NO_STAGE
    ]
    if lines:
        parts += _section("Not heard", [Styled("\n".join(lines))])
    makers = [f"{table}: {maker}" for table, maker in known.makers.items()]
    parts += _section("Made by", [Styled("\n".join(makers), style="dim")])
    return Group(*parts)


def _review(review: Review) -> list[str]:
    """Return what a person said, who and when."""
    lines = [f"{review.mark or 'no mark'}, by {review.reviewer}, {review.time}"]
    lines += [review.note] if review.note else []
    return lines + [f"{fix.where} was: {fix.was}" for fix in review.fixes]


def _verdict(verdict: Verdict) -> list[str]:
    """Return whether a clip is in, how its general caption fared, and every reason against."""
    scored = f"consistency {verdict.consistency}".replace("_", " ")
    if verdict.margin is not None:
        scored += f", margin {verdict.margin:+.3f}"
    if verdict.support is not None:
        scored += f"; evidence supports {verdict.support:.0%} of the general caption's claims"
    lines = [f"{'in' if verdict.passed else 'out'}; {scored}"]
    for each in (*verdict.against, *verdict.texts_out):
        where = f"{each.where}: " if each.where else ""
        lines.append(f"{where}{each.rule}, {each.reason}" + f" ({each.detail})" * bool(each.detail))
    return list(dict.fromkeys(lines))


def captions_table(data: Dataset) -> list[ClipLine]:
    """Return every clip with its domain, split and first caption."""
    lines = []
    for shard in data.shards("captions"):
        written = zip(data.rows(Captions, shard), reviews_of(data, shard), strict=True)
        captions = [corrected(row, review) for row, review in written]
        codes = data.table("domain", shard, ["code"])["code"].to_pylist()
        sides = (
            data.table("split", shard, ["split"])["split"].to_pylist()
            if data.has("split", shard)
            else [None] * len(codes)
        )
        for row, code, side in zip(captions, codes, sides, strict=True):
            text = row.long[0].text if row.long else f"({row.status}: {row.reason})"
            lines.append(ClipLine(row.clip_id, code or "", side or "", text))
    return lines


def captions_view(data: Dataset) -> RenderableType:
    """Return every clip with its first caption, for a terminal.

    Raises:
        UserError: nothing has been captioned yet.
    """
    lines = captions_table(data)
    if not lines:
        raise UserError(f"{data.storage.uri}: no captions yet; `auricle run` makes them")
    return Group(*(_captioned(line) for line in lines))


def _captioned(line: ClipLine) -> RenderableType:
    head = Styled(line.clip, style="cyan") + Styled(f"  {line.domain} {line.split}", style="dim")
    return Group(head, Padding(Styled(line.caption), (0, 0, 0, 4)))


def find_clip(data: Dataset, clip: str) -> Known:
    """Return the rows of the clip with this id, or of the one clip whose id begins so.

    Raises:
        UserError: there is none, or there are several.
    """
    found = []
    for shard in data.shards("clips"):
        ids = data.table("clips", shard, ["clip_id"])["clip_id"].to_pylist()
        if clip in ids:
            return known_clips(data, shard, [ids.index(clip)])[0]
        found += [(shard, at, name) for at, name in enumerate(ids) if name.startswith(clip)]
    if len(found) == 1:
        shard, at, _ = found[0]
        return known_clips(data, shard, [at])[0]
    if not found:
        raise UserError(f"{data.storage.uri} has no clip {clip}; `auricle show DATASET` lists them")
    names = ", ".join(name for _, _, name in found[:5])
    raise UserError(f"{len(found)} clips begin with {clip}: {names}{' ...' * (len(found) > 5)}")


def known_clips(data: Dataset, shard: int, places: Sequence[int]) -> list[Known]:
    """Return the rows of the clips at these places of a shard; each table is read once."""
    columns = ["clip_id", "recording_id", "duration"]
    clips = data.table("clips", shard, columns).take(list(places)).to_pylist()
    recordings = {each.recording_id: each for each in data.rows(Recording, shard)}
    found = [
        Known(clip["clip_id"], shard, clip["duration"], recordings[clip["recording_id"]], {}, {})
        for clip in clips
    ]
    for table in CLIP_TABLES:
        if table == "clips" or not data.has(table, shard):
            continue
        made = data.provenance(table, shard)
        for known, row in zip(found, _rows_at(data, table, shard, places), strict=True):
            known.rows[table] = row
            if made:
                weights = ", ".join(f"{use.name} {use.sha256[:8]}" for use in made.models)
                maker = f"{made.backend} {made.version}" + (f", {weights}" if weights else "")
                known.makers[table] = maker
    for known in found:
        _correct(known.rows)
    return found


def _rows_at(data: Dataset, table: str, shard: int, places: Sequence[int]) -> list[Row]:
    if table == "reviews":
        reviews = reviews_of(data, shard)
        return [reviews[at] for at in places]
    record: type[Record] = TABLES[table].record
    rows = from_table(record, data.table(table, shard).take(list(places)))
    return [row for row in rows if isinstance(row, Row)]


def _correct(rows: dict[str, Row]) -> None:
    """Put a reviewer's texts in the place of those that were corrected."""
    review, captions, qa = (rows.get(table) for table in ("reviews", "captions", "qa"))
    if isinstance(review, Review) and review.fixes:
        if isinstance(captions, Captions):
            rows["captions"] = corrected(captions, review)
        if isinstance(qa, QA):
            rows["qa"] = corrected_qa(qa, review)


def _section(title: str, parts: Sequence[RenderableType]) -> list[RenderableType]:
    return [Styled(f"\n{title}", style="bold"), *(Padding(part, (0, 0, 0, 2)) for part in parts)]


def _head(known: Known) -> RenderableType:
    recording = known.recording
    about = [f"{known.duration:.1f} s", recording.title, recording.license, recording.path]
    domain, split = known.rows.get("domain"), known.rows.get("split")
    about += [f"domain {getattr(domain, 'code', None) or '?'}", getattr(split, "split", None)]
    return Group(
        Styled(known.clip_id, style="bold cyan"),
        Styled(" · ".join(str(part) for part in about if part), style="dim"),
    )


def _timeline(known: Known) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for lane in lanes(known.rows, _TAG_LANES):
        if lane.kind in _DRAWN:
            table.add_row(lane.name[:22], _bar(lane.spans, known.duration))
    table.add_row("", Styled(_ruler(known.duration), style="dim"))
    transcript = known.rows.get("transcript")
    if isinstance(transcript, Transcript) and transcript.text:
        table.add_row("words", Styled(f"“{transcript.text}”", style="italic"))
    return table


def _bar(spans: Iterable[Span], duration: float) -> Styled:
    cells = [" "] * _WIDTH
    for start, end, score, _ in spans:
        first = int(start / duration * _WIDTH)
        last = max(first + 1, round(min(end, duration) / duration * _WIDTH))
        for cell in range(first, min(last, _WIDTH)):
            cells[cell] = "█" if score >= 0.6 else "▒" if score >= 0.35 else "░"
    return Styled("".join(cells), style="green")


def _ruler(duration: float) -> str:
    """Return a scale in seconds under the lanes."""
    step = next((s for s in (1, 2, 5, 10, 30, 60) if duration / s <= 10), 120)
    line = [" "] * (_WIDTH + 4)
    for mark in range(0, int(duration) + 1, step):
        at = min(round(mark / duration * _WIDTH), _WIDTH)
        for i, digit in enumerate(str(mark)):
            line[at + i] = digit
    return "".join(line).rstrip() + " s"


def _captions(captions: Captions) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for category in CATEGORIES:
        for i, text in enumerate(getattr(captions, category) or ()):
            support = Styled(f"  {' '.join(text.support)}", style="dim")
            table.add_row("" if i else category, Styled(text.text) + support)
    return table


def _questions(qa: QA) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for pair in qa.pairs:
        kind = f"{pair.category.replace('_', ' ')}, {pair.difficulty}"
        table.add_row("Q", Styled(pair.question) + Styled(f"  ({kind})", style="dim"))
        table.add_row("A", Styled(pair.answer, style="green"))
    return table
