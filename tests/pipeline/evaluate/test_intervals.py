"""Means of parts and their intervals, against what is known of them."""

import numpy as np
import pytest

from auricle.pipeline.evaluate.intervals import Figure, Part, figures


def one(values, recordings, parts=None, seed=0) -> Figure:
    every = [Part(np.arange(len(values)))]
    return figures(np.array(values, float)[:, None], recordings, [parts or every], seed)[0][0]


def names(samples: int, each: int = 1) -> list[str]:
    return [f"r{i // each}" for i in range(samples)]


def width(figure: Figure) -> float:
    assert figure.low is not None and figure.high is not None
    return figure.high - figure.low


def test_an_interval_contains_the_mean_and_is_that_of_the_normal_law() -> None:
    values = np.random.default_rng(1).normal(0.5, 0.1, 400)
    figure = one(values, names(400))
    assert figure.mean == pytest.approx(values.mean())
    assert figure.low < figure.mean < figure.high  # type: ignore[operator]
    assert width(figure) == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.1)


def test_an_interval_narrows_with_more_recordings() -> None:
    values = np.random.default_rng(1).normal(0.5, 0.1, 800)
    widths = [width(one(values[:many], names(many))) for many in (50, 200, 800)]
    assert widths[0] > 1.6 * widths[1] > 1.6 * 1.6 * widths[2]


def test_samples_of_one_recording_do_not_count_as_many() -> None:
    values = np.random.default_rng(1).normal(0.5, 0.1, 50)
    copies = np.repeat(values, 8)
    apart = width(one(values, names(50)))
    assert width(one(copies, names(400, each=8))) == pytest.approx(apart)
    assert width(one(copies, names(400))) < 0.5 * apart


def test_the_same_seed_gives_the_same_interval_and_another_another() -> None:
    values = np.random.default_rng(1).normal(0.5, 0.1, 60)
    assert one(values, names(60), seed=3) == one(values, names(60), seed=3)
    assert one(values, names(60), seed=3) != one(values, names(60), seed=4)


def test_a_part_is_the_mean_of_its_samples_and_a_weighted_figure_of_its_parts() -> None:
    values = np.arange(20.0)
    low, high = Part(np.arange(10), 0.25), Part(np.arange(10, 20), 0.75)
    assert one(values, names(20), [Part(low.samples)]).mean == 4.5
    assert one(values, names(20), [low, high]).mean == pytest.approx(0.25 * 4.5 + 0.75 * 14.5)


def test_a_part_that_some_resamples_miss_still_has_an_interval() -> None:
    figure = one(np.arange(20.0), names(20), [Part(np.array([3, 5]))])
    assert (figure.low, figure.mean, figure.high) == (3, 4, 5)


def test_a_single_recording_has_no_interval() -> None:
    figure = one([1.0, 2.0, 4.0], ["a", "a", "b"], [Part(np.array([0, 1]))])
    assert figure == Figure(1.5, None, None)
