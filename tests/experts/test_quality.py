import numpy as np
import pytest

from auricle.experts.base import Heard, closed_gate
from auricle.experts.quality import DnsmosQuality
from auricle.schemas.annotation import Domain, Span, Vad
from auricle.schemas.errors import MissingModel

RATE = 16_000


class FakeSession:
    """Says the mean of a look for all three, and keeps the looks."""

    def __init__(self) -> None:
        self.looks: list[np.ndarray] = []

    def run(self, outputs: None, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
        self.looks.append(inputs["input_1"])
        return [np.full((1, 3), inputs["input_1"].mean())]


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> FakeSession:
    return FakeSession()


@pytest.fixture
def faked(session: FakeSession) -> DnsmosQuality:
    quality = DnsmosQuality()
    quality._session = session
    return quality


@pytest.fixture(scope="module")
def expert() -> DnsmosQuality:
    quality = DnsmosQuality()
    try:
        quality.load()
    except MissingModel as error:
        pytest.skip(str(error))
    return quality


def test_raw_scores_become_opinion_scores_by_the_published_fits(faked: DnsmosQuality) -> None:
    (found,) = faked.annotate([Heard("a", np.full(10 * RATE, 3.0, np.float32), RATE)])
    assert found.speech == pytest.approx(-0.08397278 * 9 + 1.22083953 * 3 + 0.0052439)
    assert found.background == pytest.approx(-0.13166888 * 9 + 1.60915514 * 3 - 0.39604546)
    assert found.overall == pytest.approx(-0.06766283 * 9 + 1.11546468 * 3 + 0.04602535)


def test_a_look_is_9_01_seconds_and_they_are_a_second_apart(
    faked: DnsmosQuality, session: FakeSession
) -> None:
    ramp = np.arange(12 * RATE, dtype=np.float32)
    faked.annotate([Heard("a", ramp, RATE)])
    assert [look.shape for look in session.looks] == [(1, 144_160)] * 3
    assert [int(look[0, 0]) for look in session.looks] == [0, RATE, 2 * RATE]


def test_a_short_clip_is_repeated_until_it_fills_one_look(
    faked: DnsmosQuality, session: FakeSession
) -> None:
    faked.annotate([Heard("a", np.arange(1000, dtype=np.float32), RATE)])
    (look,) = session.looks
    assert look.dtype == np.float32
    assert look[0, 1000] == 0 and look[0, -1] == 144_159 % 1000


def test_scores_stay_on_the_scale_of_1_to_5(faked: DnsmosQuality) -> None:
    (low,) = faked.annotate([Heard("a", np.full(RATE, -9.0, np.float32), RATE)])
    assert (low.speech, low.background, low.overall) == (1.0, 1.0, 1.0)


def test_an_empty_clip_is_too_short(faked: DnsmosQuality) -> None:
    (found,) = faked.annotate([Heard("empty", np.zeros(0, np.float32), RATE)])
    assert (found.status, found.reason) == ("skipped", "too_short")


@pytest.mark.parametrize(("code", "opened"), [("S00", True), ("SMA", True), ("0MA", False)])
def test_only_speech_is_rated(code: str, opened: bool) -> None:
    said = (
        Domain.model_validate({"clip_id": "a", "code": code}),
        Vad(clip_id="a", spans=(Span(start=0.0, end=1.0),)),
    )
    clip = Heard("a", np.zeros(RATE, np.float32), RATE, said)
    assert (closed_gate(DnsmosQuality.gate, clip) is None) == opened


@pytest.mark.parametrize(
    "harm", ["AddBackgroundNoise", "AddGaussianNoise", "ApplyImpulseResponse", "BandPassFilter"]
)
def test_clean_speech_is_rated_above_the_same_degraded(
    expert: DnsmosQuality, dev_clip, harm: str
) -> None:
    folder = "quality/audiomentations"
    clips = [dev_clip(f"{folder}/{harm}_{which}.flac") for which in ("input", "transformed")]
    good, bad = expert.annotate(clips)
    assert good.overall > bad.overall + 0.3
