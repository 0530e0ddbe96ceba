"""Testimonies made by hand, one for each domain, and synthetic ones by the thousand."""

import random
import sys
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pytest

from auricle.experts.base import Heard
from auricle.experts.scene import TagScene
from auricle.pipeline.text.testimony import Testimony
from auricle.schemas.acoustics import Degradations, Quality, Reverb
from auricle.schemas.annotation import (
    Description,
    Domain,
    DomainCode,
    LabelScore,
    Span,
    Tags,
    TagWindow,
    Vad,
)
from auricle.schemas.audioset import LABELS, branch
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
    Voice,
    VoiceMeasures,
    Word,
)

DURATION = 10.0


def scored(*pairs: tuple[str, float]) -> tuple[LabelScore, ...]:
    ordered = sorted(pairs, key=lambda pair: -pair[1])
    return tuple(LabelScore(label=label, score=score) for label, score in ordered)


def make_tags(clip_id: str, grid: list[dict[str, float]]) -> Tags:
    """Return tags from one dict of labels for each 2-s window."""
    windows = tuple(
        TagWindow(start=2.0 * i, end=2.0 * i + 2, labels=scored(*window.items()))
        for i, window in enumerate(grid)
    )
    best: dict[str, float] = {}
    for window in grid:
        for label, score in window.items():
            best[label] = max(best.get(label, 0.0), score)
    return Tags(clip_id=clip_id, windows=windows, labels=scored(*best.items()))


def make_transcript(clip_id: str, text: str, language: str, probability: float) -> Transcript:
    parts = text.split()
    words = tuple(
        Word(start=0.3 * i, end=0.3 * i + 0.25, text=part, probability=probability)
        for i, part in enumerate(parts)
    )
    segment = TranscriptSegment(
        start=0.0,
        end=0.3 * len(parts),
        text=text,
        mean_log_probability=-0.3,
        no_speech_probability=0.02,
        compression_ratio=1.3,
    )
    return Transcript(
        clip_id=clip_id, text=text, language=language, segments=(segment,), words=words
    )


def make_signal(clip_id: str, **changes: float | int | None) -> Signal:
    values: dict[str, float | int | None] = {
        "sample_rate": 16000,
        "channels": 1,
        "peak": -3.0,
        "rms": -24.0,
        "loudness": -22.0,
        "clipped": 0.0,
        "dc_offset": 0.0,
        "bandwidth": 7900.0,
        "silence": 0.02,
        "snr": 30.0,
        "dead_channels": 0,
    }
    return Signal.model_validate({"clip_id": clip_id, **values, **changes})


def make_testimony(
    code: str,
    clip_id: str = "clip",
    *,
    grid: list[dict[str, float]] | None = None,
    spans: tuple[tuple[float, float], ...] = (),
    language: str | None = None,
    text: str | None = None,
    music: Music | None = None,
    quality: tuple[float, float, float] | None = None,
    signal: Signal | None = None,
    recording: Source | None = None,
    more: tuple[Row, ...] = (),
) -> Testimony:
    """Return a testimony as the experts of a run would give it, gates included."""
    beliefs = [0.97 if letter != "0" else 0.03 for letter in code]
    rows: list[Row] = [
        *more,
        signal or make_signal(clip_id),
        Domain(
            clip_id=clip_id,
            code=cast(DomainCode, code),
            speech=beliefs[0],
            music=beliefs[1],
            sound=beliefs[2],
            silent=code == "000",
        ),
    ]
    if grid is not None:
        tags = make_tags(clip_id, grid)
        heard = Heard(clip_id, np.zeros(0, np.float32), 16_000, (*rows, tags))
        rows = [tags, *TagScene().annotate([heard]), *rows]
    if spans:
        found = tuple(Span(start=start, end=end) for start, end in spans)
        rows.append(Vad(clip_id=clip_id, spans=found, speech_seconds=5.0, peak=0.98))
    if language is not None:
        rows.append(Language(clip_id=clip_id, language=language, probability=0.95))
    if text is not None and language is not None:
        rows.append(make_transcript(clip_id, text, language, 0.9))
    if quality is not None:
        speech, background, overall = quality
        rows.append(Quality(clip_id=clip_id, speech=speech, background=background, overall=overall))
    if music is not None:
        rows.append(music)
    return Testimony.of(clip_id, DURATION, rows, recording)


