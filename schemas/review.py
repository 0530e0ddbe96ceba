"""What people say of clips after they have listened."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from auricle.schemas.base import Record, Row, about

Judged = Literal["good", "bad"]


class Fix(Record):
    """A text that a person corrected. It holds while the text it replaces still stands there."""

    where: Annotated[
        str, about("`long/0`; of a question its qa_id with `/question` or `/answer` after it")
    ]
    was: Annotated[str, about("the text that it replaces")]
    text: Annotated[
        str,
        about("what it should say"),
        StringConstraints(strip_whitespace=True, min_length=1),
    ]


class Review(Row):
    """A person's word on a clip. Skipped with `not_reviewed` where nobody has looked."""

    mark: Annotated[Judged | None, about("null where only texts were corrected")] = None
    note: Annotated[str | None, about("why, in the reviewer's words")] = None
    fixes: Annotated[tuple[Fix, ...], about("corrected texts")] = ()
    reviewer: Annotated[str | None, about("who it was, as the machine knows them")] = None
    time: Annotated[str | None, about("when, in UTC")] = None
