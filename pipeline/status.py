"""What is done, pending and wrong in a dataset, from its own files."""

from collections import Counter
from typing import Any, NamedTuple

import pyarrow.compute as pc

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.llm import journal
from auricle.pipeline.tables import TABLES, WRITTEN
from auricle.schemas.errors import UserError


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
        if table == "sources" or data.fingerprint(table) is None:
            continue
        shards = data.shards(table)
        counts: Counter[str] = Counter()
        for shard in shards:
            counts.update(data.table(table, shard, ["status"])["status"].to_pylist())
        made.append(
            TableStatus(
                table,
                len(shards),
                total - len(shards),
                counts.total(),
                counts["ok"],
                counts["skipped"],
                counts["error"],
            )
        )
    return made


def problems(data: Dataset, statuses: tuple[str, ...] = ("error",)) -> list[Problem]:
    """Return why rows are out, most frequent first within each table, with an example of each.

    Raises:
        UserError: there is no dataset here.
    """
    _listed(data)
    found: dict[tuple[str, str, str], list[Any]] = {}
    for table in TABLES:
        if table == "sources":
            continue
        key = "path" if table == "recordings" else "clip_id"
        for shard in data.shards(table):
            rows = data.table(table, shard, [key, "status", "reason", "detail"])
            rows = rows.filter(pc.is_in(rows["status"], _values(statuses)))
            for row in rows.to_pylist():
                entry = found.setdefault(
                    (table, row["status"], row["reason"] or ""), [0, row[key], row["detail"] or ""]
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
        for shard in data.shards(problem.table):
            key = "path" if problem.table == "recordings" else "clip_id"
            rows = data.table(problem.table, shard, [key, "status", "reason"])
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


def _values(values: tuple[str, ...]) -> Any:
    import pyarrow as pa

    return pa.array(values)