def make_diarization(
    clip_id: str, speakers: int, confidence: float, *turns: tuple[str, float, float]
) -> Diarization:
    return Diarization(
        clip_id=clip_id,
        turns=tuple(Turn(speaker=name, start=start, end=end) for name, start, end in turns),
        speakers=speakers,
        confidence=confidence,
    )


def make_traits(clip_id: str, *speakers: tuple[Any, ...]) -> Traits:
    """Return traits from a name, a gender, how sure it is and, if known, an age band each."""
    rows = [
        SpeakerTraits(
            speaker=name,
            seconds=5.0 - at,
            gender=gender,
            gender_probability=sure,
            age_band=age[0] if age else None,
        )
        for at, (name, gender, sure, *age) in enumerate(speakers)
    ]
    return Traits(clip_id=clip_id, speakers=tuple(rows))


def make_voice(clip_id: str, health: tuple[str, float] | None = None, **values: float) -> Voice:
    measures = {"start": 0.0, "end": DURATION, "voiced_seconds": 4.0, **values}
    words = scored(health) if health else ()
    return Voice(clip_id=clip_id, clip=VoiceMeasures.model_validate(measures), health=words)


def make_degradations(clip_id: str, *found: tuple[str, float]) -> Degradations:
    rows = [{"kind": kind, "score": score} for kind, score in found]
    return Degradations.model_validate({"clip_id": clip_id, "found": rows})


GOLDEN = {
    "000": make_testimony(
        "000",
        signal=make_signal("clip", peak=-120.0, rms=-120.0, loudness=None, silence=1.0, snr=0.0),
        grid=[{"Silence": 1.0}] * 5,
    ),
    "00A": make_testimony(
        "00A",
        grid=[{"Rain": 0.9, "Water": 0.8}] * 2
        + [{"Rain": 0.8, "Animal": 0.95, "Dog": 0.9, "Bark": 0.85}]
        + [{"Rain": 0.85}] * 2,
    ),
    "0M0": make_testimony(
        "0M0",
        grid=[{"Music": 0.99, "Piano": 0.8, "Classical music": 0.6}] * 5,
        music=Music(
            clip_id="clip",
            genres=scored(("classical", 0.7)),
            instruments=scored(("piano", 0.8), ("violin", 0.4)),
            moods=scored(("sad", 0.3)),
            tempos=scored(("slow", 0.6)),
        ),
    ),
    "0MA": make_testimony(
        "0MA",
        grid=[{"Music": 0.95}] * 2
        + [{"Music": 0.4, "Applause": 0.9}]
        + [{"Applause": 0.95, "Cheering": 0.7}] * 2,
        music=Music(
            clip_id="clip",
            genres=scored(("rock", 0.6)),
            instruments=scored(("guitar", 0.7), ("drums", 0.5)),
            vocals=scored(("male vocals", 0.5)),
            eras=scored(("1980s", 0.2)),
        ),
    ),
    "S00": make_testimony(
        "S00",
        grid=[{"Speech": 0.99, "Female speech, woman speaking": 0.9}] * 5,
        spans=((0.2, 4.6), (5.2, 9.8)),
        language="fr",
        text="Bonjour à tous, je suis très heureuse de vous retrouver aujourd'hui.",
        quality=(3.6, 3.9, 3.3),
    ),
    "S0A": make_testimony(
        "S0A",
        grid=[{"Speech": 0.98}] * 3
        + [{"Speech": 0.7, "Vehicle": 0.9, "Car": 0.8, "Car passing by": 0.75}]
        + [{"Speech": 0.2, "Vehicle horn, car horn, honking": 0.85}],
        spans=((0.0, 7.5),),
        language="en",
        text="We should cross at the next light and then turn left.",
    ),
    "SM0": make_testimony(
        "SM0",
        grid=[{"Speech": 0.9, "Music": 0.8, "Electronic music": 0.5}] * 5,
        spans=((1.0, 9.0),),
        language="ja",
        text="本日はお集まりいただきまして誠にありがとうございます。",
        music=Music(clip_id="clip", genres=scored(("electronic", 0.6), ("dance", 0.4))),
    ),
    "SMA": make_testimony(
        "SMA",
        grid=[{"Music": 0.9, "Waves, surf": 0.7}] * 2
        + [{"Speech": 0.9, "Male speech, man speaking": 0.8, "Laughter": 0.6}] * 3,
        spans=((4.2, 9.9),),
        language="es",
        text="Vamos a la playa esta tarde.",
        music=Music(clip_id="clip", instruments=scored(("guitar", 0.6))),
    ),
}


