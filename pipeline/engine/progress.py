"""How far the work is: one live line a stage, or plain lines where there is no terminal."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from rich.console import Console
from rich.live import Live
from rich.table import Table

from auricle.pipeline.engine.work import Done

_PLAIN_EVERY = 10.0
"""Seconds between plain lines."""


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


@dataclass
class Line:
    """The state of one stage."""

    total: int
    finished: int
    todo: int | None
    begun: float = field(default_factory=time.monotonic)
    fresh: int = 0
    clips: int = 0
    seconds: float = 0.0
    errors: Counter[str] = field(default_factory=Counter)
    workers: int = 0
    busy: int = 0
    ready: int = 0
    ended: float | None = None

    def cells(self) -> tuple[str, ...]:
        """Return shards, clips, clips a second, hours of sound an hour, errors, time left."""
        spent = max((self.ended or time.monotonic()) - self.begun, 1e-3)
        rate = f"{self.clips / spent:.1f}" if self.clips else "-"
        left = "done" if self.finished >= self.total else self._left(spent)
        times = f"{self.seconds / spent:.0f}x" if self.seconds else "-"
        return (
            f"{self.finished}/{self.total}",
            str(self.clips),
            rate,
            times,
            str(self.errors.total()),
            left,
        )

    def _left(self, spent: float) -> str:
        """Return the time left by the clips so far, or by the shards where those are not known."""
        if self.todo and self.clips:
            return clock(spent / self.clips * max(0, self.todo - self.clips))
        if self.fresh:
            return clock(spent / self.fresh * (self.total - self.finished))
        return "?"


_HEADINGS = ("stage", "shards", "clips", "clips/s", "real time", "errors", "left")


class Board:
    """Progress of all stages, for a terminal or a log."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.lines: dict[str, Line] = {}
        self._live: Live | None = None
        self._last_plain = time.monotonic()

    @contextmanager
    def shown(self) -> Iterator["Board"]:
        """Show the board while the block runs."""
        if self.console.is_terminal:
            with Live(get_renderable=self._table, console=self.console, refresh_per_second=4):
                yield self
        else:
            yield self

    def start(self, stage: str, total: int, done: int, clips: int | None) -> None:
        """A stage has so many shards, so many done already, and so many clips to do if known."""
        self.lines[stage] = Line(total, done, clips)
        if done >= total:
            self.lines[stage].ended = time.monotonic()

    def tell(self, stage: str, done: Done) -> None:
        """Clips were worked on."""
        line = self.lines[stage]
        line.clips += done.clips
        line.seconds += done.seconds
        line.errors.update(done.errors)
        if not self.console.is_terminal and time.monotonic() - self._last_plain > _PLAIN_EVERY:
            self._print(stage)

    def shard(self, stage: str) -> None:
        """A shard is on disk."""
        line = self.lines[stage]
        line.finished += 1
        line.fresh += 1
        if line.finished >= line.total:
            line.ended = time.monotonic()
            if not self.console.is_terminal:
                self._print(stage)

    def pool(self, stage: str, workers: int, busy: int, ready: int) -> None:
        """A stage has so many workers, so many of them busy, and so many shards that wait."""
        line = self.lines[stage]
        line.workers, line.busy, line.ready = workers, busy, ready

    def _print(self, stage: str) -> None:
        self._last_plain = time.monotonic()
        shards, clips, rate, times, errors, left = self.lines[stage].cells()
        self.console.print(
            f"{stage}: {shards} shards, {clips} clips, {rate} clips/s, {times} real time, "
            f"{errors} errors" + {"done": ", done", "?": ""}.get(left, f", {left} left"),
            highlight=False,
            soft_wrap=True,
        )

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False)
        for heading in _HEADINGS:
            table.add_column(heading, justify="left" if heading == "stage" else "right")
        for stage, line in self.lines.items():
            table.add_row(stage, *line.cells())
        return table


def clock(seconds: float) -> str:
    """Return a length of time as people say it: 42s, 3m05s, 2h10m."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}m"
