import numpy as np
import pytest
from voices import held

from auricle.experts import vad as module
from auricle.experts.base import Heard
from auricle.experts.vad import SileroVad
from auricle.schemas.errors import UserError


@pytest.fixture(scope="module")
def expert() -> SileroVad:
    pytest.importorskip("faster_whisper")
    vad = SileroVad()
    vad.load()
    return vad


def spans_of(vad: SileroVad, *chunks: tuple[float, int]) -> list[tuple[float, float]]:
    """Return the spans of probabilities that each last some 32-ms chunks."""
    heard = np.concatenate([np.full(count, value, np.float32) for value, count in chunks])
    return vad._spans(heard)


def test_speech_lasts_until_the_probability_stays_low() -> None:
    vad = SileroVad(min_silence=0.3, pad=0.0)
    assert spans_of(vad, (0.0, 5), (0.9, 10), (0.1, 5), (0.9, 10), (0.0, 20)) == [(0.16, 0.96)]
    assert len(spans_of(vad, (0.9, 10), (0.1, 15), (0.9, 10))) == 2


def test_between_the_two_thresholds_nothing_changes() -> None:
    vad = SileroVad(pad=0.0)
    assert spans_of(vad, (0.4, 20)) == []
    assert spans_of(vad, (0.9, 10), (0.4, 20)) == [(0.0, 0.96)]


def test_padded_spans_that_touch_become_one() -> None:
    vad = SileroVad(min_silence=0.1, pad=0.2)
    assert len(spans_of(vad, (0.0, 10), (0.9, 10), (0.0, 10), (0.9, 10), (0.0, 10))) == 1


def test_a_click_is_no_speech() -> None:
    assert spans_of(SileroVad(min_speech=0.06), (0.0, 5), (0.9, 1), (0.0, 20)) == []


def test_the_network_gives_what_faster_whisper_gets_from_it(expert: SileroVad, dev_clip) -> None:
    from faster_whisper.vad import get_vad_model

    waveform = dev_clip("vad/speechbrain_vad_train.flac").waveform
    padded = np.pad(waveform, (0, -len(waveform) % 512))
    theirs = np.asarray(get_vad_model()(padded.copy())).ravel()
    # Theirs overwrites the end of the last chunk with zeros.
    np.testing.assert_allclose(expert._probabilities(waveform)[:-1], theirs[:-1], atol=1e-5)


def test_the_parts_of_the_network_give_what_the_whole_file_gives(expert: SileroVad) -> None:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    whole = onnxruntime.InferenceSession(str(module._weights()), options)
    sound = held(140) + np.random.default_rng(0).normal(0, 0.01, len(held(140)))
    chunks = np.pad(sound.astype(np.float32), (64, -len(sound) % 512))
    heard = np.lib.stride_tricks.sliding_window_view(chunks, 576)[::512]
    state = np.zeros((1, 1, 128), np.float32)
    expected = whole.run(None, {"input": heard, "h": state, "c": state})[0].ravel()
    found = expert._probabilities(sound.astype(np.float32))
    assert found.max() - found.min() > 0.1
    np.testing.assert_allclose(found, expected, atol=2e-5)


def test_speech_is_found_where_somebody_speaks(expert: SileroVad, dev_clip) -> None:
    clip = dev_clip("vad/speechbrain_vad_train.flac")  # speech: .52-.85, 1.3-1.92, 2.34-5.66
    (found,) = expert.annotate([clip])
    assert found.peak is not None and found.peak > 0.9
    assert found.spans[0].start == pytest.approx(0.52, abs=0.2)
    assert found.spans[-1].end == pytest.approx(5.66, abs=0.2)
    assert found.speech_seconds == pytest.approx(sum(s.end - s.start for s in found.spans))


def test_a_spoken_digit_of_four_tenths_of_a_second_is_kept(expert: SileroVad, dev_clip) -> None:
    clip = dev_clip("language_short/tuxpaint_ko_9.ogg")
    assert clip.seconds < 0.5
    (found,) = expert.annotate([clip])
    assert len(found.spans) == 1
    assert 0 <= found.spans[0].start < found.spans[0].end <= clip.seconds


def test_an_orchestra_and_silence_are_no_speech(expert: SileroVad, dev_clip) -> None:
    silence = Heard("silence", np.zeros(160_000, np.float32), 16_000)
    orchestra = dev_clip("quality/visqol/strauss48_stereo_lp35.flac")
    for found in expert.annotate([silence, orchestra]):
        assert found.spans == () and found.speech_seconds == 0


def test_an_empty_clip_is_too_short(expert: SileroVad) -> None:
    (found,) = expert.annotate([Heard("empty", np.zeros(0, np.float32), 16_000)])
    assert (found.status, found.reason) == ("skipped", "too_short")


def test_a_missing_package_is_told_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r'pip install "auricle\[lite\]"'):
        SileroVad().load()