GOLDEN |= {
    "conversation": make_testimony(
        "S00",
        "talk",
        grid=[{"Speech": 0.99, "Conversation": 0.4}] * 5,
        spans=((0.2, 3.8), (4.1, 6.9), (7.2, 9.8)),
        language="en",
        text="Did you get the letter that I sent you? I did, and I was so happy.",
        quality=(3.6, 3.9, 3.3),
        more=(
            make_diarization("talk", 2, 0.8, ("A", 0.2, 3.8), ("B", 4.1, 6.9), ("A", 7.2, 9.8)),
            make_traits("talk", ("A", "female", 0.95), ("B", "male", 0.9)),
            LanguageOpinion(clip_id="talk", language="en", probability=0.9, agrees=True),
            Emotion(clip_id="talk", arousal=0.82),
            Reverb(clip_id="talk", rt60=0.24, decays=4, confidence=0.8),
        ),
    ),
    "angry man": make_testimony(
        "S00",
        "angry",
        grid=[{"Speech": 0.99, "Male speech, man speaking": 0.6}] * 5,
        spans=((0.0, 9.6),),
        language="de",
        quality=(3.0, 3.2, 2.8),
        more=(
            make_diarization("angry", 1, 0.9, ("A", 0.0, 9.6)),
            make_traits("angry", ("A", "male", 0.9, "elderly")),
            LanguageOpinion(clip_id="angry", language="nl", probability=0.6, agrees=False),
            Emotion(clip_id="angry", category="angry", probability=0.85, arousal=0.9),
            make_voice("angry", pitch=88.0, pitch_range=11.0, rate=6.1, health=("hoarse", 0.7)),
            Accent(clip_id="angry", accent="Bavarian", probability=0.7),
            Reverb(clip_id="angry", rt60=1.6, decays=3, confidence=0.7),
            make_degradations("angry", ("hum", 0.9), ("dropouts", 0.8)),
        ),
    ),
    "dance": make_testimony(
        "0M0",
        "dance",
        grid=[{"Music": 0.99, "Techno": 0.6}] * 5,
        music=Music(
            clip_id="dance",
            genres=scored(("techno", 0.8)),
            instruments=scored(("drums", 0.6)),
            tempos=scored(("fast", 0.6)),
        ),
        more=(
            Rhythm(
                clip_id="dance",
                tempo=128.0,
                tempo_confidence=0.9,
                tempos=(Tempo(bpm=128.0, score=0.8), Tempo(bpm=64.0, score=0.2)),
                beats=tuple(0.47 * i for i in range(21)),
                regularity=0.95,
                key="F#",
                mode="minor",
                key_confidence=0.8,
            ),
        ),
    ),
    "cave": make_testimony(
        "00A",
        "cave",
        grid=[{"Drip": 0.9, "Reverberation": 0.5, "Inside, small room": 0.6}] * 5,
        more=(
            Reverb(clip_id="cave", rt60=3.1, c50=-4.0, decays=5, confidence=0.8),
            make_degradations("cave", ("hum", 0.7), ("hiss", 0.9)),
            Description(clip_id="cave", text="Water drips in a [cave], 3 drops\na second."),
        ),
    ),
}


