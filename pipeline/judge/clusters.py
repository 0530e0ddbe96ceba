"""Clusters: the clips of a set that hold the same samples, the same sound or like captions.

DuckDB joins the prints out of core. Nothing compares all clips with all: a hash leads to the clips
that have it, and those that everybody has lead nowhere.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from auricle.pipeline.judge.graph import connected

Pairs = NDArray[np.int64]

_EVERYBODYS = 200
"""A landmark that more clips have than this says nothing."""
_LEAST, _SHARE = 5, 0.02
"""Two sounds are the same if so many landmarks agree in time, at two moments or more, and this
share of the lesser one's (docs/duplicates.md has how many agree by chance)."""
_CROWD = 50
"""A band that more captions have than this leads each of them to the first alone."""
_LIKE = 0.3
"""Share of equal bands from which captions are alike: six of twenty (see text_hash)."""


def find(files: Sequence[str], folder: str, memory: str = "2GB") -> pa.Table:
    """Return the clusters of all clips, in the files' order: clip_id, exact, near, text.

    A cluster is named by the first of its clips; a clip alone has null.

    Args:
        files: Parquet files of prints, local, in order.
        folder: where DuckDB may put what does not fit into memory.
        memory: how much it may take.
    """
    with _connect(files, folder, memory) as database:
        ids = database.sql("select clip_id from prints order by n").to_arrow_table()
        count = ids.num_rows
        same = _pairs(database, _SAME_SAMPLES)
        near = np.concatenate([same, _pairs(database, _SAME_SOUND)])
        like = _pairs(database, _LIKE_TEXTS)
    names = ids["clip_id"].combine_chunks()
    columns = {
        "exact": _named(names, components(count, same)),
        "near": _named(names, components(count, near)),
        "text": _named(names, components(count, like)),
    }
    return pa.table({"clip_id": names, **columns})


def components(count: int, pairs: Pairs) -> NDArray[np.int64]:
    """Return the first member of each one's connected component; -1 for those alone."""
    parts = connected(count, pairs[:, 0], pairs[:, 1])
    _, first, back, size = np.unique(
        parts, return_index=True, return_inverse=True, return_counts=True
    )
    return np.where(size[back] > 1, first[back], -1)


def _connect(files: Sequence[str], folder: str, memory: str) -> Any:
    """Open a database in a file, with the prints of all files numbered in order."""
    import duckdb

    database = duckdb.connect(str(Path(folder) / "prints.duckdb"))
    database.execute(f"set memory_limit = '{memory}'")
    database.execute("set temp_directory = ?", [str(Path(folder) / "spill")])
    database.execute("set preserve_insertion_order = true")
    database.execute(
        "create table prints (n bigint, clip_id varchar, sha256 varchar, marks integer)"
    )
    database.execute("create table marks (hash bigint, n bigint, time bigint)")
    database.execute("create table bands (band bigint, n bigint)")
    start = 0
    for file in files:  # one at a time, so that the numbers follow the files' order
        rows = "(select *, file_row_number + ? as n from read_parquet(?, file_row_number=true))"
        database.execute(
            "insert into prints select n, clip_id, sha256, coalesce(len(hashes), 0) "
            f"from {rows} order by n", [start, file],
        )  # fmt: skip
        database.execute(
            f"insert into marks select unnest(hashes), n, unnest(times) from {rows}",
            [start, file],
        )
        database.execute(f"insert into bands select unnest(bands), n from {rows}", [start, file])
        start = database.execute("select count(*) from prints").fetchall()[0][0]
    return database


_SAME_SAMPLES = """
select n, first from (select n, min(n) over (partition by sha256) as first
                      from prints where sha256 is not null) where n != first
"""

_SAME_SOUND = f"""
with known as (
    select hash from marks group by hash having count(*) between 2 and {_EVERYBODYS}
), found as (
    select m.hash, m.n, m.time from marks m semi join known using (hash)
), agreeing as (
    select a.n as one, b.n as other, b.time - a.time as shift, count(*) as hits,
           min(a.time) as start, max(a.time) as stop
    from found a join found b on a.hash = b.hash and a.n < b.n
    group by all
), either as (
    select a.one, a.other, a.hits + coalesce(c.hits, 0) as hits,
           greatest(a.stop, c.stop) > least(a.start, c.start) as moments
    from agreeing a left join agreeing c
      on a.one = c.one and a.other = c.other and c.shift = a.shift + 1
), best as (
    select one, other, max(hits) as hits from either
    where moments and hits >= {_LEAST} group by all
)
select best.one, best.other from best
join prints p on p.n = best.one join prints q on q.n = best.other
where best.hits >= {_SHARE} * least(p.marks, q.marks)
"""

_LIKE_TEXTS = f"""
with many as (
    select band, min(n) as first, count(*) as many from bands group by band having count(*) > 1
), met as (
    select b.n, m.first as other from bands b join many m using (band)
    where m.many > {_CROWD} and b.n != m.first
    union all
    select b.n, c.n as other from bands b join many m using (band) join bands c using (band)
    where m.many <= {_CROWD} and b.n > c.n
), sizes as (select n, count(*) as bands from bands group by n)
select met.n, met.other from met join sizes s on s.n = met.n
group by met.n, met.other, s.bands having count(*) >= {_LIKE} * s.bands
"""


def _pairs(database: Any, query: str) -> Pairs:
    """Return the pairs that a query finds, [pairs, 2]."""
    found = database.sql(query).fetchnumpy()
    return np.stack([np.asarray(column, np.int64) for column in found.values()], axis=1)


def _named(names: pa.Array, first: NDArray[np.int64]) -> pa.Array:
    return names.take(pa.array(first, mask=first < 0))
