"""Comparing datasets finds every difference that matters and no other."""

import pytest
from fakes import MADE, fill

from auricle.pipeline.compare import differences
from auricle.pipeline.dataset import Dataset
from auricle.schemas.annotation import Events, EventSpan

IDS = ["a_0_1", "b_0_1"]


def events(score: float) -> list[Events]:
    span = EventSpan(label="music", start=0.0, end=1.0, score=score)
    return [Events(clip_id=IDS[0], spans=(span,)), Events(clip_id=IDS[1])]


@pytest.fixture
def pair(tmp_path) -> tuple[Dataset, Dataset]:
    made = Dataset(str(tmp_path / "one")), Dataset(str(tmp_path / "other"))
    for data in made:
        fill(data, [IDS])
        data.write("events", 0, events(0.5), MADE)
    return made


def test_equal_datasets_have_no_differences(pair) -> None:
    assert list(differences(*pair)) == []


def test_rounding_is_no_difference(pair) -> None:
    pair[1].write("events", 0, events(0.5 + 1e-7), MADE)
    assert list(differences(*pair)) == []


def test_a_nested_value_that_differs_is_named(pair) -> None:
    pair[1].write("events", 0, events(0.51), MADE)
    (found,) = differences(*pair)
    assert found.startswith("events 0: spans of a_0_1")


def test_a_missing_shard_and_a_missing_row_are_named(pair) -> None:
    pair[1].forget_shard("signal", 0)
    pair[1].write("events", 0, events(0.5)[:1], MADE)
    assert list(differences(*pair)) == ["signal: 1 shards and 0", "events 0: 2 rows and 1"]
