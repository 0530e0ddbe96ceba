"""What the experts say: one record a role. Times are seconds from the start of the clip."""

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


class Language(Row):
    """The language that is spoken."""

    language: Annotated[str | None, about("ISO 639 code; null when unsure")] = None
    probability: Annotated[float | None, about("of the first candidate")] = None
    candidates: Annotated[tuple[LabelScore, ...], about("most likely codes, first first")] = ()
    speech_seconds: Annotated[float | None, about("how much speech it was judged on", "s")] = None


class Word(Span):
    """One word and when it is said."""

    text: str
    probability: float


class TranscriptSegment(Span):
    """A stretch of transcript with the recogniser's own doubts."""

    text: str
    mean_log_probability: float
    no_speech_probability: float
    compression_ratio: float


class RejectedText(Record):
    """Text the recogniser wrote that is most likely not in the sound."""

    guard: str
    text: str


class Transcript(Row):
    """What is said. `text` is empty when speech was heard but no words were trusted."""

    text: Annotated[str | None, about("the words, in the language spoken")] = None
    language: Annotated[str | None, about("the language it was decoded in")] = None
    segments: Annotated[tuple[TranscriptSegment, ...], about("in time order")] = ()
    words: Annotated[tuple[Word, ...], about("in time order")] = ()
    rejected: Annotated[tuple[RejectedText, ...], about("text that a guard took out")] = ()


class Quality(Row):
    """Predicted opinion of the quality of the speech (DNSMOS P.835), 1 to 5."""

    speech: Annotated[float | None, about("quality of the voice itself", "MOS")] = None
    background: Annotated[float | None, about("5 is no background intrusion", "MOS")] = None
    overall: Annotated[float | None, about("overall quality", "MOS")] = None


class Music(Row):
    """Music labels, strongest first, each list of one kind."""

    genres: tuple[LabelScore, ...] = ()
    instruments: tuple[LabelScore, ...] = ()
    moods: tuple[LabelScore, ...] = ()
    vocals: Annotated[tuple[LabelScore, ...], about("singing: male, female, choir ...")] = ()
    eras: tuple[LabelScore, ...] = ()
    tempos: Annotated[tuple[LabelScore, ...], about("slow, fast: as words, not beats")] = ()
