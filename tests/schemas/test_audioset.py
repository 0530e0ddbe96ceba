import pytest

from auricle.schemas.audioset import LABELS, ancestors, branch, children_first, descendants, parents


def test_there_are_527_classes_in_the_order_of_the_data_set() -> None:
    assert len(set(LABELS)) == len(LABELS) == 527
    assert (LABELS[0], LABELS[137], LABELS[500]) == ("Speech", "Music", "Silence")
    assert LABELS[-1] == "Field recording"


def test_a_class_knows_the_classes_above_and_below_it() -> None:
    assert parents("Bark") == ("Dog",)
    assert ancestors("Bark") == {"Dog", "Domestic animals, pets", "Animal"}
    assert "Bark" in descendants("Animal")
    assert not descendants("Bark")
    assert not parents("Speech"), "its parent is no class"


def test_a_class_may_have_several_parents() -> None:
    assert set(parents("Cowbell")) == {"Cattle, bovinae", "Percussion", "Bell"}


@pytest.mark.parametrize("ask", [parents, ancestors, descendants, branch])
def test_an_unknown_name_is_a_key_error(ask) -> None:
    with pytest.raises(KeyError, match="speach"):
        ask("speach")


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("Speech", "speech"),
        ("Narration, monologue", "speech"),
        ("Whispering", "speech"),
        ("Speech synthesizer", "speech"),
        ("Babbling", "sound"),
        ("Hubbub, speech noise, speech babble", "sound"),
        ("Shout", "sound"),
        ("Laughter", "sound"),
        ("Applause", "sound"),
        ("Walk, footsteps", "sound"),
        ("Whistling", "sound"),
        ("Singing", "singing"),
        ("Choir", "singing"),
        ("Mantra", "singing"),
        ("Rapping", "singing"),
        ("Humming", "singing"),
        ("Music", "music"),
        ("Theremin", "music"),
        ("Background music", "music"),
        ("Jingle bell", "music"),
        ("Bell", "sound"),
        ("Wind chime", "sound"),
        ("Ringtone", "sound"),
        ("Sine wave", "sound"),
        ("Dog", "sound"),
        ("Rain", "sound"),
        ("Noise", "background"),
        ("White noise", "background"),
        ("Static", "background"),
        ("Hum", "background"),
        ("Mains hum", "background"),
        ("Echo", "background"),
        ("Inside, small room", "background"),
        ("Silence", "silence"),
    ],
)
def test_a_class_is_of_one_kind(label: str, expected: str) -> None:
    assert branch(label) == expected


def test_narrower_classes_take_the_place_of_the_wider_one() -> None:
    scores = {"Animal": 0.9, "Dog": 0.8, "Bark": 0.5, "Speech": 0.7}
    assert children_first(scores) == ["Bark", "Dog", "Animal", "Speech"]
    assert children_first({"Animal": 0.9, "Cat": 0.4, "Dog": 0.5}) == ["Dog", "Cat", "Animal"]


def test_a_doubtful_class_does_not_pass_a_certain_one_above_it() -> None:
    scores = {"Speech": 0.99, "Speech synthesizer": 0.08}
    assert children_first(scores) == ["Speech", "Speech synthesizer"]


def test_without_kin_labels_are_ordered_by_score() -> None:
    assert children_first({"Rain": 0.2, "Speech": 0.9, "Music": 0.4}) == ["Speech", "Music", "Rain"]
    assert children_first({}) == []
