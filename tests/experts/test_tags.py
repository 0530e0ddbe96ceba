import numpy as np
import pytest

from auricle.experts.base import Heard
from auricle.experts.tag_windows import strongest
from auricle.experts.tags_events import EventTags
from auricle.experts.tags_yamnet import _NAMES, YamnetTags, _moments, _starts
from auricle.schemas.annotation import Events, EventSpan, Span, Tags, Vad
from auricle.schemas.audioset import descendants
from auricle.schemas.errors import MissingModel

RATE = 16_000
SILENCE = _NAMES.index("Silence")


class FakeNetwork:
    """Hears Dog as loud as the mean of a look, and Animal a bit louder."""

    def __init__(self) -> None:
        self.looks: list[np.ndarray] = []

    def get_input_details(self) -> list[dict[str, int]]:
        return [{"index": 0}]

    def get_output_details(self) -> list[dict[str, int]]:
        return [{"index": 1}]

    def set_tensor(self, index: int, look: np.ndarray) -> None:
        assert look.shape == (15_600,) and look.dtype == np.float32
        self.looks.append(look)

    def invoke(self) -> None:
        pass

    def get_tensor(self, index: int) -> np.ndarray:
        scores = np.zeros((1, 521), np.float32)
        level = self.looks[-1].mean()
        scores[0, _NAMES.index("Dog")] = 0.8 * level
        scores[0, _NAMES.index("Animal")] = 0.9 * level
        return scores


@pytest.fixture
def faked() -> YamnetTags:
    tags = YamnetTags()
    tags._network = FakeNetwork()
    return tags


@pytest.fixture(scope="module")
def yamnet() -> YamnetTags:
    pytest.importorskip("ai_edge_litert")
    tags = YamnetTags()
    try:
        tags.load()
    except MissingModel as error:
        pytest.skip(str(error))
    return tags


def scores_of(tags: Tags) -> dict[str, float]:
    return {item.label: item.score for item in tags.labels}


# YAMNet: the arithmetic around the network


def test_yamnet_knows_521_of_the_527_classes() -> None:
    assert len(_NAMES) == 521
    assert (_NAMES[0], _NAMES[1], _NAMES[520]) == (
        "Speech",
        "Child speech, kid speaking",
        "Field recording",
    )


def test_the_last_look_ends_with_the_clip() -> None:
    assert _starts(100, 3840) == [0]
    assert _starts(15_600, 3840) == [0]
    assert _starts(20_000, 3840) == [0, 3840, 4400]
    assert _starts(15_600 + 2 * 3840, 3840) == [0, 3840, 7680]


def test_a_moment_is_the_mean_of_the_looks_in_a_row_that_hear_it() -> None:
    looks = np.array([[0.0], [1.0], [1.0], [0.0]], np.float32)
    scores, middles = _moments(looks, np.arange(4.0), 2)
    assert scores.ravel().tolist() == [0.5, 1.0, 0.5]
    assert middles.tolist() == [0.5, 1.5, 2.5]
    assert _moments(looks, np.arange(4.0), 9)[0].ravel().tolist() == [0.5]


def test_a_clip_is_silent_only_if_all_of_it_is() -> None:
    scores = np.zeros((2, 521), np.float32)
    scores[0, SILENCE] = 1.0
    scores[1, 3] = 0.7
    assert strongest(scores, _NAMES)[[3, SILENCE]].tolist() == pytest.approx([0.7, 0.0])


def test_a_sound_is_told_in_the_window_where_it_is(faked: YamnetTags) -> None:
    waveform = np.zeros(6 * RATE, np.float32)
    waveform[2 * RATE : 4 * RATE] = 1.0
    (found,) = faked.annotate([Heard("a", waveform, RATE)])
    assert [(w.start, w.end) for w in found.windows] == [(0.0, 2.0), (2.0, 4.0), (4.0, 6.0)]
    before, during, after = (
        {item.label: item.score for item in window.labels} for window in found.windows
    )
    assert during["Dog"] == pytest.approx(0.8)
    assert before.get("Dog", 0.0) < 0.5 and after.get("Dog", 0.0) < 0.5
    assert scores_of(found)["Dog"] == pytest.approx(0.8), "a clip scores its best moment"


