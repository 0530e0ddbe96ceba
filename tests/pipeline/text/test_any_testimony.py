"""Whatever experts may say, the writers keep to their rules."""

import re
from typing import Any, get_args

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auricle.pipeline.text.evidence import gather, render
from auricle.pipeline.text.facts import learn
from auricle.pipeline.text.rules.captions import write_captions
from auricle.pipeline.text.rules.draft import bare
from auricle.pipeline.text.rules.questions import write_qa
from auricle.pipeline.text.testimony import Testimony
from auricle.schemas.acoustics import Degradation, Degradations, Quality, Reverb
from auricle.schemas.annotation import (
    Description,
    Domain,
    Events,
    EventSpan,
    LabelScore,
    Scene,
    Span,
    Tags,
    TagWindow,
    Vad,
)
from auricle.schemas.audioset import LABELS
from auricle.schemas.base import Row
from auricle.schemas.clip import Signal, Source
from auricle.schemas.music import Music, Rhythm, Tempo
from auricle.schemas.speech import (
    Accent,
    Diarization,
    Emotion,
    Language,
    LanguageOpinion,
    SpeakerTraits,
    Traits,
    Transcript,
    TranscriptSegment,
    Turn,
    TurnEmotion,
    Voice,
    VoiceMeasures,
    Word,
)

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


name = st.sampled_from(["A", "B", "C", "D", "E"])
AGES = ["child", "teenager", "young adult", "middle-aged", "elderly"]
VOICED = "angry|sad|neutral|other|<unk>|breathy|hoarse|clear|Indian|Odd 7|accented|"
voiced = st.one_of(st.sampled_from(VOICED.split("|")), text)
scene = st.sampled_from(["kitchen", "street", "Odd scene 4", ""])
measures = st.builds(
    VoiceMeasures,
    start=seconds,
    end=seconds,
    speaker=maybe(name),
    voiced_seconds=seconds,
    pitch=maybe(st.floats(20, 900)),
    pitch_range=maybe(st.floats(0, 60)),
    rate=maybe(st.floats(0, 30)),
)
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
        Diarization,
        **common,
        turns=some(st.builds(Turn, start=seconds, end=seconds, speaker=name), 8),
        speakers=maybe(st.integers(0, 7)),
        confidence=maybe(share),
        overlap_seconds=maybe(seconds),
    ),
    st.builds(
        LanguageOpinion,
        **common,
        language=maybe(st.sampled_from(["en", "fr", "zz"])),
        probability=maybe(share),
        agrees=maybe(st.booleans()),
    ),
    st.builds(
        Voice,
        **common,
        clip=maybe(measures),
        turns=some(measures),
        timbre=scores(voiced),
        health=scores(voiced),
    ),
    st.builds(
        Emotion,
        **common,
        turns=some(st.builds(TurnEmotion, start=seconds, end=seconds, category=maybe(voiced))),
        category=maybe(voiced),
        probability=maybe(share),
        arousal=maybe(share),
        valence=maybe(share),
    ),
    st.builds(
        Traits,
        **common,
        speakers=some(
            st.builds(
                SpeakerTraits,
                speaker=maybe(name),
                seconds=seconds,
                gender=maybe(st.sampled_from(["female", "male"])),
                gender_probability=maybe(share),
                age_band=maybe(st.sampled_from(AGES)),
            )
        ),
    ),
    st.builds(Accent, **common, accent=maybe(voiced), probability=maybe(share)),
    st.builds(
        Rhythm,
        **common,
        tempo=maybe(st.floats(1, 400)),
        tempo_confidence=maybe(share),
        tempos=some(st.builds(Tempo, bpm=st.floats(1, 400), score=share)),
        beats=some(seconds, 20),
        regularity=maybe(share),
        key=maybe(st.sampled_from(["C", "F#"])),
        mode=maybe(st.sampled_from(["major", "minor"])),
        key_confidence=maybe(share),
    ),
    st.builds(
        Reverb,
        **common,
        rt60=maybe(st.floats(0, 20)),
        c50=maybe(st.floats(-60, 90)),
        confidence=maybe(share),
    ),
    st.builds(
        Degradations,
        **common,
        found=some(
            st.builds(
                Degradation,
                kind=st.sampled_from(get_args(Degradation.model_fields["kind"].annotation)),
                score=share,
                value=maybe(number),
            ),
            8,
        ),
        snr=maybe(number),
        noise=scores(voiced),
    ),
    st.builds(
        Scene,
        **common,
        labels=scores(scene),
        place=maybe(st.sampled_from(["indoors", "outdoors", "vehicle"])),
        probability=maybe(share),
    ),
    st.builds(Description, **common, text=maybe(text), model=maybe(text)),
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


GENDERS = {"a woman": r"\bwom[ae]n\b|\bfemale\b|\bshe\b", "a man": r"\bm[ae]n\b|\bmale\b|\bhe\b"}
MANY = re.compile(
    r"(?i)\b(two|three|four|several) (\w+ )?(voices|people|men|women|children)\b|\bin turn\b"
)


@ANY
@given(any_testimony())
def test_no_gender_and_no_number_of_speakers_is_claimed_that_nobody_surely_heard(
    said: Testimony,
) -> None:
    facts = learn(said)
    sure = " ".join(
        fact.text for fact in facts.of("speaker", "singing", "sound", "turn") if fact.sure
    )
    count = facts.one("count")
    several = (count is not None and count.sure and count.value != "one") or "conversation" in sure
    captions, qa = write_captions(said), write_qa(said)
    written = [one.text for kind in CATEGORIES for one in getattr(captions, kind) or ()]
    written += [one for pair in qa.pairs for one in (pair.question, pair.answer)]
    for one in map(unquoted, written):
        for pattern in GENDERS.values():
            assert re.search(pattern, sure) or not re.search(pattern, one, re.IGNORECASE), one
        assert several or not MANY.search(one), one


@ANY
@given(any_testimony())
def test_every_claim_that_is_not_hedged_leans_on_what_is_sure(said: Testimony) -> None:
    sure_only = {"count", "turn", "exchange", "age", "emotion", "arousal", "valence", "accent",
                 "beat", "key", "flaw", "impression", "title", "description"}  # fmt: skip
    facts = {fact.id: fact for fact in learn(said).all}
    captions, qa = write_captions(said), write_qa(said)
    written = [one.support for kind in CATEGORIES for one in getattr(captions, kind) or ()]
    for support in [*written, *(pair.support for pair in qa.pairs)]:
        for id in support:
            assert facts[id].sure or facts[id].kind not in sure_only, facts[id]
