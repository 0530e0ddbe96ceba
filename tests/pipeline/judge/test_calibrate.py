"""Thresholds come from what chance scores, and say when they are not to be trusted."""

import numpy as np
import pytest
from fakes import MADE, fill

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.judge.calibrate import Calibration, calibrate, stored, threshold
from auricle.schemas.decision import Consistency, TextScore
from auricle.schemas.errors import UserError

CONTROLS = 8


def scored(data: Dataset, shards: int, clips: int, apart: dict[str, float]) -> None:
    """Write scores of texts whose similarity is noise, those that belong `apart` higher."""
    dice = np.random.default_rng(7)
    ids = [[f"r{shard}x{i}_0_1" for i in range(clips)] for shard in range(shards)]
    fill(data, ids)
    for shard, names in enumerate(ids):
        rows = []
        for name in names:
            texts = []
            for where, lift in apart.items():
                controls = dice.normal(0.1, 0.05, CONTROLS)
                own = dice.normal(0.1 + lift, 0.05)
                margin = own - controls.mean()
                texts.append(
                    TextScore(
                        where=where,
                        similarity=own,
                        controls=tuple(controls),
                        margin=margin,
                        rank=1,
                    )
                )
            rows.append(Consistency(clip_id=name, texts=tuple(texts)))
        data.write("consistency", shard, rows, MADE)


@pytest.fixture
def data(tmp_path) -> Dataset:
    return Dataset(str(tmp_path / "set"))


def test_a_planted_threshold_is_found(data: Dataset) -> None:
    scored(data, shards=2, clips=400, apart={"long/0": 0.2})
    found = calibrate(data, 0.05).kinds["long"]
    # the null is normal: noise of .05 over the mean of seven others of .05
    planted = 1.6449 * 0.05 * np.sqrt(1 + 1 / (CONTROLS - 1))
    assert found.threshold == pytest.approx(planted, abs=0.004)
    assert found.false_accept <= 0.05
    assert found.true_accept == pytest.approx(0.982, abs=0.02)


def test_a_text_that_does_not_belong_passes_as_often_as_was_asked(data: Dataset) -> None:
    scored(data, shards=2, clips=500, apart={"long/0": 0.0})
    for wanted in (0.01, 0.05, 0.2):
        found = calibrate(data, wanted).kinds["long"]
        assert found.true_accept == pytest.approx(wanted, abs=0.025)


def test_each_kind_of_text_has_its_own_threshold(data: Dataset) -> None:
    scored(data, shards=1, clips=200, apart={"long/0": 0.2, "short/1": 0.1, "x_0_1_0a1b2c3d": 0.1})
    assert set(calibrate(data, 0.05).kinds) == {"long", "short", "qa"}


def test_few_scores_are_warned_of(data: Dataset) -> None:
    scored(data, shards=1, clips=10, apart={"long/0": 0.2})
    made = calibrate(data, 0.05)
    assert not made.kinds["long"].trusted
    assert "too few scores to trust the thresholds of long" in made.warnings[0]
    assert "400 control texts" in made.warnings[0]


def test_enough_scores_are_not(data: Dataset) -> None:
    scored(data, shards=1, clips=100, apart={"long/0": 0.2})
    assert calibrate(data, 0.05).warnings == []


def test_it_is_stored_with_its_counts_and_its_curve(data: Dataset) -> None:
    scored(data, shards=1, clips=100, apart={"long/0": 0.2})
    made = calibrate(data, 0.05)
    kept = stored(data)
    assert isinstance(kept, Calibration)
    assert kept == made
    told = kept.kinds["long"]
    assert (told.texts, told.null) == (100, 100 * CONTROLS)
    accepts = [point.false_accept for point in told.curve]
    assert accepts == sorted(accepts, reverse=True)
    assert accepts[0] > 0.9
    assert accepts[-1] < 0.01


def test_without_scores_there_is_an_error_that_says_what_to_set(data: Dataset) -> None:
    fill(data, [["r_0_1"]])
    with pytest.raises(UserError, match=r"score\.scorer"):
        calibrate(data, 0.05)


def test_a_threshold_lets_no_more_than_its_share_of_the_null_pass() -> None:
    null = np.arange(100) / 100
    found = threshold(np.array([2.0]), null, 0.05)
    assert (null > found.threshold).mean() <= 0.05
