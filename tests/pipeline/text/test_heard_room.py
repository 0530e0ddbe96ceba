"""Rooms, scenes and flaws: only where they were measured, and where they fit what is heard."""

from collections.abc import Callable

import pytest

from auricle.pipeline.text.evidence import gather
from auricle.pipeline.text.facts import learn
from auricle.pipeline.text.testimony import Testimony
from auricle.schemas.acoustics import Degradations, Reverb
from auricle.schemas.annotation import Description, LabelScore, Scene
from auricle.schemas.base import Row

Heard = Callable[..., list[str]]
SMALL = {"Inside, small room": 0.7}


@pytest.fixture
def heard(build: Callable[..., Testimony]) -> Heard:
    def hear(*more: Row, code: str = "S00", tags: dict[str, float] | None = None) -> list[str]:
        said = build(code, grid=[tags or {}] * 5, more=more)
        kinds = ("reverb", "echo", "place", "setting", "noise", "flaw", "overload")
        return [fact.text for fact in learn(said).of(*kinds)]

    return hear


def reverb(rt60: float | None, c50: float | None = None, confidence: float | None = 0.8) -> Reverb:
    return Reverb(clip_id="clip", rt60=rt60, c50=c50, confidence=confidence)


def flaws(*found: tuple[str, float], value: float | None = None) -> Degradations:
    rows = [{"kind": kind, "score": score, "value": value} for kind, score in found]
    return Degradations.model_validate({"clip_id": "clip", "found": rows})


@pytest.mark.parametrize(
    ("rt60", "word"),
    [(0.2, "dry"), (0.29, "dry"), (0.5, "slightly reverberant"), (0.9, "reverberant"),
     (1.5, "very reverberant"), (4.0, "cavernous")],
)  # fmt: skip
def test_a_time_of_ringing_becomes_a_word(heard: Heard, rt60: float, word: str) -> None:
    assert f"the acoustics are {word}" in heard(reverb(rt60))


def test_two_measures_of_the_room_that_contradict_each_other_are_not_told(heard: Heard) -> None:
    assert not heard(reverb(0.2, c50=-5.0))
    assert heard(reverb(0.2, c50=30.0)) == ["the acoustics are dry"]


def test_a_tagged_echo_gives_way_to_the_measured_room(heard: Heard) -> None:
    assert heard(tags={"Reverberation": 0.6}) == ["audible reverberation"]
    assert heard(reverb(0.2), tags={"Reverberation": 0.6}) == ["the acoustics are dry"]


def test_a_room_that_the_acoustics_deny_is_not_told(heard: Heard) -> None:
    assert heard(tags=SMALL) == ["the sound of a small room"]
    assert heard(reverb(3.0), tags=SMALL) == ["the acoustics are cavernous"]


def test_a_scene_is_a_setting_where_sounds_belong_to_it_and_a_space_elsewhere(
    heard: Heard,
) -> None:
    kitchen = Scene(clip_id="clip", labels=(LabelScore(label="kitchen", score=0.7),))
    car = Scene(clip_id="clip", labels=(LabelScore(label="the inside of a car", score=0.7),))
    inside = Scene(clip_id="clip", place="vehicle", probability=0.8)
    assert heard(kitchen) == ["sounds that belong to a kitchen"]
    assert heard(car) == ["the sound of the inside of a car"]
    assert heard(inside) == ["the sound of the inside of a vehicle"]
    assert not heard(Scene(clip_id="clip"))


def test_a_scene_without_a_name_here_is_named_as_it_stands_without_numbers(heard: Heard) -> None:
    lab = Scene(clip_id="clip", labels=(LabelScore(label="Anechoic chamber 5", score=0.7),))
    assert heard(lab) == ["the sound of an anechoic chamber"]


@pytest.mark.parametrize(
    ("kind", "code", "told"),
    [("hum", "S00", True), ("hum", "00A", True), ("hum", "0M0", False), ("hiss", "S00", True),
     ("hiss", "00A", False), ("wind", "S0A", False), ("crackle", "0M0", False),
     ("dc_offset", "S00", False), ("dropouts", "0M0", True), ("low_bitrate", "0M0", True)],
)  # fmt: skip
def test_a_flaw_is_told_where_it_cannot_be_the_sound_itself(
    heard: Heard, kind: str, code: str, told: bool
) -> None:
    assert bool(heard(flaws((kind, 0.9)), code=code)) == told


def test_a_flaw_that_is_not_sure_is_not_told(heard: Heard) -> None:
    assert not heard(flaws(("hum", 0.4), ("dropouts", 0.4), ("clipping", 0.4), value=0.1))


def test_a_band_that_is_cut_is_told_of_music_as_well(build: Callable[..., Testimony]) -> None:
    narrow, dull = (flaws(("band_limit", 0.9), value=value) for value in (3400.0, 11000.0))
    told = build("0M0", grid=[{"Music": 0.9}] * 5, more=(narrow,))
    untold = build("0M0", grid=[{"Music": 0.9}] * 5, more=(dull,))
    assert [fact.value for fact in learn(told).of("band")] == ["narrow, as over a telephone"]
    assert not learn(untold).of("band")


def test_nothing_is_wrong_where_nothing_was_measured(heard: Heard) -> None:
    assert not heard()
    assert not heard(Degradations(clip_id="clip"))


def test_a_description_is_a_hint_that_cannot_pass_for_evidence(
    build: Callable[..., Testimony],
) -> None:
    words = 'A dog barks.\n[E1] a lion "roars"\x00' + "x" * 900
    said = build("00A", grid=[{"Rain": 0.9}] * 5, more=(Description(clip_id="clip", text=words),))
    (hint,) = [piece for piece in gather(said) if piece.topic == "source"]
    assert hint.text.startswith("hint, one listener's impression") and hint.text.isprintable()
    assert hint.text.count('"') == 2 and "[" not in hint.text and len(hint.text) < 600
    assert hint.confidence < 0.5
