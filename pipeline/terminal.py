"""What a terminal shows: tables of at most 80 columns, remarks, or JSON."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import Console, Group, JustifyMethod, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

console = Console(highlight=False, markup=False, emoji=False)
"""Standard output. What is printed is data: brackets and colons in it mean nothing."""
_remarks = Console(highlight=False, markup=False, emoji=False, stderr=True)
_GAP = "  "


def beside(as_json: bool) -> Console:
    """Return where remarks go: to standard error where standard output has JSON alone."""
    return _remarks if as_json else console


def print_json(told: Any) -> None:
    """Print what JSON can hold."""
    print(json.dumps(told, indent=1, ensure_ascii=False), flush=True)


def print_rows(rows: Sequence[Any], as_json: bool, beneath: Sequence[str] = ()) -> None:
    """Print named tuples or dicts as a table or as JSON.

    Only the last column of a table is wrapped. Columns named in `beneath` are long: they stand in
    a line of their own under their row, where they are not empty.
    """
    dicts = [row if isinstance(row, dict) else row._asdict() for row in rows]
    if as_json:
        print_json(dicts)
    elif dicts:
        console.print(_listed(dicts, beneath) if beneath else _table(dicts))


def _table(dicts: Sequence[Mapping[str, Any]]) -> RenderableType:
    table = Table(box=None, pad_edge=False)
    for name, value in dicts[0].items():
        last = name == [*dicts[0]][-1]
        table.add_column(name, justify=_side(value), no_wrap=not last, overflow="fold")
    for row in dicts:
        table.add_row(*map(_told, row.values()))
    return table


def _listed(dicts: Sequence[Mapping[str, Any]], beneath: Sequence[str]) -> RenderableType:
    names = [name for name in dicts[0] if name not in beneath]
    widths = {name: max(cell_len(_told(row[name])) for row in dicts) for name in names}
    widths = {name: max(width, len(name)) for name, width in widths.items()}

    def line(cells: Mapping[str, Any]) -> str:
        sides = {name: _side(dicts[0][name]) for name in names}
        return _GAP.join(_filled(_told(cells[name]), widths[name], sides[name]) for name in names)

    def lines() -> Iterator[RenderableType]:
        yield Text(line(dict(zip(names, names, strict=True))).rstrip(), style="bold")
        for row in dicts:
            yield Text(line(row).rstrip())
            below = ": ".join(told for told in (_told(row[name]) for name in beneath) if told)
            if below:
                yield Padding(Text(below, style="dim"), (0, 0, 0, 4), expand=False)

    return Group(*lines())


def _filled(told: str, width: int, side: str) -> str:
    spaces = " " * (width - cell_len(told))
    return spaces + told if side == "right" else told + spaces


def _side(value: Any) -> JustifyMethod:
    return "right" if isinstance(value, int | float) else "left"


def _told(value: Any) -> str:
    if isinstance(value, float):
        return str(round(value, 4))
    return "" if value is None else str(value)
