"""The sound of the next clips is made while the experts have this one's."""

import threading
from collections.abc import Iterator

import pytest

from auricle.pipeline.engine.sounds import ahead


def test_all_items_come_in_order() -> None:
    assert list(ahead(range(5))) == [0, 1, 2, 3, 4]
    assert list(ahead([])) == []
    assert list(ahead([None, None])) == [None, None]


def test_the_next_item_is_made_while_the_caller_has_this_one() -> None:
    asked = threading.Event()

    def items() -> Iterator[int]:
        yield 0
        asked.set()
        yield 1

    for item in ahead(items()):
        if item == 0:
            assert asked.wait(5)  # nobody has asked for item 1 yet


def test_no_more_than_one_item_is_made_ahead() -> None:
    made = []

    def items() -> Iterator[int]:
        for item in range(10):
            made.append(item)
            yield item

    for item in ahead(items()):
        assert len(made) <= item + 2


def test_an_error_comes_after_the_items_before_it() -> None:
    def items() -> Iterator[int]:
        yield 0
        raise ValueError("cannot read on")

    got = []
    with pytest.raises(ValueError, match="cannot read on"):
        for item in ahead(items()):
            got.append(item)
    assert got == [0]
