"""WebDataset tars by domain: KEY.flac and KEY.json, as GLAP's and xares-llm's loaders read them."""

import io
import json
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import pyarrow as pa

from auricle.pipeline.engine.storage import Storage
from auricle.pipeline.export.counts import plus, write_counts
from auricle.pipeline.export.flac import safe_name
from auricle.pipeline.export.rolling import Rolling
from auricle.pipeline.export.rows import Count
from auricle.schemas.text import CATEGORIES

FOLDER = "exports/webdataset"
BYTES = 256_000_000
"""Size at which a tar is closed: 800 to 1,600 clips of ten seconds."""
_FACTS = (
    "qa", "transcript", "domain", "language", "license", "clip_id", "recording_id",
    "start", "duration", "consistency", "support",
)  # fmt: skip


def write(
    storage: Storage, folder: str, splits: Mapping[str, Iterable[pa.Table]]
) -> dict[str, Count]:
    """Write SPLIT/DOMAIN-NNNNNN.tar; equal clips give equal bytes.

    A clip whose domain is not known goes to tars named `unknown`.
    """
    storage.delete_folder(folder)
    counts = {
        split: _split(storage, f"{folder}/{split}", tables) for split, tables in splits.items()
    }
    return write_counts(storage, folder, "webdataset", counts)


def _split(storage: Storage, folder: str, tables: Iterable[pa.Table]) -> Count:
    """Write the tars of a split, one open for each domain."""
    count = Count()
    shards: dict[str, Rolling[tarfile.TarFile]] = {}
    with ExitStack() as until_done:
        for table in tables:
            for row in table.to_pylist():
                domain = row["domain"] or "unknown"
                if domain not in shards:
                    begun = _shards(storage, f"{folder}/{domain}")
                    shards[domain] = until_done.enter_context(begun)
                key = safe_name(row["clip_id"])
                told = json.dumps(_told(row), ensure_ascii=False).encode()
                members = {f"{key}.flac": row["audio"]["bytes"], f"{key}.json": told}
                _add(shards[domain], members)
                count = plus(count, 1, row["duration"])
    return count


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """Return a clip's json: what GLAP reads (`caption`, `captions`) first."""
    return {
        "caption": row["caption"],
        "captions": row["long"],
        **{category: row[category] for category in CATEGORIES},
        **{name: row[name] for name in _FACTS},
    }


def _shards(storage: Storage, name: str) -> Rolling[tarfile.TarFile]:
    """Return the tars of one domain."""

    @contextmanager
    def begin(number: int) -> Iterator[tarfile.TarFile]:
        with (
            storage.replace(f"{name}-{number:06d}.tar") as stream,
            tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as tar,
        ):
            yield tar

    return Rolling(begin, BYTES)


def _add(shards: Rolling[tarfile.TarFile], members: Mapping[str, bytes]) -> None:
    """Append members that belong together to one tar; owner, group and time are 0."""
    tar = shards.file(sum(map(len, members.values())))
    for name, content in members.items():
        member = tarfile.TarInfo(name)
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
