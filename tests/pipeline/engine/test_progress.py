"""Progress says how far each stage is, on a terminal and in a log."""

import io

import pytest
from rich.console import Console

from auricle.pipeline.engine.progress import Board, clock
from auricle.pipeline.engine.work import Done


def test_a_log_gets_one_plain_line_when_a_stage_is_done() -> None:
    log = io.StringIO()
    board = Board(Console(file=log, width=200))
    with board.shown():
        board.start("hear", 2, 1, 5)
        board.tell("hear", Done(5, 50.0, {"expert_failed": 1}))
        board.shard("hear")
    line = log.getvalue().strip()
    assert line.startswith("hear: 2/2 shards, 5 clips")
    assert line.endswith("1 errors, done")


def test_a_terminal_gets_a_table_of_all_stages() -> None:
    screen = io.StringIO()
    board = Board(Console(file=screen, width=80, force_terminal=True))
    with board.shown():
        board.start("hear", 2, 0, 20)
        board.start("speech", 2, 2, 0)
        board.tell("hear", Done(5, 50.0))
    shown = screen.getvalue()
    assert "hear" in shown
    assert "0/2" in shown
    assert "2/2" in shown


def test_the_time_left_follows_the_clips_not_the_shards() -> None:
    board = Board(Console(file=io.StringIO()))
    board.start("hear", 2, 0, 100)
    board.lines["hear"].begun -= 50.0
    board.tell("hear", Done(50, 500.0))
    assert board.lines["hear"].cells()[-1] in ("50s", "51s")


def test_nothing_is_promised_before_the_first_clip() -> None:
    board = Board(Console(file=io.StringIO()))
    board.start("ingest", 2, 0, None)
    assert board.lines["ingest"].cells()[-1] == "?"


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.4, "0s"), (59, "59s"), (185, "3m05s"), (7800, "2h10m")]
)
def test_a_length_of_time_is_said_as_people_do(seconds: float, said: str) -> None:
    assert clock(seconds) == said