@pytest.fixture(params=sorted(GOLDEN))
def golden(request: pytest.FixtureRequest) -> Testimony:
    """Each domain in turn."""
    return GOLDEN[request.param]


@pytest.fixture
def by_code() -> dict[str, Testimony]:
    return GOLDEN


@pytest.fixture
def build() -> Callable[..., Testimony]:
    return make_testimony


@pytest.fixture
def build_signal() -> Callable[..., Signal]:
    return make_signal


@pytest.fixture(scope="session")
def many() -> list[Testimony]:
    """Two thousand synthetic clips, domains in the shares that MECAT has."""
    return [_synthetic(index) for index in range(2000)]


_SHARES = {
    "000": 9,
    "00A": 42,
    "0M0": 129,
    "0MA": 10,
    "S00": 391,
    "S0A": 122,
    "SM0": 265,
    "SMA": 32,
}
_SOUNDS = [label for label in LABELS if branch(label) == "sound"]
_GENRES = ["rock", "pop", "classical", "jazz", "electronic", "folk", "hip hop", "ambient", "blues",
           "country", "metal", "techno", "indie pop", "R&B", "new age", "Indian music"]  # fmt: skip
_INSTRUMENTS = ["guitar", "drums", "piano", "violin", "flute", "strings", "synthesizer", "cello",
                "harp", "sitar", "harpsichord"]  # fmt: skip
_MOODS = ["happy", "sad", "mellow", "relaxed", "party", "soft", "quiet", "loud"]
_LANGUAGES = ["en"] * 4 + ["es"] * 3 + ["pt", "pt", "ru", "ru", "fr", "ko", "de", "ja", "hi", "id"]
_WORDS = [
    "the", "of", "and", "people", "time", "water", "day", "work", "place", "year", "good",
    "think", "home", "night", "story", "little", "house", "world", "name", "read", "line",
    "river", "music", "city", "light", "family", "letter", "morning", "answer", "road", "la",
    "casa", "que", "los", "para", "tiempo", "agua", "gente", "dia", "vida", "mundo", "noche",
]  # fmt: skip


def _synthetic(index: int) -> Testimony:
    rng = random.Random(index)
    code = rng.choices(list(_SHARES), list(_SHARES.values()))[0]
    clip_id = f"video{index}_{rng.randrange(100)}"
    grid: list[dict[str, float]] = [{} for _ in range(5)]
    spans: tuple[tuple[float, float], ...] = ()
    language = text = quality = music = None
    if code[0] == "S":
        start = rng.choice([0.0, 0.3, 2.5])
        gap = rng.uniform(0.1, 3.0)
        middle = rng.uniform(start + 1.0, 6.0)
        spans = ((start, middle), (middle + gap, rng.uniform(middle + gap + 0.5, 10.0)))
        _fill(grid, "Speech", 0, 5, rng.uniform(0.7, 1.0))
        if rng.random() < 0.8:
            language = rng.choice(_LANGUAGES)
            if rng.random() < 0.7:
                text = " ".join(rng.choices(_WORDS, k=rng.randint(3, 30))).capitalize() + "."
        quality = (rng.uniform(1.8, 3.9), rng.uniform(1.5, 4.2), rng.uniform(1.5, 3.6))
        if rng.random() < 0.4:
            who = rng.choice(["Male speech, man speaking", "Female speech, woman speaking"])
            _fill(grid, who, 0, 5, rng.uniform(0.4, 0.95))
    if code[1] == "M":
        first = rng.choice([0, 0, 0, 1, 2])
        _fill(grid, "Music", first, rng.choice([5, 5, 4]), rng.uniform(0.6, 1.0))
        music = Music(
            clip_id=clip_id,
            genres=_some(rng, _GENRES, 2),
            instruments=_some(rng, _INSTRUMENTS, 3),
            moods=_some(rng, _MOODS, 2),
            vocals=_some(rng, ["female vocals", "male vocals", "choir", "singing"], 1),
            eras=_some(rng, ["1970s", "1980s", "1990s"], 1) if rng.random() < 0.3 else (),
            tempos=_some(rng, ["slow", "fast"], 1),
        )
    if code[2] == "A":
        for label in rng.sample(_SOUNDS, rng.randint(1, 3)):
            first = rng.randrange(5)
            _fill(grid, label, first, rng.randint(first + 1, 5), rng.uniform(0.3, 1.0))
    signal = make_signal(
        clip_id,
        loudness=rng.gauss(-22, 7),
        snr=rng.uniform(3, 60),
        silence=rng.random() ** 3 if code != "000" else 1.0,
        bandwidth=rng.choice([3800.0, 6000.0, 7900.0, 7900.0]),
        rms=-24.0 if code != "000" else -80.0,
        peak=-3.0 if code != "000" else rng.choice([-120.0, -62.0]),
    )
    return make_testimony(code, clip_id, grid=grid, spans=spans, language=language, text=text,
                          music=music, quality=quality, signal=signal,
                          more=_listened(code, clip_id, spans))  # fmt: skip


