"""What an export holds: clips, rows and seconds of each split, written beside its files."""

import json
from collections.abc import Mapping

from auricle.pipeline.engine.storage import Storage
from auricle.pipeline.export.rows import Count

COUNTS = "counts.json"


def plus(count: Count, rows: int, seconds: float) -> Count:
    """Return the count with a clip that made so many rows; one that made none is not in."""
    if not rows:
        return count
    return Count(count.clips + 1, count.rows + rows, count.seconds + seconds)


def write_counts(
    storage: Storage, folder: str, name: str, counts: Mapping[str, Count]
) -> dict[str, Count]:
    """Write `counts.json`, the last file of an export, and return the counts as it has them."""
    rounded = {
        split: count._replace(seconds=round(count.seconds, 3)) for split, count in counts.items()
    }
    told = {
        "format": name,
        "splits": {split: count._asdict() for split, count in rounded.items()},
    }
    storage.write(f"{folder}/{COUNTS}", (json.dumps(told, indent=1) + "\n").encode())
    return rounded


def read_counts(storage: Storage, folder: str) -> dict[str, Count]:
    """Return what an export that is whole says it holds.

    Raises:
        FileNotFoundError: it says nothing: it did not end.
        ValueError: what it says is broken.
    """
    told = storage.read(f"{folder}/{COUNTS}")
    if told is None:
        raise FileNotFoundError(f"{folder}/{COUNTS}")
    try:
        return {split: Count(**count) for split, count in json.loads(told)["splits"].items()}
    except (KeyError, TypeError) as error:
        raise ValueError(str(error)) from None
