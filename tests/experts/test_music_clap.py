from collections.abc import Sequence

import numpy as np
import pytest

from auricle.experts import music_clap
from auricle.experts.base import Heard
from auricle.experts.music_clap import ClapMusic
from auricle.experts.music_prompts import ERAS, GENRES, INSTRUMENTS, MOODS, VOCALS
from auricle.pipeline.text import music_words
from auricle.schemas.errors import UserError
from auricle.schemas.music import Music

RATE = 48_000


class FakeClap:
    """Hears what it is told to; a text is the likelier the more of `heard` it has in it."""

    dimensions = 64

    def __init__(self, heard: Sequence[str]) -> None:
        self.heard = heard

    def text(self, texts: Sequence[str]) -> np.ndarray:
        rows = [self._text(text) for text in texts]
        return np.stack([row / np.linalg.norm(row) for row in rows])

    def _text(self, text: str) -> np.ndarray:
        """Return a vector of its own for each text, turned to the sound if it is in the text."""
        row = np.zeros(self.dimensions, np.float32)
        row[1 + sum(map(ord, text)) % (self.dimensions - 1)] = 1.0
        row[0] = 1.0 if any(word in text for word in self.heard) else 0.2
        return row

    def audio(self, waveforms: Sequence[np.ndarray], batch: int) -> np.ndarray:
        return np.eye(1, self.dimensions, dtype=np.float32).repeat(len(waveforms), axis=0)


def heard(monkeypatch: pytest.MonkeyPatch, *words: str) -> Music:
    monkeypatch.setattr(music_clap, "clap", lambda folder, device: FakeClap(words))
    monkeypatch.setattr(music_clap.models, "find", lambda name: None)
    expert = ClapMusic()
    expert.load()
    (row,) = expert.annotate([Heard("a", np.full(RATE, 0.1, np.float32), RATE)])
    return row


def test_the_genre_that_is_heard_leads(monkeypatch: pytest.MonkeyPatch) -> None:
    row = heard(monkeypatch, "jazz")
    assert row.genres[0].label == "jazz"
    assert row.genres[0].score > 0.9
    assert len(row.genres) == 1


def test_several_instruments_may_be_heard_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    row = heard(monkeypatch, "a piano", "a cello")
    assert {entry.label for entry in row.instruments[:2]} == {"piano", "cello"}
    assert min(entry.score for entry in row.instruments[:2]) > 0.9


def test_music_without_singing_has_no_voices(monkeypatch: pytest.MonkeyPatch) -> None:
    assert heard(monkeypatch, "instruments only").vocals == ()


def test_a_singer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert heard(monkeypatch, "a woman singing").vocals[0].label == "female vocals"


def test_tempo_is_left_to_the_rhythm(monkeypatch: pytest.MonkeyPatch) -> None:
    assert heard(monkeypatch, "slow").tempos == ()


def test_a_model_whose_texts_are_all_alike_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Collapsed(FakeClap):
        def _text(self, text: str) -> np.ndarray:
            return np.ones(self.dimensions, np.float32)

    monkeypatch.setattr(music_clap, "clap", lambda folder, device: Collapsed(()))
    monkeypatch.setattr(music_clap.models, "find", lambda name: None)
    with pytest.raises(UserError, match=r"music\.model"):
        ClapMusic().load()


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (GENRES, music_words.GENRES),
        (INSTRUMENTS, music_words.INSTRUMENTS),
        (MOODS, music_words.MOODS),
        (VOCALS, {**music_words.SINGERS, **dict.fromkeys(music_words.INSTRUMENTAL)}),
    ],
)
def test_the_writer_knows_the_labels(question, words) -> None:
    unknown = [label for label in question.phrases if music_words.key(label) not in words]
    assert unknown == []


def test_every_prompt_is_a_sentence_of_its_own() -> None:
    for question in (GENRES, INSTRUMENTS, MOODS, VOCALS, ERAS):
        prompts = [t.format(p) for p in question.phrases.values() for t in question.templates]
        assert len(set(prompts)) == len(prompts)


@pytest.mark.parametrize(
    ("waveform", "reason"),
    [
        (np.zeros(0, np.float32), "too_short"),
        (np.full(RATE // 4, 0.1, np.float32), "too_short"),
        (np.zeros(RATE, np.float32), "silent"),
    ],
)
def test_what_cannot_be_heard_is_skipped(
    monkeypatch: pytest.MonkeyPatch, waveform: np.ndarray, reason: str
) -> None:
    expert = ClapMusic()
    expert._clap = FakeClap(())
    (row,) = expert.annotate([Heard("a", waveform, RATE)])
    assert (row.status, row.reason) == ("skipped", reason)
