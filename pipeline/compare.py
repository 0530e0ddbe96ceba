"""Whether two datasets hold the same rows."""

from collections.abc import Iterator
from typing import Any

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.tables import TABLES


def differences(one: Dataset, other: Dataset, tolerance: float = 1e-5) -> Iterator[str]:
    """Yield where two datasets differ: in shards, rows or values. Equal ones yield nothing.

    Args:
        one: a dataset.
        other: another dataset.
        tolerance: how far two floats may be apart, absolutely or relatively.
    """
    for table in TABLES:
        left, right = one.shards(table), other.shards(table)
        if left != right:
            yield f"{table}: {len(left)} shards and {len(right)}"
        for shard in sorted({*left} & {*right}):
            here, there = one.table(table, shard), other.table(table, shard)
            if here.num_rows != there.num_rows:
                yield f"{table} {shard}: {here.num_rows} rows and {there.num_rows}"
                continue
            if here.equals(there):
                continue
            for a, b in zip(here.to_pylist(), there.to_pylist(), strict=True):
                for column in a:
                    if not _close(a[column], b[column], tolerance):
                        name = a.get("clip_id") or a.get("recording_id")
                        yield f"{table} {shard}: {column} of {name}: {a[column]!r}, {b[column]!r}"


def _close(a: Any, b: Any, tolerance: float) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return abs(a - b) <= tolerance * max(1.0, abs(a), abs(b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_close(a[key], b[key], tolerance) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(_close(x, y, tolerance) for x, y in zip(a, b, strict=True))
    return bool(a == b)
