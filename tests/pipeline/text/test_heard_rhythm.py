"""Tempo, beat and key: as words, and only where nothing says otherwise."""

from collections.abc import Callable
from typing import Any

import pytest

from auricle.pipeline.text.facts import learn
from auricle.pipeline.text.testimony import Testimony
from auricle.schemas.annotation import LabelScore
from auricle.schemas.music import Music, Rhythm, Tempo

Heard = Callable[..., list[str]]


def rhythm(*tempos: tuple[float, float], **changes: Any) -> Rhythm:
    found = tuple(Tempo(bpm=bpm, score=score) for bpm, score in tempos)
    values: dict[str, Any] = {"tempo": tempos[0][0] if tempos else None, "tempo_confidence": 0.9}
    return Rhythm.model_validate({"clip_id": "clip", "tempos": found, **values, **changes})


@pytest.fixture
def heard(build: Callable[..., Testimony]) -> Heard:
    def hear(row: Rhythm, label: str | None = None, code: str = "0M0") -> list[str]:
        labels = (LabelScore(label=label, score=0.5),) if label else ()
        music = Music(clip_id="clip", tempos=labels)
        grid = [{"Music": 0.95}] * 5
        said = build(code, grid=grid, music=music, more=(row,))
        return [fact.text for fact in learn(said).of("tempo", "beat", "key")]

    return hear


@pytest.mark.parametrize(
    ("bpm", "word"), [(60, "slow"), (100, "moderate"), (130, "fast"), (170, "very fast")]
)
def test_a_tempo_becomes_a_word(heard: Heard, bpm: float, word: str) -> None:
    assert heard(rhythm((bpm, 1.0))) == [f"the tempo of the music is {word}"]


def test_a_tempo_that_may_as_well_be_its_half_is_not_told(heard: Heard) -> None:
    assert not heard(rhythm((140, 0.5), (70, 0.45)))


def test_labels_settle_which_octave_a_tempo_is_in(heard: Heard) -> None:
    assert heard(rhythm((140, 0.55), (70, 0.45)), "fast") == ["the tempo of the music is fast"]


def test_labels_that_contradict_a_sure_tempo_leave_it_open(heard: Heard) -> None:
    assert not heard(rhythm((140, 1.0), tempo_confidence=0.8), "slow")


def test_labels_tell_the_tempo_where_none_was_measured(heard: Heard) -> None:
    assert heard(Rhythm(clip_id="clip"), "slow") == ["the music is slow"]


def test_a_doubtful_tempo_is_not_told(heard: Heard) -> None:
    assert not heard(rhythm((120, 1.0), tempo_confidence=0.3))


def test_a_beat_is_steady_free_or_not_told(heard: Heard) -> None:
    beats = tuple(0.5 * at for at in range(12))
    steady, free, flexible = (
        Rhythm(clip_id="clip", beats=beats, regularity=value) for value in (0.95, 0.1, 0.5)
    )
    few = Rhythm(clip_id="clip", beats=beats[:4], regularity=0.95)
    assert heard(steady) == ["the music keeps a steady beat"]
    assert heard(free) == ["the music moves without a steady beat"]
    assert not heard(flexible) and not heard(few)


def test_a_key_is_named_where_it_is_sure_and_major_or_minor_where_it_is_likely(
    heard: Heard,
) -> None:
    def key(sure: float) -> Rhythm:
        return Rhythm(clip_id="clip", key="C#", mode="minor", key_confidence=sure)

    assert heard(key(0.9)) == ["the music is in C sharp minor"]
    assert heard(key(0.6)) == ["the music is in a minor key"]
    assert not heard(key(0.4))


def test_no_rhythm_where_the_domain_has_no_music(heard: Heard) -> None:
    assert not heard(rhythm((120, 1.0)), code="S00")
