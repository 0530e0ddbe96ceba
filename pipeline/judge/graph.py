"""Connected components: what hangs together through pairs."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def connected(count: int, left: NDArray[Any], right: NDArray[Any]) -> NDArray[np.int64]:
    """Return the component of each of `count` things, as a number, by the pairs that link them."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(left), np.int8), (left, right)), shape=(count, count))
    _, parts = connected_components(graph, directed=False)
    return np.asarray(parts, np.int64)
