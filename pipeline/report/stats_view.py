"""The figures of a dataset in a terminal of 80 columns: titled tables, with bars for shares."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from auricle.pipeline.report.figures import Figures
from auricle.pipeline.text.lint import lines

_BAR = 24
"""Cells of the longest bar."""
_MOST = 10
"""Lines of a kind of label."""


def stats_view(told: Figures) -> RenderableType:
    """Return the figures as tables, each with a title."""
    hours = f"{told.seconds / 3600:,.2f} hours"
    head = f"{hours}, {told.clips:,} clips of {told.recordings:,} recordings"
    parts: list[RenderableType] = [Text(head, style="bold")]
    parts += _counted("From recordings to splits", told.stages)
    for kind, shares in told.kinds.items():
        rows = [
            (name, share.clips, f"{share.seconds / 3600:,.2f} h")
            for name, share in islice(shares.items(), _MOST)
        ]
        parts += _titled(f"Clips by {kind}{_rest(shares)}", _bars(rows))
    if told.errors:
        found = [(each.table, each.reason, f"{each.rows:,}") for each in told.errors]
        parts += _titled("Errors", _table(("table", "reason", "rows"), found))
    if told.texts:
        texts = [tuple(line) for line in lines(told.texts)]
        parts += _titled("Texts", _table(("about", "measure", "this set", "MECAT"), texts))
    if told.consistency:
        parts += _counted("General captions held against the sound", told.consistency)
    for name, counts in told.labels.items():
        parts += _counted(name, counts)
    if told.values:
        spread = [(name, f"{each.median:g}", each.unit) for name, each in told.values.items()]
        parts += _titled("Medians", _table(("of", "median", "unit"), spread))
    if told.speeds:
        speeds = [
            (each.table, f"{each.rows:,}", f"{each.seconds:,.1f}", f"{each.rate or 0:,.1f}")
            for each in told.speeds
        ]
        columns = ("table", "rows", "seconds", "rows a second")
        parts += _titled("Time of one worker", _table(columns, speeds))
    if told.spent:
        spent: list[Sequence[str]] = [
            (each.model, each.table, f"{each.requests:,}", f"{each.prompt_tokens:,}",
             f"{each.completion_tokens:,}", "" if each.usd is None else f"{each.usd:.2f}")
            for each in told.spent
        ]  # fmt: skip
        named = ("model", "table", "requests", "tokens in", "out", "USD")
        parts += _titled("Language models", _table(named, spent))
    return Group(*parts)


def _counted(title: str, counts: Mapping[str, int]) -> Iterator[RenderableType]:
    rows = [(name.replace("_", " "), n, "") for name, n in islice(counts.items(), _MOST)]
    return _titled(title + _rest(counts), _bars(rows))


def _rest(counts: Mapping[str, Any]) -> str:
    return f", the first {_MOST} of {len(counts)}" if len(counts) > _MOST else ""


def _titled(title: str, table: Table) -> Iterator[RenderableType]:
    yield Text(f"\n{title}", style="bold cyan")
    yield table


def _bars(rows: Iterable[tuple[str, int, str]]) -> Table:
    rows = list(rows)
    largest = max((count for _, count, _ in rows), default=0) or 1
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(overflow="ellipsis", no_wrap=True, max_width=30)
    table.add_column(justify="right")
    table.add_column()
    table.add_column(justify="right", style="dim")
    for name, count, beside in rows:
        cells = round(_BAR * count / largest)
        table.add_row(name, f"{count:,}", Text("█" * cells, style="green"), beside)
    return table


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for at, name in enumerate(columns):
        table.add_column(name, justify="right" if at > 1 else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table
