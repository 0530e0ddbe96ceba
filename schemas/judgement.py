"""What a second reader says of the texts of a clip: unsupported claims, and answers it guessed."""

from typing import Annotated, Literal

from auricle.schemas.base import Record, about
from auricle.schemas.text import Mark, Written

Fault = Literal["contradicted", "missing", "overstated"]
"""What is wrong with a claim: the evidence says otherwise, says nothing, or says less."""


class UnsupportedClaim(Record):
    """A part of a text that the evidence does not support."""

    where: Annotated[str, about("`long/0` is the first long caption; a question is its qa_id")]
    claim: Annotated[str, about("the words of the text that claim it")]
    fault: Annotated[Fault, about("the evidence says otherwise, says nothing of it, or says less")]
    why: Annotated[str, about("in the judge's words")]


class JudgedQuestion(Record):
    """How a question fared with a reader who knew nothing but its words."""

    qa_id: str
    blind_answer: Annotated[str, about("given to the words of the question, without evidence")]
    blind_confidence: Annotated[float, about("0 to 1, as the reader states it")]
    same: Annotated[bool, about("whether the blind answer says what the pair's answer says")]
    needs_listening: Annotated[bool, about("false where the question could be answered unheard")]


class Judgement(Written):
    """What a second reader found in the texts of one clip. It changes none of them."""

    marks: Annotated[tuple[Mark, ...], about("always empty: no rule is for judgements")] = ()
    claims: Annotated[int, about("claims that the judge counted in the captions and answers")] = 0
    unsupported: Annotated[tuple[UnsupportedClaim, ...], about("empty where all held")] = ()
    questions: Annotated[tuple[JudgedQuestion, ...], about("empty where the clip has none")] = ()