def test_a_class_comes_behind_the_narrower_one(faked: YamnetTags) -> None:
    (found,) = faked.annotate([Heard("a", np.ones(2 * RATE, np.float32), RATE)])
    assert [item.label for item in found.labels] == ["Dog", "Animal"]


def test_a_short_clip_is_repeated_until_it_fills_a_look(faked: YamnetTags) -> None:
    (found,) = faked.annotate([Heard("a", np.ones(800, np.float32), RATE)])
    assert scores_of(found)["Dog"] == pytest.approx(0.8)
    assert [(w.start, w.end) for w in found.windows] == [(0.0, 0.05)]


def test_the_last_window_ends_with_the_clip(faked: YamnetTags) -> None:
    (found,) = faked.annotate([Heard("a", np.ones(round(8.1 * RATE), np.float32), RATE)])
    assert len(found.windows) == 5
    assert found.windows[-1].end == pytest.approx(8.1)
    assert found.windows[-1].labels, "what is nearest to it"


# YAMNet: the network


@pytest.mark.weights
@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("sound_events/esc10/rooster_1-26806-A.ogg", "Chicken, rooster"),
        ("sound_events/esc10/dog_1-100032-A.ogg", "Dog"),
        ("quality/visqol/strauss48_stereo_lp35.flac", "Music"),
        ("vad/speechbrain_vad_train.flac", "Speech"),
    ],
)
def test_yamnet_names_what_is_heard_among_its_first_five(
    yamnet: YamnetTags, dev_clip, path: str, label: str
) -> None:
    (found,) = yamnet.annotate([dev_clip(path)])
    first = {item.label for item in found.labels[:5]}
    assert first & ({label} | descendants(label))


@pytest.mark.weights
def test_yamnet_calls_digital_silence_silence(yamnet: YamnetTags) -> None:
    (found,) = yamnet.annotate([Heard("a", np.zeros(10 * RATE, np.float32), RATE)])
    assert found.labels[0].label == "Silence"
    assert len(found.windows) == 5


# Tags from events


def tags_from(events: Events, vad: Vad, seconds: float = 4.0) -> Tags:
    waveform = np.zeros(round(seconds * RATE), np.float32)
    (found,) = EventTags().annotate([Heard("a", waveform, RATE, (events, vad))])
    return found


def test_speech_needs_the_events_and_a_voice_in_the_same_window() -> None:
    span = EventSpan(label="speech", start=0.5, end=3.5, score=0.9)
    events = Events(clip_id="a", spans=(span,))
    voice = Vad(clip_id="a", spans=(Span(start=2.5, end=3.0),))
    assert [len(window.labels) for window in tags_from(events, voice).windows] == [0, 1]
    assert tags_from(events, Vad(clip_id="a")).labels == ()


def test_music_and_clear_singing_are_told_without_a_voice() -> None:
    spans = (
        EventSpan(label="singing", start=0.0, end=2.0, score=0.9),
        EventSpan(label="singing", start=2.0, end=4.0, score=0.6),
        EventSpan(label="music", start=2.0, end=4.0, score=0.7),
    )
    found = tags_from(Events(clip_id="a", spans=spans), Vad(clip_id="a"))
    assert [[item.label for item in w.labels] for w in found.windows] == [["Singing"], ["Music"]]
    assert scores_of(found) == {"Singing": 0.9, "Music": 0.7}


def test_a_clip_that_was_not_listened_to_is_skipped() -> None:
    (found,) = EventTags().annotate([Heard("a", np.zeros(0, np.float32), RATE)])
    assert (found.status, found.reason) == ("skipped", "too_short")
