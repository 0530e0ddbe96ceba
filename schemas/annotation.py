"""What the experts hear in any clip: one record a role. Times are seconds from its start."""

from typing import Annotated, Literal

from auricle.schemas.base import Record, Row, about

DomainCode = Literal["000", "00A", "0M0", "0MA", "S00", "S0A", "SM0", "SMA"]


class Span(Record):
    """A stretch of time."""

    start: Annotated[float, about("seconds from the start of the clip", "s")]
    end: Annotated[float, about("seconds from the start of the clip", "s")]


class LabelScore(Record):
    """A label and how strongly a model believes it, 0 to 1."""

    label: str
    score: float


class TagWindow(Span):
    """What is heard in one window of the grid, strongest first."""

    labels: tuple[LabelScore, ...]


class Tags(Row):
    """AudioSet labels on a 2-s grid and over the whole clip."""

    windows: Annotated[tuple[TagWindow, ...], about("the 2-s grid, in time order")] = ()
    labels: Annotated[
        tuple[LabelScore, ...],
        about("maximum over the windows, a parent class after its children"),
    ] = ()


class EventSpan(Span):
    """A stretch of speech, singing or music."""

    label: Literal["speech", "singing", "music"]
    score: Annotated[float, about("mean probability inside the span")]


class Events(Row):
    """Stretches of speech, singing and music; they may overlap."""

    spans: Annotated[tuple[EventSpan, ...], about("in time order")] = ()
    speech: Annotated[float | None, about("strongest speech probability")] = None
    singing: Annotated[float | None, about("strongest singing probability")] = None
    music: Annotated[float | None, about("strongest music probability")] = None


class Vad(Row):
    """Where somebody speaks."""

    spans: Annotated[tuple[Span, ...], about("in time order, not overlapping")] = ()
    speech_seconds: Annotated[float | None, about("total length of the spans", "s")] = None
    peak: Annotated[float | None, about("strongest speech probability")] = None


class Domain(Row):
    """Speech, music and other sound, decided from what the experts heard."""

    code: Annotated[DomainCode | None, about("S, M and A, each present or 0")] = None
    speech: Annotated[float | None, about("belief that somebody speaks, 0 to 1")] = None
    music: Annotated[float | None, about("belief that music or singing is heard")] = None
    sound: Annotated[float | None, about("belief that another sound is heard")] = None
    silent: Annotated[bool | None, about("the clip's level is below the floor")] = None


class Unjudged(Record):
    """What a backend cannot hear of a clip, and why."""

    what: Annotated[str, about("the column that is left null")]
    reason: Annotated[str, about("why, as a code")]


class Scene(Row):
    """Where the clip seems to be recorded."""

    labels: Annotated[tuple[LabelScore, ...], about("kinds of place, surest first")] = ()
    place: Annotated[
        Literal["indoors", "outdoors", "vehicle"] | None, about("null when unsure")
    ] = None
    probability: Annotated[float | None, about("of the place")] = None


class Description(Row):
    """What an audio language model says of the whole clip, in its own words."""

    text: Annotated[str | None, about("free text, as the model wrote it")] = None
    model: Annotated[str | None, about("the model as the server names it")] = None
    finish: Annotated[str | None, about("why the model stopped, as the server says")] = None


class Embedding(Row):
    """A vector that stands for the clip, for near-duplicates and probes."""

    vector: Annotated[tuple[float, ...], about("of unit length; empty when not ok")] = ()
    kind: Annotated[
        str | None, about("backend and a code of its weights and settings; compare within one")
    ] = None
