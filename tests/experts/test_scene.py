import pytest

from auricle.experts.base import Heard
from auricle.experts.places import PLACES, ROOMS
from auricle.experts.scene import TagScene
from auricle.schemas.annotation import Domain, LabelScore, Scene, Tags
from auricle.schemas.audioset import LABELS


def judge(code: str | None = "00A", silent: bool = False, **scores: float) -> Scene:
    import numpy as np

    labels = tuple(LabelScore(label=label, score=score) for label, score in scores.items())
    said = (
        Tags(clip_id="a", labels=labels),
        Domain.model_validate({"clip_id": "a", "code": code, "silent": silent}),
    )
    (found,) = TagScene().annotate([Heard("a", np.ones(16_000, np.float32), 16_000, said)])
    return found


def test_every_telling_sound_is_a_class_and_tells_of_one_place() -> None:
    sounds = [sound for place in PLACES for sound in place.sounds]
    assert set(sounds) <= set(LABELS)
    assert len(sounds) == len(set(sounds))
    assert set(ROOMS) <= set(LABELS)


def test_a_telling_sound_gives_the_place_with_a_discount() -> None:
    found = judge(Moo=0.9)
    assert [(one.label, one.score) for one in found.labels] == [("a farm", 0.63)]
    assert (found.place, found.probability) == ("outdoors", 0.63)


def test_several_sounds_of_one_side_make_it_surer() -> None:
    found = judge(Bird=0.8, Stream=0.7)
    assert [one.label for one in found.labels] == ["an outdoor place", "a stream or river"]
    assert found.probability == pytest.approx(1 - (1 - 0.56) * (1 - 0.49), abs=0.001)


def test_sounds_that_contradict_each_other_leave_the_place_open() -> None:
    found = judge(Rain=0.9, Typing=0.9)
    assert len(found.labels) == 2
    assert (found.place, found.probability) == (None, None)


def test_what_may_be_either_names_the_place_and_not_the_side() -> None:
    found = judge(Applause=0.9)
    assert [one.label for one in found.labels] == ["a place with an audience"]
    assert found.place is None


def test_a_label_that_names_a_place_is_believed_beside_speech_too() -> None:
    found = judge("S00", **{"Inside, large room or hall": 0.6, "Rain": 0.9})
    assert [one.label for one in found.labels] == ["a large room or hall"]
    assert (found.place, found.probability) == ("indoors", 0.6)


def test_weak_or_plain_labels_say_nothing() -> None:
    found = judge(Speech=0.9, Rain=0.4, Vehicle=0.9, **{"Inside, small room": 0.1})
    assert (found.status, found.labels, found.place) == ("ok", (), None)


def test_without_tags_or_sound_there_is_no_scene() -> None:
    import numpy as np

    (untold,) = TagScene().annotate([Heard("a", np.ones(16_000, np.float32), 16_000)])
    assert (untold.status, untold.reason) == ("skipped", "no_tags")
    assert judge(silent=True, Rain=0.9).reason == "silent"
