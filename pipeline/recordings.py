"""What is known of the recording that each clip was cut from."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from auricle.pipeline.dataset import Dataset


def of_recordings(data: Dataset, shard: int, column: str) -> pa.ChunkedArray:
    """Return a column of the recordings for each clip of a shard, in the clips' order.

    Of a recording with several rows, one an excerpt, the last tells.
    """
    known = data.table("recordings", shard, ["recording_id", column])
    known = known.take(np.arange(known.num_rows)[::-1])
    cut_from = data.table("clips", shard, ["recording_id"])["recording_id"]
    return known[column].take(pc.index_in(cut_from, known["recording_id"].combine_chunks()))
