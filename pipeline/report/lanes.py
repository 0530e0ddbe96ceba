"""What was heard when: the lanes that stand under a clip's sound, on its time axis."""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from auricle.schemas.annotation import Events, Tags, Vad
from auricle.schemas.base import Row
from auricle.schemas.music import Rhythm
from auricle.schemas.speech import Diarization, Emotion, Transcript

Kind = Literal["speech", "speaker", "words", "mood", "music", "beats", "tag"]
_HEARD_ENOUGH = 0.2
"""A tag is drawn from this score on."""
_BEAT = 0.06
"""Seconds that a beat is drawn wide."""


class Span(NamedTuple):
    """A stretch of a lane, in seconds; `score` is how sure it is, 0 to 1."""

    start: float
    end: float
    score: float
    text: str = ""


class Lane(NamedTuple):
    """Stretches of one thing that was heard."""

    kind: Kind
    name: str
    spans: list[Span]


def lanes(rows: Mapping[str, Row], tags: int) -> list[Lane]:
    """Return the lanes of a clip from its rows by table, with so many tags, strongest first."""
    said = {table: row for table, row in rows.items() if row.status == "ok"}
    return [lane for lane in _lanes(said, tags) if lane.spans]


def _lanes(said: Mapping[str, Row], tags: int) -> Iterator[Lane]:
    vad, events, turns = said.get("vad"), said.get("events"), said.get("diarization")
    if isinstance(vad, Vad):
        yield Lane("speech", "voice", [Span(span.start, span.end, 1.0) for span in vad.spans])
    if isinstance(turns, Diarization) and (turns.speakers or 0) > 1:
        for speaker in dict.fromkeys(turn.speaker for turn in turns.turns):
            own = [Span(t.start, t.end, 1.0) for t in turns.turns if t.speaker == speaker]
            yield Lane("speaker", f"speaker {speaker}", own)
    transcript, emotion = said.get("transcript"), said.get("emotion")
    if isinstance(transcript, Transcript):
        words = [Span(w.start, w.end, w.probability, w.text.strip()) for w in transcript.words]
        yield Lane("words", "words", words)
    if isinstance(emotion, Emotion):
        moods = [
            Span(turn.start, turn.end, turn.probability or 0.0, turn.category)
            for turn in emotion.turns
            if turn.category
        ]
        yield Lane("mood", "mood", moods)
    if isinstance(events, Events):
        for label in ("speech", "singing", "music"):
            found = [Span(s.start, s.end, s.score) for s in events.spans if s.label == label]
            yield Lane("speech" if label == "speech" else "music", label, found)
    rhythm = said.get("rhythm")
    if isinstance(rhythm, Rhythm):
        yield Lane("beats", "beats", [Span(beat, beat + _BEAT, 1.0) for beat in rhythm.beats])
    heard = said.get("tags")
    if isinstance(heard, Tags):
        for strongest in heard.labels[:tags]:
            windows = [
                Span(window.start, window.end, label.score)
                for window in heard.windows
                for label in window.labels
                if label.label == strongest.label and label.score >= _HEARD_ENOUGH
            ]
            yield Lane("tag", strongest.label, windows)
