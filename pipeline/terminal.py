"""What a terminal shows: tables of at most 80 columns, or JSON."""

import json
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

console = Console(highlight=False)


def print_rows(rows: Sequence[Any], as_json: bool) -> None:
    """Print named tuples or dicts as a table or as JSON."""
    dicts = [row if isinstance(row, dict) else row._asdict() for row in rows]
    if as_json:
        print(json.dumps(dicts, indent=1, ensure_ascii=False))
        return
    table = Table(box=None, pad_edge=False)
    for name in dicts[0] if dicts else ():
        number = isinstance(dicts[0][name], int | float)
        table.add_column(name, justify="right" if number else "left", overflow="fold")
    for row in dicts:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    console.print(table)
