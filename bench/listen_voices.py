"""What labelled recordings say of the voices: who speaks when, how many, who and in what mood."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from listen_rows import Diarized, Figure, Listened, Who, share

EXCITED = frozenset({"anger", "fear", "happiness", "surprise"})
CALM = frozenset({"boredom", "calm", "neutral", "sadness"})
"""Acted emotions of high and of low arousal; disgust is neither."""

COLLARS = (0.0, 0.25)
"""Seconds left out of the score on each side of a boundary."""


def diarization(rows: Sequence[Listened]) -> Iterator[Figure]:
    """Yield the error rate by clip, beside that of the same stretches called one speaker.

    Speakers are matched to the labels within each clip, overlap counts, and clips are pooled by
    their time (pyannote.metrics).
    """
    clips = [clip for row in rows for clip in row.diarized if clip.timed]
    for collar in COLLARS:
        told = f"DER, collar {collar:g} s"
        yield Figure(told, _error_rate(clips, collar, one=False), len(clips))
        yield Figure(f"{told}, as one speaker", _error_rate(clips, collar, one=True), len(clips))


def speakers(rows: Sequence[Listened]) -> Iterator[Figure]:
    """Yield how often the number of speakers is right, on all clips and on those heard surely."""
    clips = [clip for row in rows for clip in row.diarized if clip.true_speakers]
    for name, several in (("one", False), ("several", True)):
        chosen = [clip for clip in clips if (clip.true_speakers > 1) is several]
        yield Figure(f"speakers, {name}", *share(_count_right(clip) for clip in chosen))
        yield Figure(f"speakers, {name}: sure", *share(clip.sure for clip in chosen))
        sure = share(_count_right(clip) for clip in chosen if clip.sure)
        yield Figure(f"speakers, {name}: right of sure", *sure)


def gender(rows: Sequence[Listened]) -> Iterator[Figure]:
    """Yield how often the gender of a lone speaker is right, by corpus; open answers are wrong."""
    groups: dict[str, list[tuple[str, str | None]]] = defaultdict(list)
    for row in rows:
        true = row.label("gender")
        if true in ("female", "male") and "|" not in row.label("speaker_id"):
            groups[_corpus(row)].append((true, row.gender))
    for name, pairs in sorted(groups.items()):
        yield Figure(f"gender, {name}", *share(true == said for true, said in pairs))
        answered = share(true == said for true, said in pairs if said is not None)
        yield Figure(f"gender, {name}: right of answered", *answered)


def arousal(rows: Sequence[Listened]) -> Iterator[Figure]:
    """Yield the balanced accuracy of excited against calm, of acted emotions, by corpus."""
    groups: dict[str, list[tuple[bool, float | None]]] = defaultdict(list)
    for row in rows:
        emotion = row.label("emotion")
        if emotion in EXCITED | CALM:
            for name in (_corpus(row), "all"):
                groups[name].append((emotion in EXCITED, row.arousal))
    for name, pairs in sorted(groups.items()):
        sides = [
            share(said is not None and (said > 0.5) is true for true, said in pairs if true is side)
            for side in (True, False)
        ]
        balanced = sum(side.value for side in sides) / 2
        yield Figure(f"arousal, {name}, balanced", balanced, len(pairs))
        yield Figure(f"arousal, {name}: answered", *share(said is not None for _, said in pairs))


SCORES = (diarization, speakers, gender, arousal)


def true_turns(text: str) -> tuple[Who, ...]:
    """Return the turns of an RTTM file."""
    lines = (line.split() for line in text.splitlines() if line.startswith("SPEAKER"))
    return tuple(
        Who(float(at), float(at) + float(seconds), who)
        for _, _, _, at, seconds, _, _, who, *_ in lines
    )


def cut_out(turns: Sequence[Who], start: float, end: float) -> tuple[Who, ...]:
    """Return the turns between two times, counted from the first."""
    return tuple(
        Who(max(turn.start, start) - start, min(turn.end, end) - start, turn.speaker)
        for turn in turns
        if turn.start < end and turn.end > start
    )


def audible(turns: Sequence[Who]) -> int:
    """Return how many speakers are heard for half a second or more."""
    seconds: Counter[str] = Counter()
    for turn in turns:
        seconds[turn.speaker] += turn.end - turn.start
    return sum(length >= 0.5 for length in seconds.values())


def _count_right(clip: Diarized) -> bool:
    return clip.speakers == clip.true_speakers


def _error_rate(clips: Sequence[Diarized], collar: float, one: bool) -> float | None:
    from pyannote.core import Annotation, Segment, Timeline
    from pyannote.metrics.diarization import DiarizationErrorRate

    def annotation(turns: Sequence[Who], one: bool = False) -> Any:
        made = Annotation()
        for track, turn in enumerate(turns):
            made[Segment(turn.start, turn.end), track] = "one" if one else turn.speaker
        return made.support() if one else made

    metric = DiarizationErrorRate(collar=2 * collar)  # it takes the width of both sides
    for clip in clips:
        metric(
            annotation(clip.true_turns),
            annotation(clip.turns, one),
            uem=Timeline([Segment(0, clip.seconds)]),
        )
    return abs(metric) if clips else None


def _corpus(row: Listened) -> str:
    """Return the corpus that a row is from, or `other`."""
    told = " ".join((row.label("licence"), row.label("speaker_id"), row.path)).lower()
    for name in ("LibriSpeech", "EmoDB", "RAVDESS"):
        if name.lower() in told:
            return name
    return "other"
