"""The speaker encoder in numpy: front end, network, windows and memory."""

import numpy as np
import pytest

from auricle.experts.base import Heard
from auricle.experts.speaker_net import SIZE, SpeakerNet, equalised, mel_frames
from auricle.experts.voiceprints import Encoder
from auricle.schemas.annotation import Span, Vad

RATE = 16_000


def tensors(seed: int = 1) -> dict[str, np.ndarray]:
    """Return random weights under the names of the checkpoint."""
    random = np.random.default_rng(seed)
    shapes: dict[str, tuple[int, ...]] = {"linear.weight": (SIZE, SIZE), "linear.bias": (SIZE,)}
    for layer, below in enumerate((40, SIZE, SIZE)):
        shapes |= {
            f"lstm.weight_ih_l{layer}": (4 * SIZE, below),
            f"lstm.weight_hh_l{layer}": (4 * SIZE, SIZE),
            f"lstm.bias_ih_l{layer}": (4 * SIZE,),
            f"lstm.bias_hh_l{layer}": (4 * SIZE,),
        }
    return {name: random.normal(0, 0.1, shape).astype(np.float32) for name, shape in shapes.items()}


class CountingNet(SpeakerNet):
    """Counts the windows it is asked for."""

    asked = 0

    def __call__(self, windows):
        self.asked += len(windows)
        return super().__call__(windows)


def spoken(seconds: float, *spans: tuple[float, float], seed: int = 2) -> Heard:
    sound = np.random.default_rng(seed).normal(0, 0.1, int(seconds * RATE)).astype(np.float32)
    heard = Vad(clip_id="a", spans=tuple(Span(start=a, end=b) for a, b in spans))
    return Heard("a", sound, RATE, (heard,))


def test_the_network_is_that_of_pytorch() -> None:
    torch = pytest.importorskip("torch")
    weights = tensors()
    state = {name: torch.from_numpy(value) for name, value in weights.items()}
    lstm = torch.nn.LSTM(40, SIZE, 3, batch_first=True)
    lstm.load_state_dict({k[5:]: v for k, v in state.items() if k.startswith("lstm.")})
    windows = np.random.default_rng(0).random((5, 30, 40)).astype(np.float32)
    with torch.no_grad():
        hidden = lstm(torch.from_numpy(windows))[1][0][-1]
        raw = torch.relu(hidden @ state["linear.weight"].T + state["linear.bias"])
    expected = torch.nn.functional.normalize(raw, dim=1).numpy()
    assert np.allclose(SpeakerNet(weights)(list(windows)), expected, atol=1e-6)


def test_windows_of_different_length_do_not_touch_each_other() -> None:
    net = SpeakerNet(tensors())
    long, short = (np.random.default_rng(n).random((n, 40)).astype(np.float32) for n in (50, 20))
    together = net([long, short])
    assert np.allclose(together[0], net([long])[0], atol=1e-6)
    assert np.allclose(together[1], net([short])[0], atol=1e-6)


def test_a_mel_frame_is_10_ms_and_a_tone_lies_in_its_band() -> None:
    time = np.arange(RATE) / RATE
    low, high = (mel_frames(np.sin(2 * np.pi * hz * time).astype(np.float32)) for hz in (300, 3000))
    assert low.shape == (101, 40)
    assert low[50].argmax() < high[50].argmax()


def test_level_and_half_of_the_colour_are_taken_out() -> None:
    mel = np.random.default_rng(0).random((100, 40)).astype(np.float32) + 0.1
    spoken = np.arange(100) > 20
    once = equalised(mel, spoken)
    assert np.allclose(equalised(100 * mel, spoken), once, rtol=1e-4)
    tilt = 10 ** np.linspace(0, 2, 40)
    ratio = equalised(mel * tilt, spoken).mean(0) / once.mean(0)
    assert ratio[-1] / ratio[0] == pytest.approx(10, rel=0.01)


def test_windows_lie_in_the_speech_and_a_short_stretch_is_one() -> None:
    (found,) = Encoder(SpeakerNet(tensors()))([spoken(8, (0.5, 1.5), (3.0, 5.5), (6.0, 6.1))])
    assert found.windows.tolist()[0] == [0.5, 1.5]
    assert np.allclose(found.windows[1:, 1] - found.windows[1:, 0], 1.6)
    assert found.windows[1, 0] == 3.0 and found.windows[-1, 1] == pytest.approx(5.5)
    assert np.all(np.diff(found.windows[1:, 0]) <= 0.4)
    assert np.allclose(np.linalg.norm(found.vectors, axis=1), 1)


def test_the_same_clip_is_heard_once_and_other_speech_in_it_again() -> None:
    net = CountingNet(tensors())
    encoder = Encoder(net)
    first = encoder([spoken(3, (0, 3))])
    asked = net.asked
    assert np.array_equal(encoder([spoken(3, (0, 3))])[0].vectors, first[0].vectors)
    assert net.asked == asked > 0
    encoder([spoken(3, (0, 2))])
    assert net.asked > asked


def test_a_clip_alone_gets_the_vectors_it_gets_among_others() -> None:
    clips = [spoken(2 + n, (0, 1.8 + n), seed=n) for n in range(4)]
    together = Encoder(SpeakerNet(tensors()))(clips)
    for clip, expected in zip(clips, together, strict=True):
        (found,) = Encoder(SpeakerNet(tensors()))([clip])
        assert np.array_equal(found.vectors, expected.vectors)


def test_a_clip_without_speech_has_no_voiceprints() -> None:
    (found,) = Encoder(SpeakerNet(tensors()))([spoken(3)])
    assert found.windows.shape == (0, 2) and found.vectors.shape == (0, SIZE)
    assert found.mean(np.zeros(0)) is None
