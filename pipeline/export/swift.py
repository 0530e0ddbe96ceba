"""Conversations for ms-swift: one JSON line a text, with `messages` and `audios`."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from auricle.pipeline.engine.storage import Storage
from auricle.pipeline.export.counts import plus, write_counts
from auricle.pipeline.export.flac import filed
from auricle.pipeline.export.mdl import turns
from auricle.pipeline.export.rows import Count

FOLDER = "exports/swift"
_TAG = re.compile("<(audio|image|video)>")


def write(
    storage: Storage, folder: str, splits: Mapping[str, Iterable[pa.Table]]
) -> dict[str, Count]:
    """Write SPLIT.jsonl; paths are relative to its folder, which `ROOT_IMAGE_DIR` names."""
    storage.delete_folder(folder)
    counts = {}
    for split, tables in splits.items():
        count = Count()
        with storage.replace(f"{folder}/{split}.jsonl") as stream:
            for clip in filed(storage, folder, split, tables):
                rows = [_line(clip.path, *turn) for turn in turns(clip.row)]
                stream.write(b"".join(rows))
                count = plus(count, len(rows), clip.row["duration"])
        counts[split] = count
    return write_counts(storage, folder, "swift", counts)


def _line(path: str, ask: str, answer: str) -> bytes:
    told: dict[str, Any] = {
        "messages": [
            {"role": "user", "content": f"<audio>{_plain(ask)}"},
            {"role": "assistant", "content": _plain(answer)},
        ],
        "audios": [path],
    }
    return (json.dumps(told, ensure_ascii=False) + "\n").encode()


def _plain(text: str) -> str:
    """Return a text without what ms-swift would take for the place of a file."""
    return _TAG.sub(r"\1", text)
