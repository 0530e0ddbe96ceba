"""The plan of the questions."""

from collections import Counter

import pytest

from auricle.pipeline.stage_settings import QASettings
from auricle.pipeline.text.qa_plan import plan
from auricle.pipeline.text.wanted import Wanted

SETTINGS = QASettings()


@pytest.fixture(scope="module")
def wanted() -> list[Wanted]:
    return [kind for i in range(4000) for kind in plan(f"clip{i}", SETTINGS)]


def test_categories_and_difficulties_follow_their_shares(wanted: list[Wanted]) -> None:
    categories = Counter(kind.category for kind in wanted)
    difficulties = Counter(kind.difficulty for kind in wanted)
    for name, share in SETTINGS.categories.items():
        assert categories[name] / len(wanted) == pytest.approx(share, abs=0.01)
    for level, share in SETTINGS.difficulties.items():
        assert difficulties[level] / len(wanted) == pytest.approx(share, abs=0.01)


def test_difficulty_says_nothing_of_the_category(wanted: list[Wanted]) -> None:
    cells = Counter((kind.category, kind.difficulty) for kind in wanted)
    for (name, level), count in cells.items():
        expected = SETTINGS.categories[name] * SETTINGS.difficulties[level]
        assert count / len(wanted) == pytest.approx(expected, abs=0.01)


def test_yes_and_no_are_as_frequent_and_at_most_two_a_clip(wanted: list[Wanted]) -> None:
    polar = Counter(kind.polar for kind in wanted)
    assert polar[True] / (polar[True] + polar[False]) == pytest.approx(0.5, abs=0.03)
    assert (polar[True] + polar[False]) / len(wanted) == pytest.approx(0.16, abs=0.015)
    clips = (wanted[i : i + 5] for i in range(0, len(wanted), 5))
    assert max(sum(kind.polar is not None for kind in clip) for clip in clips) == 2


def test_a_clip_has_five_different_kinds_mostly(wanted: list[Wanted]) -> None:
    clips = [wanted[i : i + 5] for i in range(0, len(wanted), 5)]
    assert sum(len({kind.category for kind in clip}) >= 4 for clip in clips) / len(clips) > 0.95


def test_the_order_in_which_shares_are_written_does_not_matter() -> None:
    turned = QASettings(categories=dict(reversed(SETTINGS.categories.items())))
    assert plan("clip", turned) == plan("clip", SETTINGS)


def test_a_share_of_nothing_is_never_dealt() -> None:
    only = QASettings(difficulties={"basic": 1.0, "complex": 0.0}, yes_no=0.0)
    kinds = [kind for i in range(200) for kind in plan(f"clip{i}", only)]
    assert {kind.difficulty for kind in kinds} == {"basic"}
    assert {kind.polar for kind in kinds} == {None}
