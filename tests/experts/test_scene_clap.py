from pathlib import Path

import numpy as np
import pytest
from checkpoints.clap import clap

from auricle.experts.base import Heard
from auricle.experts.scene_clap import _NOWHERE, _SCENES, ClapScene

pytest.importorskip("torch")
pytest.importorskip("transformers")

RATE = 48_000


@pytest.fixture(scope="module")
def expert(tmp_path_factory: pytest.TempPathFactory) -> ClapScene:
    folder: Path = tmp_path_factory.mktemp("clap")
    made = ClapScene(**clap(folder))
    made.load()
    return made


def clip(vector_of: str = "a") -> Heard:
    sound = np.random.default_rng(1).normal(0, 0.1, RATE).astype(np.float32)
    return Heard(vector_of, sound, RATE)


def steered(expert: ClapScene, monkeypatch: pytest.MonkeyPatch, weights: dict[str, float]) -> None:
    """Make the model find the sound near to the named descriptions, as near as the weights say."""
    names = [name for name, _ in _SCENES] + list(_NOWHERE)

    class Steered:
        scale = 1.0

        def audio(self, waveforms: list[np.ndarray]) -> np.ndarray:
            return np.array([[np.log(weights.get(name, 1e-9)) for name in names]] * len(waveforms))

    monkeypatch.setattr(expert, "_clap", Steered())
    monkeypatch.setattr(expert, "_texts", np.eye(len(names), dtype=np.float32))


def test_a_random_model_gives_beliefs_in_order(expert: ClapScene) -> None:
    (found,) = expert.annotate([clip()])
    assert found.status == "ok"
    scores = [one.score for one in found.labels]
    assert scores == sorted(scores, reverse=True)
    assert sum(scores) <= 1.001


def test_kinds_of_one_side_add_up(expert: ClapScene, monkeypatch: pytest.MonkeyPatch) -> None:
    steered(expert, monkeypatch, {"a park": 0.4, "a forest": 0.25, "a home": 0.35})
    (found,) = expert.annotate([clip()])
    assert [(one.label, one.score) for one in found.labels] == [
        ("a park", 0.4),
        ("a home", 0.35),
        ("a forest", 0.25),
    ]
    assert (found.place, found.probability) == ("outdoors", 0.65)


def test_the_inside_of_a_bus_is_a_vehicle(
    expert: ClapScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    steered(expert, monkeypatch, {"the inside of a bus": 0.9, "a street": 0.1})
    (found,) = expert.annotate([clip()])
    assert (found.place, found.probability) == ("vehicle", 0.9)


def test_a_sound_that_tells_of_no_place_is_given_none(
    expert: ClapScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    steered(expert, monkeypatch, {_NOWHERE[0]: 0.95, "a library": 0.05})
    (found,) = expert.annotate([clip()])
    assert (found.labels, found.place, found.probability) == ((), None, None)
