"""The figures of a dataset in a terminal of 80 columns: titled tables, with bars for shares."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from rich.console import Group, JustifyMethod, RenderableType
from rich.table import Table
from rich.text import Text

from auricle.pipeline.judge.calibrate import Calibration
from auricle.pipeline.judge.funnel import Funnel
from auricle.pipeline.report.figures import Figures
from auricle.pipeline.report.heard import Histogram
from auricle.pipeline.report.stats_texts import texts_tables

_BAR = 24
"""Cells of the longest bar."""
_MOST = 10
"""Lines of a kind of label."""
_SPARK = 20
"""Most cells of a histogram."""
_HEIGHTS = "▁▂▃▄▅▆▇█"
_SIDES: tuple[JustifyMethod, ...] = ("left", "right", "left", "right", "left", "left")
"""How the columns of spreads are set."""


class Bar(NamedTuple):
    """A line with a bar: its name, its number in words and as a length, and what stands after."""

    name: str
    told: str
    size: float
    after: str = ""


def stats_view(told: Figures) -> RenderableType:
    """Return the figures as tables, each with a title."""
    head = f"{_long(told.seconds)}, {told.clips:,} clips of {told.recordings:,} recordings"
    return Group(Text(head, style="bold"), *_made(told), *_written(told), *_heard(told))


def _made(told: Figures) -> Iterator[RenderableType]:
    """Yield how much there is of what, and what it took."""
    yield from _counted("From recordings to splits", told.stages)
    for kind, shares in told.kinds.items():
        bars = [
            Bar(name, f"{share.clips:,}", share.clips, _long(share.seconds))
            for name, share in islice(shares.items(), _MOST)
        ]
        yield from _titled(f"Clips by {kind}{_rest(len(shares))}", _bars(bars))
    if told.errors:
        found = [(each.table, each.reason, f"{each.rows:,}") for each in told.errors]
        yield from _titled("Errors", _table(("table", "reason", "rows"), found))
    if told.speeds:
        speeds = [
            (each.table, f"{each.rows:,}", f"{each.seconds:,.1f}", f"{each.rate or 0:,.1f}")
            for each in told.speeds
        ]
        columns = ("table", "rows", "seconds", "rows a second")
        yield from _titled("Time of one worker", _table(columns, speeds))
    if told.spent:
        spent = [
            (each.model, each.table, f"{each.requests:,}", f"{each.prompt_tokens:,}",
             f"{each.completion_tokens:,}", "" if each.usd is None else f"{each.usd:.2f}")
            for each in told.spent
        ]  # fmt: skip
        named = ("model", "table", "requests", "tokens in", "out", "USD")
        yield from _titled("Language models", _table(named, spent))


def _written(told: Figures) -> Iterator[RenderableType]:
    """Yield how the texts are, and what was thought of them."""
    if told.texts:
        for each in texts_tables(told.texts, told.clips):
            if each.bars:
                bars = [Bar(name, f"{mine:.1%}", mine, after) for name, mine, after in each.bars]
                yield from _titled(each.title, _bars(bars))
            else:
                yield from _titled(each.title, _table(each.columns, each.rows))
    if told.verdicts:
        yield from _out(told.verdicts)
    if told.calibration:
        yield from _limits(told.calibration)
    if told.consistency:
        yield from _counted("General captions held against the sound", told.consistency)


def _heard(told: Figures) -> Iterator[RenderableType]:
    for name, counts in told.labels.items():
        yield from _counted(name, counts)
    if told.values:
        table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), show_header=False)
        for side in _SIDES:
            table.add_column(justify=side)
        for name, spread in told.values.items():
            low, high = f"{spread.edges[0]:g}", f"{spread.edges[-1]:g}"
            spark = Text(_sparks(spread), style="green")
            table.add_row(name, f"{spread.median:g}", spread.unit, low, spark, high)
        yield from _titled("Medians, and how values spread", table)


def _out(found: Funnel) -> Iterator[RenderableType]:
    steps = [
        (step.rule, step.reason, f"{step.clips:,}", f"{step.alone:,}", f"{step.left:,}")
        for step in found.steps
        if step.clips
    ]
    if steps:
        columns = ("rule", "reason", "clips", "for this alone", "left")
        yield from _titled("Clips that each rule put out", _table(columns, steps))


def _limits(made: Calibration) -> Iterator[RenderableType]:
    rows = [
        (kind, f"{each.texts:,}", f"{each.threshold:.4f}", f"{each.true_accept:.1%}",
         f"{each.false_accept:.1%}")
        for kind, each in made.kinds.items()
    ]  # fmt: skip
    columns = ("texts", "number", "threshold", "own that pass", "others' that pass")
    yield from _titled(f"Thresholds of consistency, by {made.scorer}", _table(columns, rows))


def _long(seconds: float) -> str:
    """Return a length of time in hours, or in minutes where there is less than one."""
    return f"{seconds / 3600:,.2f} hours" if seconds >= 3600 else f"{seconds / 60:.1f} minutes"


def _counted(title: str, counts: Mapping[str, int]) -> Iterator[RenderableType]:
    bars = [Bar(name.replace("_", " "), f"{n:,}", n) for name, n in islice(counts.items(), _MOST)]
    return _titled(title + _rest(len(counts)), _bars(bars))


def _rest(number: int) -> str:
    return f", the first {_MOST} of {number}" if number > _MOST else ""


def _titled(title: str, table: Table) -> Iterator[RenderableType]:
    yield Text(f"\n{title}", style="bold cyan")
    yield table


def _bars(bars: Sequence[Bar]) -> Table:
    largest = max((bar.size for bar in bars), default=0) or 1
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(overflow="ellipsis", no_wrap=True, max_width=30)
    table.add_column(justify="right")
    table.add_column()
    table.add_column(justify="right", style="dim")
    for bar in bars:
        cells = "█" * round(_BAR * bar.size / largest) or "▏" * bool(bar.size)
        table.add_row(bar.name, bar.told, Text(cells, style="green"), bar.after)
    return table


def _sparks(spread: Histogram) -> str:
    """Return a histogram as a line of cells; two bins share one where there are many."""
    counts = spread.counts
    if len(counts) > _SPARK:
        counts = tuple(map(sum, zip(counts[::2], counts[1::2], strict=True)))
    most = max(counts)
    return "".join(_HEIGHTS[-(-7 * count // most)] if count else " " for count in counts)


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for at, name in enumerate(columns):
        table.add_column(name, justify="right" if at > 1 else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table
