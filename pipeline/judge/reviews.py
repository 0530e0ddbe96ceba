"""Reviews: a person marks a clip good or bad, or corrects a text, and it counts.

A shard of reviews exists once one of its clips was reviewed. No stage makes it, and no stage
deletes it. Texts on disk stay as they were written: a correction is put in where texts leave.
Clips may be cut anew meanwhile, so reviews are found by the clips' ids and not by their places.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from getpass import getuser
from threading import Lock
from typing import Any

import pyarrow as pa

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.provenance import made_by
from auricle.schemas.review import Fix, Judged, Review
from auricle.schemas.text import CATEGORIES, QA, Captions

_writing = Lock()
"""One mark at a time is written, whichever thread of a server asks."""


def mark(
    data: Dataset,
    shard: int,
    at: int,
    said: Judged | None,
    note: str | None,
    fixes: Sequence[Fix],
) -> Review:
    """Write down what a person says of the clip at a place of a shard, over what they said before.

    Without a mark, a note or a correction the clip counts as not reviewed.
    """
    with _writing:
        reviews = reviews_of(data, shard)
        clip_id = reviews[at].clip_id
        reviews[at] = (
            Review(
                clip_id=clip_id,
                mark=said,
                note=note,
                fixes=tuple(fixes),
                reviewer=_reviewer(),
                time=datetime.now(UTC).isoformat(timespec="microseconds"),
            )
            if said or note or fixes
            else Review.skipped(clip_id, "not_reviewed")
        )
        data.write("reviews", shard, reviews, made_by("reviews", "people", {}))
        return reviews[at]


def reviews_of(data: Dataset, shard: int) -> list[Review]:
    """Return one review a clip of a shard, in the clips' order."""
    ids = data.table("clips", shard, ["clip_id"])["clip_id"].to_pylist()
    rows = data.rows(Review, shard) if data.has("reviews", shard) else []
    known = {row.clip_id: row for row in rows}
    return [known.get(name) or Review.skipped(name, "not_reviewed") for name in ids]


def corrector(review: Review) -> Callable[[str, str], str]:
    """Return what tells, of a place and the text that stands there, what it should say."""
    said = {(fix.where, fix.was): fix.text for fix in review.fixes}
    return lambda where, text: said.get((where, text), text)


def corrected(captions: Captions, review: Review) -> Captions:
    """Return captions as a reviewer corrected them."""
    right = corrector(review)
    changed: dict[str, Any] = {
        category: tuple(
            text.model_copy(update={"text": right(f"{category}/{i}", text.text)})
            for i, text in enumerate(getattr(captions, category))
        )
        for category in CATEGORIES
        if getattr(captions, category)
    }
    return captions.model_copy(update=changed)


def corrected_qa(qa: QA, review: Review) -> QA:
    """Return questions and answers as a reviewer corrected them."""
    right = corrector(review)
    pairs = [
        pair.model_copy(
            update={
                part: right(f"{pair.qa_id}/{part}", getattr(pair, part))
                for part in ("question", "answer")
            }
        )
        for pair in qa.pairs
    ]
    return qa.model_copy(update={"pairs": tuple(pairs)})


def corrected_column(category: str, texts: pa.Array, reviews: Sequence[Review]) -> pa.Array:
    """Return the captions of a category, a list of texts a clip, as reviewers corrected them."""
    if not any(review.fixes for review in reviews):
        return texts
    lists = [
        said and [right(f"{category}/{i}", text) for i, text in enumerate(said)]
        for said, right in zip(texts.to_pylist(), map(corrector, reviews), strict=True)
    ]
    return pa.array(lists, texts.type)


def forget_outdated(data: Dataset) -> list[int]:
    """Delete the verdicts that do not know the reviews of their shard, and the splits from them.

    Returns:
        The shards whose verdicts are pending now.
    """
    there = set(data.shards("verdict"))
    outdated = [
        shard
        for shard in data.shards("reviews")
        if shard in there and _known(data, shard) != _times(data, shard)
    ]
    for shard in outdated:
        for table in ("split", "verdict"):
            data.forget_shard(table, shard)
    return outdated


def _reviewer() -> str | None:
    """Return the name of who is logged in; a container's user may have none."""
    try:
        return getuser()
    except (KeyError, OSError):
        return None


def _times(data: Dataset, shard: int) -> list[str | None]:
    return [review.time for review in reviews_of(data, shard)]


def _known(data: Dataset, shard: int) -> list[str | None]:
    """Return the times of the reviews that the verdicts of a shard considered."""
    rows = data.table("verdict", shard)
    if "reviewed" not in rows.column_names:  # made before there were reviews
        return [None] * int(rows.num_rows)
    known: list[str | None] = rows["reviewed"].to_pylist()
    return known
