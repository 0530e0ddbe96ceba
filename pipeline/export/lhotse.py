"""Cuts for Lhotse: one MonoCut a clip, with its transcript as the one supervision."""

import gzip
import json
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from auricle.pipeline.engine.storage import Storage
from auricle.pipeline.export.counts import plus, write_counts
from auricle.pipeline.export.flac import Filed, filed, header
from auricle.pipeline.export.rows import Count
from auricle.schemas.text import CATEGORIES

FOLDER = "exports/lhotse"
_FACTS = ("caption", *CATEGORIES, "qa", "domain", "license", "consistency", "support")


def write(
    storage: Storage, folder: str, splits: Mapping[str, Iterable[pa.Table]]
) -> dict[str, Count]:
    """Write SPLIT/cuts.jsonl.gz; paths are relative to it (`CutSet.with_recording_path_prefix`)."""
    storage.delete_folder(folder)
    counts = {}
    for split, tables in splits.items():
        count = Count()
        place = f"{folder}/{split}"
        with (
            storage.replace(f"{place}/cuts.jsonl.gz") as stream,
            gzip.GzipFile("", "wb", fileobj=stream, mtime=0) as lines,
        ):
            for clip in filed(storage, place, split, tables):
                lines.write((json.dumps(_cut(clip), ensure_ascii=False) + "\n").encode())
                count = plus(count, 1, clip.row["duration"])
        counts[split] = count
    return write_counts(storage, folder, "lhotse", counts)


def _cut(clip: Filed) -> dict[str, Any]:
    """Return a cut as Lhotse's own `to_dict` tells it; what Lhotse has no field for is `custom`."""
    row = clip.row
    sound = header(clip.sound)
    facts = {name: row[name] for name in _FACTS if row[name] is not None}
    spoken = {"text": row["transcript"], "language": row["language"]}
    return {
        "id": row["clip_id"],
        "start": 0.0,
        "duration": sound.seconds,
        "channel": 0,
        "supervisions": [
            {
                "id": row["clip_id"],
                "recording_id": row["clip_id"],
                "start": 0.0,
                "duration": sound.seconds,
                "channel": 0,
                **{name: value for name, value in spoken.items() if value is not None},
            }
        ],
        "recording": {
            "id": row["clip_id"],
            "sources": [{"type": "file", "channels": [0], "source": clip.path}],
            "sampling_rate": sound.sample_rate,
            "num_samples": sound.samples,
            "duration": sound.seconds,
            "channel_ids": [0],
        },
        "custom": {
            **facts,
            "source_recording_id": row["recording_id"],
            "source_start": row["start"],
        },
        "type": "MonoCut",
    }
