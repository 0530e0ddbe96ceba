"""One driver a dataset, whatever the others do: tried with real processes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto_server import S3Server, s3_server

from auricle.pipeline.engine import lease
from auricle.pipeline.engine.storage import Storage
from auricle.schemas.errors import UserError

PATIENCE = 2.0
DRIVER = """
import sys
from contextlib import ExitStack
from auricle.pipeline.engine import lease
from auricle.pipeline.engine.storage import Storage
from auricle.schemas.errors import UserError

space, clock, patience = sys.argv[1:]
if space:  # as on another machine
    lease._space = lambda: space
if clock:
    lease._time = lambda: clock
say = lambda text: print("says", text, flush=True)
with ExitStack() as held:
    print("ready", flush=True)
    for line in sys.stdin:
        what, _, uri = line.strip().partition(" ")
        try:
            if what == "take":
                own = held.enter_context(lease.hold(Storage(uri), say, float(patience)))
            elif what == "free":
                held.close()
            elif what == "tell":
                own.tell({"done": int(uri)})
            else:
                own.check()
            print("well", flush=True)
        except UserError as error:
            print("no:", error, flush=True)
"""


class Driver:
    """A process that takes datasets as it is told."""

    def __init__(
        self,
        space: str = "",
        clock: str = "",
        patience: float = PATIENCE,
        before: tuple[str, ...] = (),
    ) -> None:
        command = [*before, sys.executable, "-c", DRIVER, space, clock, str(patience)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.hear() == "ready"

    def ask(self, what: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()

    def hear(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def does(self, what: str) -> str:
        self.ask(what)
        return self.hear()

    def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        self.process.send_signal(how)
        self.process.wait()


@pytest.fixture
def start() -> Iterator[type[Driver]]:
    drivers: list[Driver] = []

    def begin(*arguments: object, **more: object) -> Driver:
        drivers.append(Driver(*arguments, **more))  # type: ignore[arg-type]
        return drivers[-1]

    yield begin  # type: ignore[misc]
    for driver in drivers:
        if driver.process.poll() is None:
            driver.end()


@pytest.fixture
def data(tmp_path: Path) -> Storage:
    return Storage(str(tmp_path / "set"))


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


def told(data: Storage) -> dict[str, object]:
    return json.loads(data.read(lease.FILE) or b"{}")


def test_of_drivers_that_start_at_the_same_moment_exactly_one_wins(start, tmp_path) -> None:
    drivers = [start() for _ in range(3)]
    for i in range(30):
        data = Storage(str(tmp_path / str(i)))
        if i % 2:  # one that is dead has it
            leave_behind(data)
        for driver in drivers:
            driver.ask(f"take {data.uri}")
        answers = [driver.hear() for driver in drivers]
        assert sorted(answer[:3] for answer in answers) == ["no:", "no:", "wel"], answers
        winner = drivers[next(i for i, answer in enumerate(answers) if answer == "well")]
        assert told(data)["pid"] == winner.process.pid
        assert f"process {winner.process.pid}, has been working" in " ".join(answers)


def leave_behind(data: Storage) -> None:
    """Have a process that is no more hold a dataset."""
    with lease.hold(data, print):
        held = told(data)
    over = subprocess.Popen(["true"])
    over.wait()
    data.write(lease.FILE, json.dumps({**held, "pid": over.pid}).encode())


def test_the_file_says_who_where_and_how_far_and_goes_at_the_end(start, data) -> None:
    driver = start(patience=0.6)
    assert driver.does(f"take {data.uri}") == "well"
    driver.does("tell 7")
    first = lease.look(data)
    assert first and first.pid == driver.process.pid
    until = time.monotonic() + 5
    while (now := lease.look(data)) and not now.state and time.monotonic() < until:
        time.sleep(0.02)
    assert now and now.state == {"done": 7} and now.beats > first.beats
    assert driver.does("free") == "well"
    assert lease.look(data) is None
    assert data.entries() == []


def test_an_exception_gives_the_dataset_free(data) -> None:
    with pytest.raises(ZeroDivisionError), lease.hold(data, print):
        raise ZeroDivisionError
    assert not data.exists(lease.FILE)


def test_after_kill_9_the_next_driver_begins_at_once(start, data) -> None:
    driver = start()
    assert driver.does(f"take {data.uri}") == "well"
    with pytest.raises(UserError, match=f"kill {driver.process.pid}$"), lease.hold(data, print):
        pass
    driver.end()
    begun = time.monotonic()
    with lease.hold(data, print) as own:
        own.check()
    assert time.monotonic() - begun < 20


def test_a_process_that_was_killed_and_not_yet_waited_for_is_dead(start, data) -> None:
    driver = start()
    driver.does(f"take {data.uri}")
    driver.process.send_signal(signal.SIGKILL)
    until = time.monotonic() + 5
    while lease.look(data) and time.monotonic() < until:
        time.sleep(0.02)
    assert driver.process.returncode is None
    with lease.hold(data, print) as own:
        own.check()


def test_another_process_that_got_the_number_of_a_dead_one_holds_nothing(data) -> None:
    with lease.hold(data, print):
        held = told(data)
    data.write(lease.FILE, json.dumps({**held, "pid_started": 1}).encode())
    assert lease.look(data) is None
    with lease.hold(data, print) as own:
        own.check()


@pytest.mark.parametrize("clock", ["1999-01-01T00:00:00+00:00", "2099-01-01T00:00:00+00:00"])
def test_one_on_another_machine_is_watched_and_clocks_do_not_matter(start, data, clock) -> None:
    far = start("elsewhere", clock)
    far.does(f"take {data.uri}")
    said: list[str] = []
    with (
        pytest.raises(UserError, match="has been working"),
        lease.hold(data, said.append, PATIENCE),
    ):
        pass
    assert "watching for 2 s" in said[0]
    far.end()
    begun = time.monotonic()
    with lease.hold(data, said.append, PATIENCE) as own:
        own.check()
    assert PATIENCE <= time.monotonic() - begun < PATIENCE + 15
    assert len(said) == 2


def test_a_driver_that_was_stopped_and_lost_the_dataset_notices_and_leaves_it(start, data) -> None:
    far = start("elsewhere", patience=1.0)
    far.does(f"take {data.uri}")
    far.process.send_signal(signal.SIGSTOP)
    with lease.hold(data, print, 1.0) as own:
        holder = told(data)["token"]
        far.process.send_signal(signal.SIGCONT)
        assert "while this run stood still" in far.does("check")
        time.sleep(0.5)  # some renewals
        assert told(data)["token"] == holder
        assert far.does("free") == "well"
        assert told(data)["token"] == holder
        own.check()


def test_a_driver_that_was_stopped_and_lost_nothing_goes_on(start, data) -> None:
    driver = start(patience=0.5)
    driver.does(f"take {data.uri}")
    driver.process.send_signal(signal.SIGSTOP)
    time.sleep(0.7)
    driver.process.send_signal(signal.SIGCONT)
    assert driver.does("check") == "well"


def test_in_another_container_the_numbers_of_processes_say_nothing(start, data) -> None:
    apart = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")
    if os.geteuid() or subprocess.run([*apart, "true"], capture_output=True).returncode:
        pytest.skip("only root may make a namespace")
    inside = start(before=apart)
    assert inside.does(f"take {data.uri}") == "well"
    held = lease.look(data)
    assert held and held.pid < 10  # here, that is quite another process
    with pytest.raises(UserError, match="has been working"), lease.hold(data, print, PATIENCE):
        pass


def test_a_file_that_says_nothing_is_named(data) -> None:
    data.write(lease.FILE, b"{")
    with pytest.raises(UserError, match=r"run.json: does not say who works .* delete it"):
        lease.look(data)


def test_on_an_object_store_one_wins_and_the_dead_give_way(start, s3) -> None:
    drivers = [start(patience=9.0) for _ in range(2)]
    for i in range(4):
        data = Storage(s3.uri(f"bucket/{i}"))
        for driver in drivers:
            driver.ask(f"take {data.uri}")
        answers = [driver.hear() for driver in drivers]
        assert sorted(answer[:3] for answer in answers) == ["no:", "wel"], answers
        winner = drivers[answers.index("well")]
        assert told(data)["pid"] == winner.process.pid
        assert winner.does("check") == "well"
    winner.end()
    begun = time.monotonic()
    with lease.hold(data, print, 9.0) as own:
        own.check()
    assert time.monotonic() - begun < 8
    assert not data.exists(lease.FILE)


def test_an_object_store_tells_a_driver_that_it_lost(start, s3) -> None:
    data = Storage(s3.uri("bucket/lost"))
    far = start("elsewhere", patience=1.0)
    far.does(f"take {data.uri}")
    far.process.send_signal(signal.SIGSTOP)
    with lease.hold(data, print, 1.0) as own:
        far.process.send_signal(signal.SIGCONT)
        assert "while this run stood still" in far.does("check")
        own.check()
