"""Duplicates: which clips hold the same samples, the same sound or nearly the same caption."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import pyarrow.parquet as pq

from auricle.pipeline.dataset import Dataset, Fingerprint
from auricle.pipeline.engine.whole import old_first, update
from auricle.pipeline.engine.work import Done, Tell
from auricle.pipeline.judge.clusters import find
from auricle.pipeline.provenance import made_by


@dataclass
class Duplicates:
    """Clusters over the prints of all shards."""

    name: str = "duplicates"
    reads: tuple[str, ...] = ("clips", "print")
    writes: tuple[str, ...] = ("duplicates",)

    def fingerprints(self, needs: dict[str, str]) -> dict[str, Fingerprint]:
        """Return the fingerprint of the clusters."""
        needed = {table: needs[table] for table in self.reads}
        return {"duplicates": Fingerprint(provenance=_MADE, settings={}, needs=needed)}

    def run_all(self, data: Dataset, tell: Tell) -> None:
        """Find the clusters and write a row a clip."""
        shards = data.shards("print")
        with tempfile.TemporaryDirectory(prefix="auricle-") as folder:
            clusters = find(_files(data, shards, folder), folder)
        counts = [data.count("print", shard) for shard in shards]
        ends = dict(zip(shards, accumulate(counts), strict=True))
        sizes = dict(zip(shards, counts, strict=True))
        for shard in old_first(data, "duplicates"):
            rows = clusters.slice(ends[shard] - sizes[shard], sizes[shard])
            update(data, "duplicates", shard, rows, _MADE)
            tell(Done(rows.num_rows))


def _files(data: Dataset, shards: Sequence[int], folder: str) -> list[str]:
    """Return the prints as local files, in order; those of an object store are copied."""
    if data.storage.local:
        return [data.path("print", shard) for shard in shards]
    copies = []
    for shard in shards:
        copies.append(str(Path(folder) / f"shard-{shard:05d}.parquet"))
        pq.write_table(data.table("print", shard), copies[-1])
    return copies


_MADE = made_by("duplicates", "landmarks of three peaks, minhash")
