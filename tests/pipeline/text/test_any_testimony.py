"""Whatever experts may say, the writers keep to their rules."""

import re
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auricle.pipeline.text.evidence import gather, render
from auricle.pipeline.text.rules.captions import write_captions
from auricle.pipeline.text.rules.draft import bare
from auricle.pipeline.text.rules.questions import write_qa
from auricle.pipeline.text.testimony import Testimony
from auricle.schemas.acoustics import Quality
from auricle.schemas.annotation import (
    Domain,
    Events,
    EventSpan,
    LabelScore,
    Span,
    Tags,
    TagWindow,
    Vad,
)
from auricle.schemas.audioset import LABELS
from auricle.schemas.base import Row
from auricle.schemas.clip import Signal, Source
from auricle.schemas.music import Music
from auricle.schemas.speech import Language, Transcript, TranscriptSegment, Word

CODES = ("000", "00A", "0M0", "0MA", "S00", "S0A", "SM0", "SMA")
CATEGORIES = ("short", "long", "speech", "music", "sound", "environment")
EXPERT_TALK = re.compile(
    r"(?i)\b(detected|classified|classifier|probability|models?|metrics?|metadata|audioset|"
    r"dnsmos|lufs|confidence)\b"
)

share = st.floats(0, 1)
number = st.floats(-200, 30000)
seconds = st.floats(0, 30)
MUSICAL = (
    "rock|classical|guitar|drums|happy|sad|slow|fast|male vocals|choir|no vocals|1980s|loud|R&B"
    "|odd 7"
)
musical = st.sampled_from(MUSICAL.split("|"))
label = st.one_of(st.sampled_from(LABELS), st.sampled_from(["Odd label 9", "", "(7)"]))
text = st.text(max_size=80)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


def scores(labels: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[LabelScore, ...]]:
    one = st.builds(LabelScore, label=labels, score=share)
    return st.lists(one, max_size=8).map(tuple)


def some(strategy: st.SearchStrategy[Any], most: int = 4) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(strategy, max_size=most).map(tuple)


status = st.sampled_from(["ok", "ok", "ok", "skipped", "error"])
common: dict[str, Any] = {"clip_id": st.just("clip"), "status": status}
ROWS: tuple[st.SearchStrategy[Row], ...] = (
    st.builds(
        Signal,
        **common,
        sample_rate=maybe(st.sampled_from([8000, 16000, 44100])),
        peak=maybe(st.floats(-120, 0)),
        rms=maybe(st.floats(-120, 0)),
        loudness=maybe(number),
        clipped=maybe(share),
        bandwidth=maybe(number),
        silence=maybe(share),
        snr=maybe(number),
    ),
    st.builds(
        Tags,
        **common,
        windows=some(st.builds(TagWindow, start=seconds, end=seconds, labels=scores(label)), 5),
        labels=scores(label),
    ),
    st.builds(
        Events,
        **common,
        spans=some(
            st.builds(
                EventSpan,
                start=seconds,
                end=seconds,
                label=st.sampled_from(["speech", "singing", "music"]),
                score=share,
            )
        ),
    ),
    st.builds(
        Vad, **common, spans=some(st.builds(Span, start=seconds, end=seconds)), peak=maybe(share)
    ),
    st.builds(
        Domain,
        **common,
        code=st.sampled_from(CODES),
        speech=maybe(share),
        music=maybe(share),
        sound=maybe(share),
        silent=maybe(st.booleans()),
    ),
    st.builds(
        Language,
        **common,
        language=maybe(st.sampled_from(["en", "fr", "ja", "th", "zz", ""])),
        probability=maybe(share),
    ),
    st.builds(
        Transcript,
        **common,
        text=maybe(text),
        language=maybe(st.sampled_from(["en", "fr", "ja", "th"])),
        segments=some(
            st.builds(
                TranscriptSegment,
                start=seconds,
                end=seconds,
                text=text,
                mean_log_probability=st.floats(-3, 0),
                no_speech_probability=share,
                compression_ratio=st.floats(0, 4),
            ),
            2,
        ),
        words=some(st.builds(Word, start=seconds, end=seconds, text=text, probability=share)),
    ),
    st.builds(
        Quality,
        **common,
        speech=maybe(st.floats(-1, 6)),
        background=maybe(st.floats(-1, 6)),
        overall=maybe(st.floats(-1, 6)),
    ),
    st.builds(
        Music,
        **common,
        genres=scores(musical),
        instruments=scores(musical),
        moods=scores(musical),
        vocals=scores(musical),
        eras=scores(musical),
        tempos=scores(musical),
    ),
)
source = st.builds(Source, recording_id=text, path=text, title=maybe(text), description=maybe(text))


@st.composite
def any_testimony(draw: st.DrawFn) -> Testimony:
    chosen = [draw(row) for row in ROWS if draw(st.booleans())]
    clip_id, duration = draw(st.text(min_size=1, max_size=12)), draw(seconds)
    return Testimony.of(clip_id, duration, chosen, draw(maybe(source)))


def unquoted(said: str) -> str:
    return re.sub(r'"[^"]*"', "", said)


ANY = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))


@ANY
@given(any_testimony())
def test_evidence_is_one_numbered_line_each(said: Testimony) -> None:
    evidence = gather(said)
    lines = render(evidence).splitlines()
    assert len(lines) == len(evidence)
    for index, (piece, line) in enumerate(zip(evidence, lines, strict=True), 1):
        assert piece.id == f"E{index}" and line.startswith(f"[E{index}]")
        assert 0 <= piece.confidence <= 1
        assert (piece.start is None) == (piece.end is None)
        if piece.start is not None and piece.end is not None:
            assert 0 <= piece.start <= piece.end <= said.duration + 0.01


@ANY
@given(any_testimony())
def test_captions_keep_to_their_rules(said: Testimony) -> None:
    captions = write_captions(said)
    if said.code is None:
        assert captions.status == "skipped"
        return
    known = {piece.id for piece in gather(said)}
    for letter, category in zip(said.code, ("speech", "music", "sound"), strict=True):
        assert (getattr(captions, category) is None) == (letter == "0")
    for category in CATEGORIES:
        found = getattr(captions, category)
        if found is None:
            assert category not in ("short", "long")
            continue
        assert len({bare(one.text) for one in found}) == len(found) == 3
        for one in found:
            assert one.support and set(one.support) <= known
            assert 0 <= one.confidence <= 1
            assert one.text.isprintable()
            assert not re.search(r"\d", unquoted(one.text))
            assert not EXPERT_TALK.search(unquoted(one.text))
            if category == "short":
                assert len(one.text.split()) <= 15


@ANY
@given(any_testimony())
def test_questions_keep_to_their_rules(said: Testimony) -> None:
    qa = write_qa(said)
    if qa.status == "skipped":
        assert not qa.pairs
        return
    known = {piece.id for piece in gather(said)}
    assert len({bare(pair.question) for pair in qa.pairs}) == len(qa.pairs) == 5
    for pair in qa.pairs:
        assert pair.support and set(pair.support) <= known
        assert pair.question.endswith("?")
        assert 3 <= len(pair.answer.split()) <= 15
        for one in (pair.question, pair.answer):
            assert one.isprintable()
            assert not re.search(r"\d", unquoted(one))
            assert not EXPERT_TALK.search(unquoted(one))
