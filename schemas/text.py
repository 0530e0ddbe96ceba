"""What is written about a clip: evidence, captions, questions and answers."""

from typing import Annotated, Literal

from auricle.schemas.base import Record, Row, about

CaptionCategory = Literal["short", "long", "speech", "music", "sound", "environment"]
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


class Captions(Row):
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


class QA(Row):
    """The questions and answers of one clip."""

    pairs: tuple[QAPair, ...] = ()
