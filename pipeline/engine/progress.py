"""How far the work is: a live table, plain lines where there is no terminal, or JSON lines."""

import json
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from auricle.pipeline.engine.line import Line, Numbers, clock
from auricle.pipeline.engine.stall import Setup, advice, slowest
from auricle.pipeline.engine.work import Done

Mode = Literal["auto", "plain", "json"]
"""A live table on a terminal and else plain lines; always plain lines; or JSON lines."""

_OFTEN, _SELDOM = 10.0, 60.0
"""Seconds between lines, in the first minutes and later."""
_FIRST = 600.0
_ADVICE_EVERY = 300.0
"""Seconds between two plain lines that say what would help."""


class Progress(Protocol):
    """Told of the work as it goes."""

    def start(self, stage: str, total: int, done: int, clips: int | None) -> None:
        """A stage has so many shards, so many done already, and so many clips to do if known."""

    def tell(self, stage: str, done: Done) -> None:
        """Clips were worked on."""

    def shard(self, stage: str) -> None:
        """A shard is on disk."""

    def pool(self, stage: str, workers: int, busy: int, ready: int) -> None:
        """A stage has so many workers, so many of them busy, and so many shards that wait."""


class RunState(BaseModel):
    """How far a run is: what a JSON line holds, and what other processes are told."""

    model_config = ConfigDict(frozen=True)

    seconds: float
    """Since the run began."""
    stages: tuple[Numbers, ...] = ()
    slowest: str | None = None
    """The stage that the others wait for."""
    advice: str | None = None
    """What would help, if anything is worth saying."""


class Board:
    """Progress of all stages, shown in one of three ways and told to one who asks for it.

    Args:
        console: where the table or the plain lines go; JSON lines go to standard output.
        mode: how it is shown.
        setup: how the run works, for advice.
        heard: given the state, as plain JSON, about once a second.
    """

    def __init__(
        self,
        console: Console,
        mode: Mode = "auto",
        setup: Setup | None = None,
        heard: Callable[[dict[str, Any]], None] | None = None,
    ) -> None:
        self.console, self.mode, self.setup, self.heard = console, mode, setup or Setup(), heard
        self.lines: dict[str, Line] = {}
        self._begun = self._moved = time.monotonic()
        self._said: dict[str, Numbers] = {}
        self._next = self._begun + _OFTEN
        self._advised = -_ADVICE_EVERY
        self._lock = threading.Lock()
        self._over = threading.Event()

    @contextmanager
    def shown(self) -> Iterator["Board"]:
        """Show the board while the block runs."""
        self._over.clear()
        follower = threading.Thread(target=self._follow, daemon=True, name="progress")
        live = Live(get_renderable=self._view, console=self.console, refresh_per_second=4)
        with live if self._is_live else nullcontext():
            follower.start()
            try:
                yield self
            finally:
                self._over.set()
                follower.join()
                self._look(last=True)

    def start(self, stage: str, total: int, done: int, clips: int | None) -> None:
        """A stage has so many shards, so many done already, and so many clips to do if known."""
        with self._lock:
            self._moved = time.monotonic()
            self.lines[stage] = Line(stage, total, done, clips, self._moved)

    def tell(self, stage: str, done: Done) -> None:
        """Clips were worked on."""
        with self._lock:
            self._moved = time.monotonic()
            self.lines[stage].tell(done, self._moved)

    def shard(self, stage: str) -> None:
        """A shard is on disk."""
        with self._lock:
            self._moved = time.monotonic()
            self.lines[stage].shard(self._moved)

    def pool(self, stage: str, workers: int, busy: int, ready: int) -> None:
        """A stage has so many workers, so many of them busy, and so many shards that wait."""
        with self._lock:
            now = time.monotonic()
            if self.lines[stage].pool(workers, busy, ready, now):
                self._moved = now

    def state(self) -> dict[str, Any]:
        """Return the state of the run as plain JSON, which `RunState` reads."""
        return self._state().model_dump(mode="json")

    @property
    def _is_live(self) -> bool:
        return self.mode == "auto" and self.console.is_terminal

    def _state(self) -> RunState:
        with self._lock:
            now = time.monotonic()
            stages = tuple(line.numbers(now) for line in self.lines.values())
            spent, still = now - self._begun, now - self._moved
        slow = slowest(stages)
        return RunState(
            seconds=round(spent, 1),
            stages=stages,
            slowest=slow.stage if slow else None,
            advice=advice(stages, self.setup, spent, still),
        )

    def _view(self) -> RenderableType:
        return view(self._state())

    def _follow(self) -> None:
        while not self._over.wait(1.0):
            self._look()

    def _look(self, last: bool = False) -> None:
        """Tell what is new to whoever listens."""
        state = self._state()
        if self.heard is not None:
            self.heard(state.model_dump(mode="json"))
        if self._is_live:
            return
        ended = {one.stage for one in state.stages if one.done and one.clips}
        due = last or time.monotonic() >= self._next
        if not due and ended <= {one.stage for one in self._said.values() if one.done}:
            return
        try:
            if self.mode == "json":
                self._print_json(state)
            else:
                self._print(state, due)
        except BrokenPipeError:  # whoever read this has left; the work goes on
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if due:
            every = _OFTEN if state.seconds < _FIRST else _SELDOM
            self._next = time.monotonic() + every

    def _print_json(self, state: RunState) -> None:
        self._said = {one.stage: one for one in state.stages}
        moment = datetime.now(UTC).isoformat(timespec="seconds")
        print(json.dumps({"time": moment, **state.model_dump(mode="json")}), flush=True)

    def _print(self, state: RunState, due: bool) -> None:
        for one in state.stages:
            before = self._said.get(one.stage)
            known = before is not None and (before.shards, before.clips) == (one.shards, one.clips)
            if one.clips and not known and (due or one.done):
                self._said[one.stage] = one
                self.console.print(sentence(one), highlight=False, soft_wrap=True)
        if state.advice and state.seconds - self._advised >= _ADVICE_EVERY:
            self._advised = state.seconds
            self.console.print(state.advice, highlight=False, soft_wrap=True, markup=False)


