"""Progress says how far each stage is: on a terminal, in a log, and to programs."""

import io
import json
import subprocess
import sys
import time

import pytest
from rich.console import Console

from auricle.pipeline.engine.line import Line, clock
from auricle.pipeline.engine.progress import Board, RunState, view
from auricle.pipeline.engine.stall import Limit, Setup
from auricle.pipeline.engine.work import Done


def line(total: int = 10, todo: int | None = 1000) -> Line:
    return Line("hear", total, 0, todo, begun=0.0)


def test_a_log_gets_one_plain_line_when_a_stage_is_done() -> None:
    log = io.StringIO()
    board = Board(Console(file=log, width=200))
    with board.shown():
        board.start("hear", 2, 1, 5)
        board.tell("hear", Done(5, 50.0, {"expert_failed": 1}))
        board.shard("hear")
    told = log.getvalue().strip()
    assert len(told.splitlines()) == 1
    assert told.startswith("hear: 2/2 shards, 5 clips")
    assert told.endswith("1 errors, done")


def test_a_log_gets_a_line_while_the_work_goes_on_even_if_it_is_silent() -> None:
    log = io.StringIO()
    board = Board(Console(file=log, width=200))
    with board.shown():
        board.start("hear", 2, 0, 50)
        board.tell("hear", Done(5, 50.0))
        board._next = time.monotonic()
        time.sleep(1.5)
        assert log.getvalue().startswith("hear: 0/2 shards, 5 clips")


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


def test_plain_lines_can_be_had_on_a_terminal_too() -> None:
    screen = io.StringIO()
    board = Board(Console(file=screen, width=80, force_terminal=True), "plain")
    with board.shown():
        board.start("hear", 1, 0, 5)
        board.tell("hear", Done(5, 50.0))
        board.shard("hear")
    assert screen.getvalue().startswith("hear: 1/1 shards")


def test_programs_get_one_json_object_a_line_with_all_numbers(capsys) -> None:
    board = Board(Console(file=io.StringIO()), "json")
    with board.shown():
        board.start("hear", 1, 0, 5)
        board.pool("hear", 2, 1, 7)
        board.tell("hear", Done(5, 50.0, {"expert_failed": 1}))
        board.shard("hear")
    events = [json.loads(told) for told in capsys.readouterr().out.splitlines()]
    stage = events[-1]["stages"][0]
    assert {"time", "seconds", "slowest", "advice"} <= events[-1].keys()
    assert (stage["stage"], stage["shards"], stage["total"], stage["clips"]) == ("hear", 1, 1, 5)
    assert stage["errors"] == {"expert_failed": 1}
    assert stage["left"] == 0
    assert RunState(**events[-1]).stages[0].done


def test_the_state_is_told_to_whoever_listens_and_can_be_read_back() -> None:
    heard: list[dict] = []
    board = Board(Console(file=io.StringIO()), heard=heard.append)
    with board.shown():
        board.start("hear", 4, 0, 40)
        board.tell("hear", Done(5, 50.0))
        board.pool("hear", 2, 2, 1)
    state = RunState(**json.loads(json.dumps(heard[-1])))
    assert state.slowest == "hear"
    assert (state.stages[0].workers, state.stages[0].busy, state.stages[0].ready) == (2, 2, 1)
    assert board.state()["stages"] == json.loads(json.dumps(board.state()["stages"]))


def test_a_reader_that_leaves_does_not_stop_the_work() -> None:
    code = (
        "import sys, time\n"
        "from rich.console import Console\n"
        "from auricle.pipeline.engine.progress import Board\n"
        "board = Board(Console(stderr=True), 'json')\n"
        "with board.shown():\n"
        "    board.start('hear', 9, 0, 90)\n"
        "    for _ in range(3): board._look(last=True); time.sleep(0.3)\n"
        "print('went on', file=sys.stderr)"
    )
    run = [sys.executable, "-c", code]
    with subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stderr is not None
        assert json.loads(writer.stdout.readline())["stages"][0]["stage"] == "hear"
        writer.stdout.close()
        assert writer.stderr.read().strip() == "went on"
    assert writer.returncode == 0


def test_the_time_left_follows_the_clips_not_the_shards() -> None:
    one = line(total=2, todo=100)
    for second in range(50):
        one.tell(Done(1, 10.0), float(second))
    assert one.numbers(50.0).left == pytest.approx(50, abs=1)


def test_nothing_is_promised_before_the_first_clip() -> None:
    assert line(todo=None).numbers(30.0).left is None
    assert line().numbers(30.0).left is None


