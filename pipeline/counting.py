"""How often each value stands in a column."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


def counted(column: pa.Array | pa.ChunkedArray) -> dict[Any, int]:
    """Return how often each value stands in a column; null is a value too."""
    return {each["values"]: each["counts"] for each in pc.value_counts(column).to_pylist()}
