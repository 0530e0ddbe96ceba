"""What the experts hear of music: what it is, and how it moves."""

from typing import Annotated, Literal

from auricle.schemas.annotation import LabelScore
from auricle.schemas.base import Record, Row, about


class Music(Row):
    """Music labels, strongest first, each list of one kind."""

    genres: tuple[LabelScore, ...] = ()
    instruments: tuple[LabelScore, ...] = ()
    moods: tuple[LabelScore, ...] = ()
    vocals: Annotated[tuple[LabelScore, ...], about("singing: male, female, choir ...")] = ()
    eras: tuple[LabelScore, ...] = ()
    tempos: Annotated[tuple[LabelScore, ...], about("slow, fast: as words, not beats")] = ()


class Tempo(Record):
    """A tempo that fits the beats, and how well."""

    bpm: Annotated[float, about("beats a minute")]
    score: Annotated[float, about("share of the belief, 0 to 1")]


class Rhythm(Row):
    """Tempo, beats and key."""

    tempo: Annotated[float | None, about("beats a minute; null when unsure", "1/min")] = None
    tempo_confidence: Annotated[
        float | None, about("belief that it, its half or its double is right, 0 to 1")
    ] = None
    tempos: Annotated[
        tuple[Tempo, ...], about("candidates with half and double time, best first")
    ] = ()
    beats: Annotated[tuple[float, ...], about("times of the beats", "s")] = ()
    downbeats: Annotated[
        tuple[float, ...], about("times of the first beats of bars; empty where not told", "s")
    ] = ()
    regularity: Annotated[float | None, about("how even the beats are, 0 free to 1 strict")] = None
    key: Annotated[
        Literal["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"] | None,
        about("tonic; null when unsure"),
    ] = None
    mode: Annotated[Literal["major", "minor"] | None, about("null when unsure")] = None
    key_confidence: Annotated[
        float | None, about("belief that tonic and mode are right, 0 to 1")
    ] = None