def sentence(one: Numbers) -> str:
    """Return the numbers of a stage as a line of a log."""
    workers = f"{one.busy}/{one.workers} workers busy, " if one.workers else ""
    left = "" if one.left is None else f", {clock(one.left)} left"
    return (
        f"{one.stage}: {one.shards}/{one.total} shards, {one.clips} clips, "
        f"{one.clips_per_second:.1f} clips/s (mean {one.mean_clips_per_second:.1f}), "
        f"{one.real_time:.0f}x real time, {workers}{sum(one.errors.values())} errors"
        + (", done" if one.done else left)
    )


def view(state: RunState) -> RenderableType:
    """Return the table of a run's stages, within 80 columns, and what would help."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    pools = any(one.workers for one in state.stages)
    headings = ["stage", "shards", "clips", "clips/s", "mean", "x real", "errors", "left"]
    for heading in [*headings[:-2], *(["busy"] if pools else []), *headings[-2:]]:
        table.add_column(
            heading, justify="left" if heading == "stage" else "right", overflow="fold"
        )
    for one in state.stages:
        table.add_row(*_cells(one, pools))
    below = [_reasons(state.stages), state.advice or ""]
    return Group(table, *(Text(line) for line in below if line))


def _cells(one: Numbers, pools: bool) -> Iterator[str]:
    yield one.stage
    yield f"{one.shards}/{one.total}"
    yield str(one.clips)
    yield f"{one.clips_per_second:.1f}" if one.clips else "-"
    yield f"{one.mean_clips_per_second:.1f}" if one.clips else "-"
    yield f"{one.real_time:.0f}" if one.real_time else "-"
    if pools:
        yield f"{one.busy}/{one.workers}" if one.workers else "-"
    yield str(sum(one.errors.values()))
    yield "done" if one.done else "?" if one.left is None else clock(one.left)


def _reasons(stages: Iterable[Numbers]) -> str:
    """Return the error rows of all stages by reason, most frequent first."""
    rows: Counter[str] = Counter()
    for one in stages:
        rows.update(one.errors)
    told = ", ".join(f"{count} {reason}" for reason, count in rows.most_common())
    return f"errors: {told}" if told else ""
