"""Age and gender by audeering's network, on a small random one."""

from pathlib import Path

import numpy as np
import pytest
from checkpoints.age_gender import age_gender

from auricle.experts.base import Heard
from auricle.experts.traits_audeering import AudeeringTraits
from auricle.schemas.errors import UserError
from auricle.schemas.speech import Diarization, Turn

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

RATE = 16_000


@pytest.fixture(scope="module")
def expert(tmp_path_factory: pytest.TempPathFactory) -> AudeeringTraits:
    traits = AudeeringTraits(**age_gender(tmp_path_factory.mktemp("traits")))
    traits.load()
    return traits


def clip(*turns: tuple[float, float, str]) -> Heard:
    sound = np.random.default_rng(1).normal(0, 0.1, 6 * RATE).astype(np.float32)
    sound[2 * RATE : 4 * RATE] = np.sin(np.arange(2 * RATE) / 9)
    told = tuple(Turn(start=start, end=end, speaker=who) for start, end, who in turns)
    return Heard("a", sound, RATE, (Diarization(clip_id="a", turns=told, speakers=len(told)),))


def test_the_checkpoint_has_the_names_of_the_published_one(tmp_path: Path) -> None:
    age_gender(tmp_path)
    names = set(torch.load(tmp_path / "pytorch_model.bin", weights_only=True))
    heads = {
        f"{a}.{b}.{c}"
        for a in ("age", "gender")
        for b in ("dense", "out_proj")
        for c in ("weight", "bias")
    }
    assert heads <= names
    assert all(name.startswith(("wav2vec2.", "age.", "gender.")) for name in names)


def test_each_speaker_has_an_age_and_a_probability(expert: AudeeringTraits) -> None:
    (found,) = expert.annotate([clip((0.0, 1.8, "A"), (2.0, 3.8, "B"), (4.2, 6.0, "A"))])
    assert [(s.speaker, s.seconds) for s in found.speakers] == [("A", 3.6), ("B", 1.8)]
    assert all(0 <= s.age <= 100 and 0 <= s.gender_probability <= 1 for s in found.speakers)
    assert found.speakers[0].age != found.speakers[1].age


def test_longer_turns_count_more(expert: AudeeringTraits) -> None:
    alone = [expert.annotate([clip((a, b, "A"))])[0].speakers[0].age for a, b in ((0, 1), (2, 5))]
    (both,) = expert.annotate([clip((0, 1, "A"), (2, 5, "A"))])
    assert both.speakers[0].age == pytest.approx((alone[0] + 3 * alone[1]) / 4, abs=0.2)


def test_turns_too_short_are_not_judged(expert: AudeeringTraits) -> None:
    (found,) = expert.annotate([clip((0.0, 0.2, "A"))])
    assert (found.status, found.reason) == ("skipped", "too_short")


@pytest.mark.parametrize(
    ("age", "child", "band"),
    [
        (8, 0.9, "child"),
        (30, 0.9, "child"),
        (8, 0.2, None),
        (16.5, 0.0, "teenager"),
        (19, 0.0, None),
        (27, 0.0, "young adult"),
        (36, 0.0, None),
        (45, 0.0, "middle-aged"),
        (70, 0.0, "elderly"),
    ],
)
def test_a_band_stays_open_near_the_next_one(age: float, child: float, band: str | None) -> None:
    assert AudeeringTraits().band(age, child) == band


def test_another_model_is_refused_by_what_it_lacks(tmp_path: Path) -> None:
    settings = age_gender(tmp_path)
    path = tmp_path / "pytorch_model.bin"
    weights = torch.load(path, weights_only=True)
    torch.save({k: v for k, v in weights.items() if not k.startswith("age.")}, path)
    with pytest.raises(UserError, match=r"lacks age\."):
        AudeeringTraits(**settings).load()


def test_a_checkpoint_with_code_in_it_is_refused(tmp_path: Path) -> None:
    settings = age_gender(tmp_path)
    mark = tmp_path / "was here"

    class Evil:
        def __reduce__(self):
            return (Path.touch, (mark,))

    torch.save({"age": Evil()}, tmp_path / "pytorch_model.bin")
    with pytest.raises(UserError, match="holds no wav2vec"):
        AudeeringTraits(**settings).load()
    assert not mark.exists()
