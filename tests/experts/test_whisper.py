"""Language and transcript: what is answered, what is left open, and how often Whisper listens."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from auricle.experts import whisper_model
from auricle.experts.base import Heard
from auricle.experts.models import find
from auricle.experts.sound import decode_flac, resample
from auricle.experts.transcript_guards import Draft
from auricle.experts.whisper import WhisperLanguage, WhisperTranscript
from auricle.experts.whisper_model import Encoder, Window, ear
from auricle.schemas.annotation import LabelScore, Span, Vad
from auricle.schemas.errors import MissingModel
from auricle.schemas.speech import Language, Transcript, Word

RATE = 16000
DEV = Path(__file__).parents[3] / "shared" / "data" / "dev"


@dataclass
class FakeEar:
    """Stands for Whisper: says what it is told and notes what it was asked."""

    found: list[tuple[str, float]] = field(default_factory=lambda: [("en", 0.97), ("de", 0.02)])
    drafts: list[Draft] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)

    def knows(self, language: str) -> bool:
        return language in ("en", "de", "jw", "nn")

    def languages(self, waveforms: Sequence[Any]) -> list[list[tuple[str, float]]]:
        return [self.found for _ in waveforms]

    def write(self, clips: Sequence[Sequence[Window]], beam_size: int) -> list[list[Draft]]:
        self.windows += [window for windows in clips for window in windows]
        return [self.drafts for _ in clips]


def draft(text: str, start: float = 0.5, sure: float = -0.3) -> Draft:
    """Return a segment as Whisper writes it, 0.4 s a word."""
    words = tuple(
        Word(start=start + 0.4 * i, end=start + 0.4 * i + 0.4, text=f" {word}", probability=0.9)
        for i, word in enumerate(text.split())
    )
    return Draft(f" {text}", words, sure, 0.01, 1.0)


def clip(speech: float, language: Language | None = None, seconds: float = 10.0) -> Heard:
    """Return a clip of noise in which somebody speaks for the first `speech` seconds."""
    noise = np.random.default_rng(0).normal(0, 0.1, int(seconds * RATE)).astype(np.float32)
    spans = (Span(start=0.0, end=speech),) if speech else ()
    vad = Vad(clip_id="clip", spans=spans, speech_seconds=speech)
    return Heard("clip", noise, RATE, (vad, language) if language else (vad,))


def listen(fake: FakeEar, one: Heard) -> Language:
    expert = WhisperLanguage()
    expert._ear = fake  # type: ignore[assignment]
    return expert.annotate([one])[0]


def transcribe(fake: FakeEar, one: Heard) -> Transcript:
    expert = WhisperTranscript()
    expert._ear = fake  # type: ignore[assignment]
    return expert.annotate([one])[0]


# Language


@pytest.mark.parametrize(
    ("speech", "probability", "language"),
    [(5.0, 0.6, "en"), (5.0, 0.4, None), (1.0, 0.8, None), (1.0, 0.9, "en"), (0.0, 0.99, None)],
)
def test_the_less_speech_the_surer_a_language_has_to_be(
    speech: float, probability: float, language: str | None
) -> None:
    row = listen(FakeEar([("en", probability), ("de", 0.01)]), clip(speech))
    assert row.language == language
    assert row.probability == probability
    assert [(one.label, one.score) for one in row.candidates] == [
        ("en", probability),
        ("de", 0.01),
    ]
    assert row.speech_seconds == speech


def test_the_code_that_whisper_gives_to_noise_is_no_language() -> None:
    row = listen(FakeEar([("nn", 0.95), ("en", 0.01)]), clip(5.0))
    assert row.language is None
    assert row.candidates[0].label == "nn"


def test_at_most_five_candidates_are_kept() -> None:
    found = [(code, 0.1) for code in ("en", "de", "fr", "es", "it", "nl", "pt")]
    assert len(listen(FakeEar(found), clip(5.0)).candidates) == 5


def test_codes_are_iso_codes_outside_and_whispers_own_inside() -> None:
    fake = FakeEar([("jw", 0.99)], [draft("Sugeng enjing")])
    heard = listen(fake, clip(5.0))
    assert heard.language == "jv"
    row = transcribe(fake, clip(5.0, heard))
    assert [window.language for window in fake.windows] == ["jw"]
    assert row.language == "jv"


# Transcript


def test_the_text_is_decoded_in_the_language_that_was_found() -> None:
    fake = FakeEar(drafts=[draft("Guten Morgen, alle"), draft("zusammen.", start=1.7)])
    row = transcribe(fake, clip(5.0, Language(clip_id="clip", language="de", probability=0.9)))
    assert [window.language for window in fake.windows] == ["de"]
    assert row.language == "de"
    assert row.text == "Guten Morgen, alle zusammen."
    assert [word.text for word in row.words] == ["Guten", "Morgen,", "alle", "zusammen."]
    assert [(one.start, one.end, one.text) for one in row.segments] == [
        (0.5, 1.7, "Guten Morgen, alle"),
        (1.7, 2.1, "zusammen."),
    ]


def test_an_unsure_language_is_tried_but_its_text_needs_more_proof() -> None:
    unsure = Language(
        clip_id="clip",
        language=None,
        probability=0.4,
        candidates=(LabelScore(label="de", score=0.4),),
    )
    fake = FakeEar(drafts=[draft("Guten Morgen.", sure=-0.3)])
    assert transcribe(fake, clip(1.0, unsure)).text == "Guten Morgen."
    fake = FakeEar(drafts=[draft("Guten Morgen.", sure=-0.8)])
    row = transcribe(fake, clip(1.0, unsure))
    assert [window.language for window in fake.windows] == ["de"]
    assert row.text == ""
    assert row.words == row.segments == ()
    assert [(one.guard, one.text) for one in row.rejected] == [
        ("unknown_language", "Guten Morgen.")
    ]


def test_a_pause_of_a_second_parts_the_text() -> None:
    said = draft("one two three")
    last = said.words[2].model_copy(update={"start": 4.0, "end": 4.4})
    said = said._replace(words=(*said.words[:2], last))
    row = transcribe(FakeEar(drafts=[said]), clip(5.0, Language(clip_id="c", language="en")))
    assert [(one.start, one.end, one.text) for one in row.segments] == [
        (0.5, 1.3, "one two"),
        (4.0, 4.4, "three"),
    ]


def test_a_language_that_whisper_does_not_know_is_left_to_whisper() -> None:
    fake = FakeEar([("de", 0.9)], [draft("Azul.")])
    row = transcribe(fake, clip(5.0, Language(clip_id="clip", language="zgh", probability=0.9)))
    assert [window.language for window in fake.windows] == ["de"]
    assert row.language == "de"


@pytest.mark.parametrize(
    "code", ["id", "ms", "jv", "su", "tl", "vi", "th", "km", "lo", "my", "ta", "zh", "yue"]
)
def test_the_languages_of_south_east_asia_keep_their_codes(code: str) -> None:
    from faster_whisper.tokenizer import _LANGUAGE_CODES

    whispers = {"jv": "jw"}.get(code, code)
    assert whispers in _LANGUAGE_CODES
    heard = listen(FakeEar([(whispers, 0.99)]), clip(5.0))
    assert (heard.language, heard.candidates[0].label) == (code, code)
    fake = FakeEar(drafts=[draft("word")])
    fake.knows = lambda language: language == whispers  # type: ignore[method-assign]
    row = transcribe(fake, clip(5.0, heard))
    assert [window.language for window in fake.windows] == [whispers]
    assert row.language == code


def test_no_word_ends_after_the_clip() -> None:
    row = transcribe(FakeEar(drafts=[draft("too late", start=1.5)]), clip(2.0, seconds=2.0))
    assert [(word.start, word.end) for word in row.words] == [(1.5, 1.9), (1.9, 2.0)]


def test_a_clip_of_up_to_thirty_seconds_is_one_window_and_a_longer_one_is_cut_in_pauses() -> None:
    brief, fake = FakeEar(), FakeEar()
    transcribe(brief, clip(5.0))
    assert [(one.start, len(one.waveform)) for one in brief.windows] == [(0.0, 10 * RATE)]
    noise = np.random.default_rng(0).normal(0, 0.1, 80 * RATE).astype(np.float32)
    talk = ((0.0, 12.0), (13.0, 20.0), (26.0, 33.0), (34.0, 78.0))
    vad = Vad(clip_id="clip", spans=tuple(Span(start=start, end=end) for start, end in talk))
    transcribe(fake, Heard("clip", noise, RATE, (vad,)))
    assert [(one.start, one.start + len(one.waveform) / RATE) for one in fake.windows] == [
        (0.0, 23.0),  # the last pause before 30 s
        (23.0, 53.0),  # the pause at 33.5 s comes too early
        (53.0, 80.0),
    ]


# The shared encoder


def features(seconds: float, value: float = 1.0) -> np.ndarray:
    out = np.zeros((80, 3000), np.float32)
    out[:, : int(seconds * 100)] = value
    return out


@dataclass
class FakeEncoder:
    """Gives back the first frame of each sound, and keeps the shapes it was given."""

    shapes: list[tuple[int, ...]] = field(default_factory=list)

    def __call__(self, features: np.ndarray) -> np.ndarray:
        self.shapes.append(features.shape)
        return features[:, :1, :1]


def test_the_encoder_hears_the_same_sound_once() -> None:
    fake = FakeEncoder()
    encoder = Encoder(fake, batch=4)
    first = encoder([features(10), features(10), features(9)])
    assert fake.shapes == [(2, 80, 1500)]
    assert encoder([features(10)])[0] is first[0] is first[1]
    assert len(fake.shapes) == 1


def test_sounds_of_one_length_are_encoded_together_and_come_back_in_order() -> None:
    fake = FakeEncoder()
    values = (1.0, 2.0, 3.0, 4.0)
    out = Encoder(fake, batch=2)([features(20 if value == 2 else 10, value) for value in values])
    assert [float(one[0, 0]) for one in out] == list(values)
    assert fake.shapes == [(2, 80, 1500), (1, 80, 1500), (1, 80, 3000)]


def test_the_window_is_short_where_the_sound_is_and_whole_otherwise() -> None:
    for seconds, frames in ((10, 1500), (14.5, 3000), (30, 3000)):
        fake = FakeEncoder()
        Encoder(fake)([features(seconds)])
        assert fake.shapes == [(1, 80, frames)]


def test_the_encoder_forgets_the_oldest_sound_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whisper_model, "_REMEMBERED", 2)
    fake = FakeEncoder()
    encoder = Encoder(fake)
    for value in (1.0, 2.0, 3.0, 3.0, 2.0):
        encoder([features(5, value)])
    assert len(fake.shapes) == 3
    encoder([features(5, 1.0)])
    assert len(fake.shapes) == 4


def test_more_sounds_than_are_remembered_are_still_all_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(whisper_model, "_REMEMBERED", 2)
    out = Encoder(FakeEncoder(), batch=8)([features(5, value) for value in (1.0, 2.0, 3.0)])
    assert [float(one[0, 0]) for one in out] == [1.0, 2.0, 3.0]


# The real model on real speech


@pytest.fixture(scope="module")
def experts() -> Iterator[tuple[WhisperLanguage, WhisperTranscript]]:
    language, transcript = WhisperLanguage(), WhisperTranscript()
    try:
        language.load()
    except MissingModel as error:
        pytest.skip(str(error))
    transcript.load()
    yield language, transcript


def recording(path: str) -> Heard:
    if not (DEV / path).is_file():
        pytest.skip("the listening set (../shared/data/dev) is absent")
    waveform, rate = decode_flac((DEV / path).read_bytes())
    mono = resample(waveform.mean(1) if waveform.ndim == 2 else waveform, rate, RATE)
    spans = (Span(start=0.0, end=len(mono) / RATE),)
    return Heard(path, mono, RATE, (Vad(clip_id=path, spans=spans),))


@pytest.mark.parametrize(
    ("path", "language", "text"),
    [
        (
            "telephone_8k/asterisk_en_US_f_Allison_conf-getchannel.wav",
            "en",
            "please enter the channel number followed by the pound key",
        ),
        (
            "telephone_8k/asterisk_fr_CA_f_June_vm-tempgreetactive.wav",
            "fr",
            "votre message temporaire est actuellement en fonction",
        ),
    ],
)
def test_a_telephone_prompt_is_written_down_in_its_language_with_one_pass_of_the_encoder(
    experts: tuple[WhisperLanguage, WhisperTranscript], path: str, language: str, text: str
) -> None:
    one = recording(path)
    encoder = experts[0]._ear.encoder
    encoder._recent.clear()
    heard = experts[0].annotate([one])[0]
    assert heard.language == language
    row = experts[1].annotate([Heard(path, one.waveform, RATE, (*one.said, heard))])[0]
    assert "".join(c for c in (row.text or "").lower() if c not in ",.") == text
    assert row.words[0].start < row.words[-1].start < one.seconds
    assert row.rejected == ()
    assert len(encoder._recent) == 1


def test_russian_is_written_in_its_own_letters(
    experts: tuple[WhisperLanguage, WhisperTranscript],
) -> None:
    one = recording("language_short/ktuberling_ru_xmas_ball.ogg")
    heard = experts[0].annotate([one])[0]
    row = experts[1].annotate([Heard("ru", one.waveform, RATE, (*one.said, heard))])[0]
    assert heard.language == "ru"
    assert "игрушка" in (row.text or "")


def test_both_experts_share_one_model(experts: tuple[WhisperLanguage, WhisperTranscript]) -> None:
    assert experts[0]._ear is experts[1]._ear


def test_many_clips_at_once_are_heard_as_each_alone(
    experts: tuple[WhisperLanguage, WhisperTranscript],
) -> None:
    together = ear(find("whisper-base"), batch=4)
    paths = (
        "telephone_8k/asterisk_en_US_f_Allison_conf-getchannel.wav",
        "telephone_8k/asterisk_fr_CA_f_June_vm-tempgreetactive.wav",
        "language_short/ktuberling_ru_xmas_ball.ogg",
    )
    clips = [recording(path).waveform for path in paths]
    alone = experts[0]._ear
    windows = [[Window(clip, 0.0, "en")] for clip in clips]
    assert together.languages(clips) == [alone.languages([clip])[0] for clip in clips]
    many, one = together.write(windows, 5), [alone.write([window], 5)[0] for window in windows]
    assert [[d.text for d in drafts] for drafts in many] == [[d.text for d in ds] for ds in one]
    assert [[d.words for d in drafts] for drafts in many] == [[d.words for d in ds] for ds in one]