def test_clips_that_flew_by_at_first_do_not_shorten_the_time_left() -> None:
    one = line(todo=20_000)
    one.tell(Done(10_000, 100_000.0), 1.0)  # kept out by a gate
    for second in range(2, 300):
        one.tell(Done(1, 10.0), float(second))
    numbers = one.numbers(300.0)
    assert numbers.clips_per_second == pytest.approx(1, abs=0.05)
    assert numbers.mean_clips_per_second > 30
    assert numbers.left == pytest.approx(9_700, rel=0.05)


def test_clips_that_fly_by_at_the_moment_do_not_either() -> None:
    one = line(todo=20_000)
    for second in range(600):
        one.tell(Done(1, 10.0), float(second))
    one.tell(Done(5_000, 50_000.0), 600.0)
    numbers = one.numbers(601.0)
    assert numbers.clips_per_second > 80
    assert numbers.left == pytest.approx((20_000 - 5_600) / (5_600 / 601), rel=0.02)


def test_the_time_left_grows_when_nothing_comes() -> None:
    one = line(todo=1000)
    for second in range(100):
        one.tell(Done(5, 50.0), float(second))
    assert one.numbers(100.0).left == pytest.approx(100, rel=0.05)
    assert one.numbers(400.0).clips_per_second == 0
    assert one.numbers(400.0).left == pytest.approx(400, rel=0.05)


def test_clips_that_were_not_counted_are_estimated_from_the_shards_made() -> None:
    one = line(total=20, todo=None)
    one.pool(5, 5, 15, 0.0)
    now = 0.0
    for _ in range(2):
        for _ in range(100):  # five workers, 100 clips a shard, a clip a second each
            now += 1
            one.tell(Done(5, 50.0), now)
        for _ in range(5):
            one.shard(now)
    assert one.numbers(now).left == pytest.approx(200, rel=0.35)


def test_work_done_again_is_not_counted_twice() -> None:
    one = line(todo=10)
    one.tell(Done(8, 80.0, {"expert_failed": 1}), 10.0)
    one.tell(Done(-8, -80.0, {"expert_failed": -1}), 11.0)
    one.tell(Done(4, 40.0), 20.0)
    numbers = one.numbers(20.0)
    assert (numbers.clips, numbers.errors) == (4, {})
    assert numbers.clips_per_second == pytest.approx(0.2)


def test_the_time_before_the_first_worker_is_busy_does_not_count() -> None:
    one = line()
    one.pool(0, 0, 3, 100.0)
    assert one.numbers(100.0).unstaffed == 100
    one.pool(1, 1, 2, 101.0)
    one.tell(Done(50, 500.0), 111.0)
    assert one.numbers(111.0).mean_clips_per_second == pytest.approx(50 / 11, rel=0.01)
    assert one.numbers(111.0).unstaffed == 0


def test_the_table_of_a_large_run_fits_eighty_columns() -> None:
    def big(stage: str) -> Line:
        one = Line(stage, 2000, 0, 1_024_000, begun=0.0)
        one.tell(Done(123_456, 1_234_560.0, {"expert_failed": 1234, "worker_died": 12}), 50.0)
        one.finished = 1999
        one.pool(128, 127, 1000, 50.0)
        return one

    names = ("speakers-2", "speech", "describe", "support")
    hint = "speech is the slowest: 1000 shards wait for 127 busy workers, about 3h10m left; " * 2
    state = RunState(
        seconds=50,
        stages=tuple(big(name).numbers(50.0) for name in names),
        slowest="speech",
        advice=hint,
    )
    out = io.StringIO()
    Console(file=out, width=80).print(view(state))
    shown = out.getvalue().splitlines()
    assert max(map(len, shown)) <= 80
    assert len([row for row in shown if "1999/2000" in row and "127/128" in row]) == 4
    assert "errors: 4936 expert_failed, 48 worker_died" in out.getvalue()


def test_a_log_hears_what_would_help_at_most_once_in_some_minutes() -> None:
    log = io.StringIO()
    setup = Setup("ray", limits={"hear": Limit("processor", "more processors would help")})
    board = Board(Console(file=log, width=200), setup=setup)
    board._begun -= 100
    board.start("hear", 1000, 0, 1_000_000)
    board.lines["hear"].begun -= 100
    board.pool("hear", 2, 2, 41)
    with board.shown():
        board.tell("hear", Done(100, 1000.0))
        for _ in range(3):
            board._look(last=True)
    hints = [told for told in log.getvalue().splitlines() if "would help" in told]
    assert len(hints) == 1
    assert hints[0].startswith("hear is the slowest: 41 shards wait for 2 busy workers, about")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.4, "0s"), (59, "59s"), (185, "3m05s"), (7800, "2h10m"), (1_000_000, "11d13h")],
)
def test_a_length_of_time_is_said_as_people_do(seconds: float, said: str) -> None:
    assert clock(seconds) == said
