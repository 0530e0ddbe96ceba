"""One driver a dataset: who works on it says so in a file, and renews it as long as it lives.

A second driver looks whether that process is alive. From another machine it cannot; it watches
whether the file is renewed. No clocks of two machines are compared.
"""

import fcntl
import json
import os
import shlex
import socket
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from auricle.pipeline.engine.storage import Storage
from auricle.schemas.errors import UserError

FILE = "run.json"
_LOCK = ".run.lock"


@dataclass(frozen=True)
class Holder:
    """The process that works on a dataset."""

    host: str
    pid: int
    pid_started: int | None
    """When the kernel began it, in ticks since the machine did; None where it cannot be told."""
    space: str
    """Where its `pid` is a name: this boot of this machine, and this container."""
    command: str
    begun: str
    renewed: str
    """Both are the time of day at the holder, for people to read."""
    beats: int = 0
    state: dict[str, Any] = field(default_factory=dict)
    """How far the run is."""
    token: str = field(default_factory=lambda: uuid.uuid4().hex)

    def __str__(self) -> str:
        return f"host {self.host}, process {self.pid}"


class Lease:
    """The right to work on a dataset; see `hold`."""

    def __init__(self, storage: Storage, own: Holder, patience: float) -> None:
        self._storage, self._own, self._patience = storage, own, patience
        self._state: dict[str, Any] = {}
        self._renewed_at = _awake()
        self._taken_by: Holder | None = None
        self._turn, self._ended = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._live, name="lease", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Return while the lease holds.

        Raises:
            UserError: another driver took the dataset over while this one stood still.
        """
        if _awake() - self._renewed_at > self._patience:
            self._renew()
        if self._taken_by is not None:
            raise UserError(
                f"{self._storage.uri}: {self._taken_by}, took it over at "
                f"{self._taken_by.begun} while this run stood still; run again when it has ended"
            )

    def tell(self, state: dict[str, Any]) -> None:
        """Show this in the file from its next renewal on; it is JSON."""
        self._state = json.loads(json.dumps(state))

    def release(self) -> None:
        """Give the dataset free, unless it is another's by now."""
        self._ended.set()
        self._thread.join()
        with suppress(UserError), _alone(self._storage, self._patience):
            found = _read(self._storage)
            if found is not None and found.token == self._own.token:
                self._storage.delete_file(FILE)

    def _live(self) -> None:
        while not self._ended.wait(self._patience / 6):
            with suppress(UserError):  # tried again at the next beat
                self._renew()

    def _renew(self) -> None:
        now = _awake()
        with self._turn, _alone(self._storage, self._patience):
            found = _read(self._storage)
            if found is not None and found.token != self._own.token:
                self._taken_by = found
            if self._taken_by is None:
                beats, state = self._own.beats + 1, self._state
                self._own = replace(self._own, beats=beats, renewed=_time(), state=state)
                _write(self._storage, self._own)
                self._renewed_at = now


@contextmanager
def hold(storage: Storage, say: Callable[[str], None], patience: float = 60.0) -> Iterator[Lease]:
    """Be the one driver of a dataset for the length of the block.

    A holder counts as dead after `patience` seconds without a renewal: the same for all drivers.

    Raises:
        UserError: another driver works on it.
    """
    own = Holder(
        host=socket.gethostname(),
        pid=os.getpid(),
        pid_started=_started(os.getpid()),
        space=_space(),
        command=shlex.join(sys.argv)[:1000],
        begun=_time(),
        renewed=_time(),
    )
    _take(storage, own, say, patience)
    lease = Lease(storage, own, patience)
    try:
        yield lease
    finally:
        lease.release()


def look(storage: Storage) -> Holder | None:
    """Return who works on a dataset; one elsewhere may have died since it was `renewed`."""
    found = _read(storage)
    return None if found is None or _is_gone(found) else found


def _take(storage: Storage, own: Holder, say: Callable[[str], None], patience: float) -> None:
    """Write the own name into the file once there is no other, or none that lives."""
    seen: tuple[str, int] | None = None
    since = time.monotonic()
    while True:
        with _alone(storage, patience) as sure:
            found = _read(storage)
            same = found is not None and (found.token, found.beats) == seen
            if found is None or _is_gone(found) or (same and time.monotonic() - since > patience):
                _write(storage, own)
                break
        if _is_near(found) or (seen and not same):
            raise _refusal(storage, found)
        if seen is None:
            seen, since = (found.token, found.beats), time.monotonic()
            say(
                f"{storage.uri}: {found}, began to work on it at {found.begun}; "
                f"watching for {patience:.0f} s whether it still does"
            )
        time.sleep(patience / 60)
    if not sure:  # whoever else wrote did so just now: the last one stays
        time.sleep(patience / 30)
        if (found := _read(storage) or own) != own:
            raise _refusal(storage, found)


@contextmanager
def _alone(storage: Storage, patience: float) -> Iterator[bool]:
    """Let one process at a time read and write the file; yield False where that cannot be had."""
    with ExitStack() as held:
        yield storage.local and _lock(Path(storage.path(_LOCK)), patience, held)


def _lock(path: Path, patience: float, held: ExitStack) -> bool:
    until = time.monotonic() + patience
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = held.enter_context(path.open("ab"))
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            except BlockingIOError:
                if time.monotonic() > until:
                    raise UserError(f"{path}: another process does not let go of it") from None
                time.sleep(0.02)
    except OSError:  # no such locks here, or no place to write, as the next write will say
        return False


def _refusal(storage: Storage, found: Holder) -> UserError:
    return UserError(
        f"{storage.uri}: {found}, has been working on it since {found.begun}; "
        f"wait for it, or stop it there with: kill {found.pid}"
    )


def _read(storage: Storage) -> Holder | None:
    content = storage.read(FILE)
    if content is None:
        return None
    try:
        told = json.loads(content)
        return Holder(**{each.name: told[each.name] for each in fields(Holder)})
    except (ValueError, KeyError, TypeError):
        problem = "does not say who works on this dataset; delete it if nobody does"
        raise UserError(f"{storage.address(FILE)}: {problem}") from None


def _write(storage: Storage, holder: Holder) -> None:
    storage.write(FILE, json.dumps(asdict(holder), indent=1).encode())


def _is_near(holder: Holder) -> bool:
    """Tell whether its number means the same process here as it does there."""
    return bool(holder.space) and holder.space == _space()


def _is_gone(holder: Holder) -> bool:
    """Tell whether a process is known to have ended; its number may be another's by now."""
    return _is_near(holder) and _started(holder.pid) != holder.pid_started


def _space() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _started(pid: int) -> int | None:
    """Return when a process began, or None if it has ended; see proc(5), /proc/PID/stat."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if told[0] in "ZX" else int(told[19])


def _awake() -> float:
    """Return seconds of a clock that nobody sets and that goes on while the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def _time() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")
