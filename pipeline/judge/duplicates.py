"""Duplicates: which clips hold the same samples, the same sound or nearly the same caption."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from auricle.pipeline.dataset import Dataset, Fingerprint, digest
from auricle.pipeline.engine.whole import old_first, update
from auricle.pipeline.engine.work import Done, Tell
from auricle.pipeline.judge.clusters import find
from auricle.pipeline.tables import TABLES
from auricle.pipeline.version import VERSION
from auricle.schemas.base import Provenance


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
        starts = {shard: sum(counts[:i]) for i, shard in enumerate(shards)}
        for shard in old_first(data, "duplicates"):
            rows = clusters.slice(starts[shard], data.count("print", shard))
            columns = {name: rows[name] for name in ("clip_id", "exact", "near", "text")}
            update(data, "duplicates", shard, columns, _MADE)
            tell(Done(rows.num_rows))


def _files(data: Dataset, shards: Sequence[int], folder: str) -> list[str]:
    """Return the prints as local files, in order; those of an object store are copied."""
    names = [f"{TABLES['print'].folder}/shard-{shard:05d}.parquet" for shard in shards]
    if data.storage.local:
        return [data.storage.path(name) for name in names]
    copies = []
    for shard in shards:
        copies.append(str(Path(folder) / f"shard-{shard:05d}.parquet"))
        pq.write_table(data.table("print", shard), copies[-1])
    return copies


_MADE = Provenance(
    stage="duplicates",
    backend="landmarks of three peaks, minhash",
    version=VERSION,
    settings_hash=digest({}),
    code_licence="Apache-2.0",
)
