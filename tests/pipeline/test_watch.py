"""A run can be followed from another terminal, by its files alone."""

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import auricle
from fakes import FakeExpert, Log, SecondExpert, fill
from rich.console import Console, RenderableType

from auricle.pipeline.commands_look import status
from auricle.pipeline.dataset import Dataset, Fingerprint
from auricle.pipeline.engine.chain import Chain
from auricle.pipeline.engine.lease import hold
from auricle.pipeline.engine.local import run_local
from auricle.pipeline.engine.progress import Board
from auricle.pipeline.engine.work import Done
from auricle.pipeline.watch import Follower
from auricle.schemas.errors import UserError

SHARDS = [[f"r{shard}{i}_0_1" for i in range(2)] for shard in range(4)]


@pytest.fixture
def data(tmp_path: Path) -> Dataset:
    """Four shards of clips, of which the first two have events."""
    made = Dataset(str(tmp_path / "set"))
    fill(made, SHARDS)
    hear = Chain("hear", (FakeExpert(),))
    run_local(made, [hear], Log())
    for shard in (2, 3):
        made.forget_shard("events", shard)
    for table, fingerprint in hear.fingerprints({"clips": ""}).items():
        made.sign(table, fingerprint)
    return made


def on_paper(shown: RenderableType) -> str:
    console = Console(width=80, record=True, file=open(os.devnull, "w"))  # noqa: SIM115, PTH123
    console.print(shown)
    return console.export_text()


def test_a_dataset_that_nobody_works_on_says_so_with_what_is_pending(data) -> None:
    shown = on_paper(Follower(data).look(0.0))
    assert "nobody works on it" in shown
    assert "0 of 1 tables are complete (4 shards each)" in shown
    row = next(line for line in shown.splitlines() if line.startswith("events"))
    assert row.split() == ["events", "2/4", "2", "-", "-"]


def test_speed_and_time_left_come_from_the_shards_that_appear(data) -> None:
    follower = Follower(data)
    follower.look(0.0)
    (again := Chain("hear", (FakeExpert(),))).load()
    again.run(data, 2, lambda _: None)
    shown = on_paper(follower.look(60.0))
    row = next(line for line in shown.splitlines() if line.startswith("events"))
    assert row.split() == ["events", "3/4", "1", "1.0", "1m00s"]
    again.run(data, 3, lambda _: None)
    assert "1 of 1 tables are complete" in on_paper(follower.look(120.0))


def test_the_run_that_works_on_it_shows_its_own_numbers(data) -> None:
    board = Board(Console(quiet=True))
    board.start("speech", 4, 2, 4)
    board.pool("speech", 2, 1, 3)
    board.tell("speech", Done(3, 30.0, {"expert_failed": 1}))
    follower = Follower(data)
    with hold(data.storage, lambda _: None, patience=3.0) as lease:
        lease.tell(board.state())
        time.sleep(1.0)
        shown = on_paper(follower.look(0.0))
        assert f"process {os.getpid()}, since 20" in shown
        row = next(line for line in shown.splitlines() if line.startswith("speech"))
        assert row.split()[:3] == ["speech", "2/4", "3"]
        assert "1/2" in row
        assert "errors: 1 expert_failed" in shown
    assert "nobody works on it" in on_paper(follower.look(2.0))


def test_a_run_that_tells_nothing_for_long_is_said_to_be_silent(data) -> None:
    follower = Follower(data)
    with hold(data.storage, lambda _: None):
        assert "silent" not in on_paper(follower.look(0.0))
        assert "silent for 1m40s; it may have died" in on_paper(follower.look(100.0))


def test_a_state_of_another_version_does_not_end_the_watch(data) -> None:
    with hold(data.storage, lambda _: None, patience=3.0) as lease:
        lease.tell({"stages": "many"})
        time.sleep(1.0)
        assert "0 of 1 tables" in on_paper(Follower(data).look(0.0))


def test_a_table_that_is_begun_while_one_watches_is_found(data) -> None:
    follower = Follower(data)
    follower.look(0.0)
    second = Chain("second", (SecondExpert(),))
    needs = {"clips": "", "events": ""}
    prints: dict[str, Fingerprint] = second.fingerprints(needs)
    data.sign("vad", prints["vad"])
    shown = [on_paper(follower.look(2.0 * look)) for look in range(1, 8)]
    assert any(line.startswith("vad ") for line in shown[-1].splitlines())


def test_a_place_without_a_dataset_is_named(tmp_path) -> None:
    with pytest.raises(UserError, match="no dataset here"):
        Follower(Dataset(str(tmp_path))).look(0.0)
    done = auricle("status", str(tmp_path), "--watch")
    assert (done.returncode, done.stdout) == (2, "")
    assert "make one with `auricle run`" in done.stderr


def test_following_as_json_is_pointed_to_the_run_itself(data) -> None:
    with pytest.raises(UserError, match="a run tells JSON with --progress json"):
        status(data.storage.uri, as_json=True, watch=True)


def test_on_a_terminal_the_table_stays_until_ctrl_c(data) -> None:
    ours, theirs = pty.openpty()
    watching = subprocess.Popen(
        [sys.executable, "-m", "auricle.pipeline.cli", "status", data.storage.uri, "--watch"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "80"},
    )
    os.close(theirs)
    shown = b""
    until = time.monotonic() + 30
    while b"events" not in shown and time.monotonic() < until:
        shown += os.read(ours, 4096)
    watching.send_signal(signal.SIGINT)
    assert watching.wait(10) == 0
    assert b"2/4" in shown
    os.close(ours)
