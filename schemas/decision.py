"""What is decided about a clip: how well its texts hold, what it repeats, whether it is in."""

from typing import Annotated, Literal

from auricle.schemas.base import Record, Row, about

Rule = Literal["review", "licence", "signal", "checks", "consistency", "judge", "duplicate"]
"""What may put a clip or a text out."""
Scored = Literal["passed", "failed", "not_scored"]


class TextScore(Record):
    """How near one text is to the sound, beside texts of other clips."""

    where: Annotated[str, about("`long/0` is the first long caption; a question is its qa_id")]
    similarity: Annotated[float, about("cosine of the text and the sound")]
    controls: Annotated[
        tuple[float, ...], about("the same for control texts: of other clips of the domain")
    ]
    margin: Annotated[float | None, about("similarity less the mean of the controls")] = None
    rank: Annotated[int | None, about("1 where no control is nearer to the sound")] = None


class Consistency(Row):
    """How near the texts of a clip are to its sound, by a model that embeds both."""

    texts: Annotated[tuple[TextScore, ...], about("one for every text")] = ()
    label: Annotated[
        float | None, about("cosine of the sound and the bare labels of what was heard")
    ] = None


class TextSupport(Record):
    """How much of what a text claims the evidence supports."""

    where: Annotated[str, about("as in the scores")]
    claims: int
    supported: int


class Support(Row):
    """How much of what the texts of a clip claim its evidence supports; nothing is listened to."""

    texts: Annotated[tuple[TextSupport, ...], about("one for every text")] = ()
    share: Annotated[
        float | None, about("supported claims of the clip's texts; null where none claims anything")
    ] = None


class Print(Row):
    """What tells a clip's sound from others, and its general caption from other captions."""

    sha256: Annotated[str | None, about("of the decoded samples")] = None
    hashes: Annotated[tuple[int, ...], about("landmarks of the spectrum, 32 bits each")] = ()
    times: Annotated[tuple[int, ...], about("frame of each landmark")] = ()
    bands: Annotated[
        tuple[int, ...], about("MinHash bands of the general caption, 63 bits each")
    ] = ()


class Duplicate(Row):
    """Which other clips hold the same sound, or nearly the same text."""

    exact: Annotated[str | None, about("cluster of equal samples: its first clip_id")] = None
    near: Annotated[
        str | None, about("cluster of the same sound, however encoded: its first clip_id")
    ] = None
    text: Annotated[str | None, about("cluster of like general captions: its first clip_id")] = None


class Against(Record):
    """A reason why a clip, or one of its texts, is out."""

    rule: Rule
    reason: Annotated[str, about("a code")]
    where: Annotated[str | None, about("the text; null where it is the clip")] = None
    detail: Annotated[str | None, about("the same in words, for a person")] = None


class Verdict(Row):
    """Whether a clip belongs in the dataset, with every reason against it and against its texts."""

    passed: bool | None = None
    against: Annotated[tuple[Against, ...], about("every reason why the clip is out")] = ()
    texts_out: Annotated[tuple[Against, ...], about("texts that are out, and why")] = ()
    consistency: Annotated[Scored | None, about("of the general caption")] = None
    margin: Annotated[float | None, about("the general caption's margin over its controls")] = None
    support: Annotated[float | None, about("share of its claims that evidence supports")] = None
    reviewed: Annotated[
        str | None, about("when a person said what was considered here; null where none did")
    ] = None
    license: Annotated[str | None, about("SPDX id of what the source states, where it has one")] = (
        None
    )
    license_evidence: Annotated[str | None, about("the source's own words on its licence")] = None


class Split(Row):
    """Which side a clip is on. All clips of a group are on the same side."""

    split: Annotated[
        Literal["train", "benchmark"] | None, about("null where the clip is in neither")
    ] = None
    group: Annotated[
        str | None,
        about("what was kept together: the first recording of those that share sound"),
    ] = None
