"""What is done, pending and wrong in a dataset, from its own files."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.llm import journal
from auricle.pipeline.tables import NO_STAGE, TABLES, WRITTEN
from auricle.schemas.errors import UserError

_READERS = 8
"""Shards whose rows are read at once."""


class TableStatus(NamedTuple):
    """How far one table is."""

    table: str
    shards: int
    pending: int
    rows: int
    ok: int
    skipped: int
    errors: int


class Problem(NamedTuple):
    """Rows of one table that are out for one reason."""

    table: str
    status: str
    reason: str
    rows: int
    example: str
    detail: str


def status(data: Dataset) -> list[TableStatus]:
    """Return how far each table of a dataset is, in the order of the run.

    Raises:
        UserError: there is no dataset here.
    """
    total = len(_listed(data))
    made = []
    for table in TABLES:
        if table in NO_STAGE or data.fingerprint(table) is None:
            continue
        found = data.summaries(table).values()
        ok = sum(one.ok for one in found)
        skipped = sum(one.skipped for one in found)
        errors = sum(one.error for one in found)
        pending = total - len(found)
        rows = ok + skipped + errors
        made.append(TableStatus(table, len(found), pending, rows, ok, skipped, errors))
    return made


def problems(data: Dataset, statuses: tuple[str, ...] = ("error",)) -> list[Problem]:
    """Return why rows are out, most frequent first within each table, with an example of each.

    Only shards that have such rows are opened.

    Raises:
        UserError: there is no dataset here.
    """
    _listed(data)
    found: dict[tuple[str, str, str], list[Any]] = {}
    with ThreadPoolExecutor(_READERS) as threads:
        for table in TABLES:
            if table in NO_STAGE:
                continue
            shards = _shards_with(data, table, statuses)
            for rows in threads.map(partial(_rows_with, data, table, statuses), shards):
                for row in rows:
                    entry = found.setdefault(
                        (table, row["status"], row["reason"] or ""),
                        [0, row[_key(table)], row["detail"] or ""],
                    )
                    entry[0] += 1
    made = [Problem(*key, *entry) for key, entry in found.items()]
    order = list(TABLES)
    return sorted(made, key=lambda problem: (order.index(problem.table), -problem.rows))


def clear(data: Dataset, reason: str) -> list[str]:
    """Delete the shards that hold errors of this reason, and what was made from them.

    Returns:
        The tables of which shards were deleted; the next run makes them again.

    Raises:
        UserError: no row is out for this reason.
    """
    cleared: dict[str, None] = {}
    for problem in problems(data):
        if problem.reason != reason:
            continue
        for shard in _shards_with(data, problem.table, ("error",)):
            rows = data.table(problem.table, shard, [_key(problem.table), "status", "reason"])
            hit = pc.and_(pc.equal(rows["status"], "error"), pc.equal(rows["reason"], reason))
            if pc.any(hit).as_py():
                if problem.table in WRITTEN:
                    again = rows["clip_id"].filter(hit).to_pylist()
                    journal.forget(data, WRITTEN[problem.table], shard, again)
                for table in _made_from(data, problem.table):
                    data.forget_shard(table, shard)
                    cleared[table] = None
    if not cleared:
        known = sorted({problem.reason for problem in problems(data)})
        raise UserError(f"no error has the reason {reason}; there are {', '.join(known) or 'none'}")
    return list(cleared)


def _made_from(data: Dataset, table: str) -> list[str]:
    """Return a table and every table whose rows came from it, by what is written on disk."""
    ingested = ("recordings", "clips", "signal")
    chosen = set(ingested if table in ingested else [table])
    for other in TABLES:
        fingerprint = data.fingerprint(other)
        if fingerprint and chosen & set(fingerprint.needs):
            chosen.add(other)
    return [name for name in TABLES if name in chosen]


def _listed(data: Dataset) -> list[int]:
    shards = data.shards("sources")
    if not shards:
        raise UserError(f"{data.storage.uri}: no dataset here; make one with `auricle run`")
    return shards


def _shards_with(data: Dataset, table: str, statuses: Sequence[str]) -> list[int]:
    found = data.summaries(table).items()
    return [shard for shard, one in found if any(getattr(one, status) for status in statuses)]


def _rows_with(
    data: Dataset, table: str, statuses: Sequence[str], shard: int
) -> list[dict[str, Any]]:
    rows = data.table(table, shard, [_key(table), "status", "reason", "detail"])
    found: list[dict[str, Any]] = rows.filter(
        pc.is_in(rows["status"], pa.array(statuses))
    ).to_pylist()
    return found


def _key(table: str) -> str:
    return "path" if table == "recordings" else "clip_id"
