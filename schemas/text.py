"""What is written about a clip: evidence, captions, questions and answers."""

from typing import Annotated, Literal, get_args

from auricle.schemas.base import Record, Row, about

CaptionCategory = Literal["short", "long", "speech", "music", "sound", "environment"]
CATEGORIES: tuple[CaptionCategory, ...] = get_args(CaptionCategory)
"""The kinds of caption, in the order of the columns of `Captions`."""
QACategory = Literal[
    "direct_perception",
    "sound_characteristics",
    "quality_assessment",
    "environment_reasoning",
    "inference_judgement",
    "application_context",
]
Difficulty = Literal["basic", "intermediate", "advanced", "complex"]
Topic = Literal["speech", "music", "sound", "environment", "source"]
Check = Literal[
    "length",
    "language",
    "domain",
    "unsupported_claim",
    "expert_talk",
    "raw_number",
    "absence",
    "duplicate",
    "quote",
    "order",
    "hint",
    "unknown_evidence",
    "low_confidence",
    "plan",
    "repeated_question",
]
"""The rules that a text may break; `pipeline/text/checks.py` says what each of them wants."""


class Evidence(Record):
    """One plain sentence about the clip that a text may lean on."""

    id: Annotated[str, about("E1, E2 ... in the order told")]
    topic: Topic
    text: Annotated[str, about("no numbers but times, no model or metric names")]
    confidence: Annotated[float, about("0 to 1")]
    start: Annotated[float | None, about("null means throughout", "s")] = None
    end: Annotated[float | None, about("null means throughout", "s")] = None


class Text(Record):
    """A sentence or two, with what supports it."""

    text: str
    support: Annotated[tuple[str, ...], about("evidence ids")]
    confidence: Annotated[float, about("0 to 1")]


class Mark(Record):
    """A rule that a text breaks, after it was written anew for that reason."""

    where: Annotated[str, about("`long/0` is the first long caption; a question is its qa_id")]
    check: Check
    detail: Annotated[str, about("what breaks the rule, in words for the writer")]


class Written(Row):
    """A row of texts: who wrote them, what that took, and which rules they break."""

    model: Annotated[str | None, about("the model that wrote, as its server names it")] = None
    reasoning: Annotated[str | None, about("what the model thought before it wrote")] = None
    requests: Annotated[int, about("answers that were asked for; 0 by rules")] = 0
    prompt_tokens: int = 0
    completion_tokens: Annotated[int, about("with those of the reasoning")] = 0
    cost: Annotated[float | None, about("null where the model has no price", "USD")] = None
    marks: Annotated[tuple[Mark, ...], about("empty where all checks passed")] = ()


class Captions(Written):
    """Six kinds of caption, three variants each; null where the clip has no such sound."""

    short: Annotated[tuple[Text, ...] | None, about("at most 15 words")] = None
    long: Annotated[
        tuple[Text, ...] | None, about("one or two sentences; the first is the general caption")
    ] = None
    speech: Annotated[tuple[Text, ...] | None, about("the speech alone")] = None
    music: Annotated[tuple[Text, ...] | None, about("the music alone")] = None
    sound: Annotated[tuple[Text, ...] | None, about("other sounds alone")] = None
    environment: Annotated[tuple[Text, ...] | None, about("place and recording quality")] = None


class QAPair(Record):
    """A question that listening answers, and its answer."""

    qa_id: Annotated[str, about("clip_id and eight hex digits")]
    category: QACategory
    difficulty: Difficulty
    question: str
    answer: str
    support: Annotated[tuple[str, ...], about("evidence ids")]
    confidence: Annotated[float, about("0 to 1")]


class QA(Written):
    """The questions and answers of one clip."""

    pairs: tuple[QAPair, ...] = ()
