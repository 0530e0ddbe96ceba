"""Following a run from another terminal: who works on a dataset, how far it is and how fast."""

import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby

from pydantic import ValidationError
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.engine.lease import Holder, look
from auricle.pipeline.engine.line import clock
from auricle.pipeline.engine.progress import RunState, view
from auricle.pipeline.tables import TABLES
from auricle.schemas.errors import UserError

_EVERY, _FAR_EVERY = 2.0, 10.0
"""Seconds between two looks: at a disk on a terminal, at an object store or into a log."""
_ALL_TABLES = 6
"""Every so many looks, tables that were complete or not begun are looked at too."""
_WINDOW = 600.0
"""Seconds over which the speed of a table is measured."""
_SILENCE = 60.0
"""Seconds after which a run that does not tell anything is said to be silent."""


def watch(data: Dataset, console: Console) -> None:
    """Show how far a dataset is, again and again, until Ctrl-C.

    Raises:
        UserError: there is no dataset, and nobody makes one.
    """
    follower = Follower(data)
    screen = console.is_terminal
    every = _EVERY if screen and data.storage.local else _FAR_EVERY
    shown = follower.look(time.monotonic())
    live = Live(shown, console=console, auto_refresh=False, transient=not screen)
    show = partial(live.update, refresh=True) if screen else console.print
    with suppress(KeyboardInterrupt), live:
        while True:
            show(shown)
            begun = time.monotonic()
            shown = follower.look(begun)
            time.sleep(max(every, 10 * (time.monotonic() - begun)))


@dataclass
class _Progress:
    """How many shards of a table there were, and when."""

    seen: deque[tuple[float, int]] = field(default_factory=deque)

    def add(self, now: float, done: int) -> None:
        if self.seen and done < self.done:  # they are being made again
            self.seen.clear()
        self.seen.append((now, done))
        while self.seen[0][0] < now - _WINDOW:
            self.seen.popleft()

    @property
    def done(self) -> int:
        return self.seen[-1][1]

    @property
    def pace(self) -> tuple[int, float]:
        """How many there are, and how many more in a second; 0 while that cannot be told."""
        (first, before), (last, after) = self.seen[0], self.seen[-1]
        return after, (after - before) / (last - first) if last > first else 0.0


class Follower:
    """What is known of a dataset's tables and of the run that works on it, from its files alone."""

    def __init__(self, data: Dataset) -> None:
        self.data = data
        self.tables: dict[str, _Progress] = {}
        self._looks = 0
        self._told: tuple[str, int] | None = None
        """The run that was there, and how often it had renewed its file."""
        self._heard = 0.0

    def look(self, now: float) -> RenderableType:
        """Look once, and return what is to be shown; `now` is of a steady clock.

        Raises:
            UserError: there is no dataset, and nobody makes one.
        """
        holder = look(self.data.storage)
        total = len(self.data.shards("sources"))
        if not total and holder is None:
            raise UserError(
                f"{self.data.storage.uri}: no dataset here; make one with `auricle run`"
            )
        told = (holder.token, holder.beats) if holder else None
        is_new = (told and told[0]) != (self._told and self._told[0])
        self._count(now, total, everything=is_new or not self._looks % _ALL_TABLES)
        if told != self._told:
            self._told, self._heard = told, now
        self._looks += 1
        return Group(*self._lines(holder, now - self._heard), self._table(total))

    def _count(self, now: float, total: int, everything: bool) -> None:
        """Count the shards of tables that grow, or of all."""
        for table in TABLES:
            known = self.tables.get(table)
            if table == "sources" or (known is None and not everything):
                continue
            if known is None and self.data.fingerprint(table) is None:
                continue
            if known is None or known.done < total or everything:
                progress = self.tables.setdefault(table, _Progress())
                progress.add(now, len(self.data.shards(table)))

    def _lines(self, holder: Holder | None, silence: float) -> list[RenderableType]:
        where = Text(self.data.storage.uri, overflow="fold")
        if holder is None:
            return [where, Text("nobody works on it at the moment")]
        shown: list[RenderableType] = [where, Text(f"{holder}, since {holder.begun}")]
        if silence > _SILENCE:
            shown.append(Text(f"silent for {clock(silence)}; it may have died"))
        with suppress(ValidationError):  # of another version
            if holder.state:
                shown += [Text(), view(RunState(**holder.state))]
        return shown

    def _table(self, total: int) -> RenderableType:
        pending = {name: one for name, one in self.tables.items() if one.done < total}
        complete = len(self.tables) - len(pending)
        told = Text(f"\n{complete} of {len(self.tables)} tables are complete ({total} shards each)")
        if not pending:
            return told
        table = Table(box=None, pad_edge=False)
        for heading in ("table", "shards", "pending", "shards/min", "left"):
            table.add_column(heading, justify="left" if heading == "table" else "right")
        for (done, speed), names in groupby(pending, lambda name: pending[name].pace):
            minute = f"{60 * speed:.1f}" if speed else "-"
            left = clock((total - done) / speed) if speed else "-"
            table.add_row(", ".join(names), f"{done}/{total}", str(total - done), minute, left)
        return Group(told, table)