def _listened(code: str, clip_id: str, spans: tuple[tuple[float, float], ...]) -> tuple[Row, ...]:
    """Return what the experts on voices, rhythm and rooms say, each of half of the clips."""
    rng = random.Random(clip_id)
    rows: list[Row] = []
    if code[0] == "S" and rng.random() < 0.5:
        number = rng.choice([1, 1, 1, 2])
        turns = [("AB"[at % number], *span) for at, span in enumerate(spans)]
        genders = [(name, rng.choice(["female", "male"]), rng.uniform(0.6, 1.0)) for name in "AB"]
        rows += [
            make_diarization(clip_id, number, rng.uniform(0.3, 1.0), *turns),
            make_traits(clip_id, *genders[:number]),
            Emotion(clip_id=clip_id, arousal=rng.random()),
            make_voice(
                clip_id,
                pitch=rng.uniform(80, 260),
                pitch_range=rng.uniform(2, 18),
                rate=rng.uniform(2, 7),
            ),
        ]
    if code[1] == "M" and rng.random() < 0.5:
        rows.append(
            Rhythm(
                clip_id=clip_id,
                tempo=rng.uniform(60, 170),
                tempo_confidence=rng.random(),
                beats=tuple(0.5 * at for at in range(20)),
                regularity=rng.random(),
                mode=rng.choice(["major", "minor"]),
                key_confidence=rng.random(),
            )
        )
    if rng.random() < 0.5:
        rows.append(Reverb(clip_id=clip_id, rt60=rng.uniform(0.1, 2.0), confidence=rng.random()))
        rows.append(make_degradations(clip_id, ("hum", rng.random()), ("hiss", rng.random())))
    return tuple(rows)


def _fill(grid: list[dict[str, float]], label: str, first: int, last: int, score: float) -> None:
    for window in grid[first:last]:
        window[label] = score


def _some(rng: random.Random, labels: list[str], most: int) -> tuple[LabelScore, ...]:
    chosen = rng.sample(labels, rng.randint(0, most))
    return scored(*((label, rng.uniform(0.4, 0.9)) for label in chosen))


@pytest.fixture(autouse=True, scope="module")
def without_lazy_modules() -> None:
    """Forget speechbrain's lazy modules: hypothesis looks into every module, and they raise."""
    for name in [name for name in sys.modules if name.startswith("speechbrain")]:
        del sys.modules[name]
    loader: Any = sys.modules.get("torch.utils.data.dataloader")
    if loader and hasattr(loader._BaseDataLoaderIter, "__old_init__"):  # patched; once is enough
        loader._BaseDataLoaderIter.__init__ = loader._BaseDataLoaderIter.__old_init__
        del loader._BaseDataLoaderIter.__old_init__
