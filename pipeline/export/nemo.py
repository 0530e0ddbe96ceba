"""Manifests for NVIDIA NeMo: captions and transcripts, one JSON line a clip each."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from auricle.pipeline.engine.storage import Storage
from auricle.pipeline.export.counts import plus, write_counts
from auricle.pipeline.export.flac import Filed, filed, header
from auricle.pipeline.export.rows import Count

FOLDER = "exports/nemo"


def write(
    storage: Storage, folder: str, splits: Mapping[str, Iterable[pa.Table]]
) -> dict[str, Count]:
    """Write SPLIT/captions.jsonl and SPLIT/asr.jsonl.

    `text` is the general caption, or the transcript of clips that have one; `lang` is the language
    of `text`. Paths are relative to the manifest, as NeMo resolves them.
    """
    storage.delete_folder(folder)
    counts = {}
    for split, tables in splits.items():
        count = Count()
        place = f"{folder}/{split}"
        with (
            storage.replace(f"{place}/captions.jsonl") as captions,
            storage.replace(f"{place}/asr.jsonl") as asr,
        ):
            for clip in filed(storage, place, split, tables):
                row = clip.row
                rows = 0
                for stream, text, language in (
                    (captions, row["caption"], "en"),
                    (asr, row["transcript"], row["language"]),
                ):
                    if text:
                        stream.write(_line(clip, text, language))
                        rows += 1
                count = plus(count, rows, row["duration"])
        counts[split] = count
    return write_counts(storage, folder, "nemo", counts)


def _line(clip: Filed, text: str, language: str | None) -> bytes:
    sound = header(clip.sound)
    told: dict[str, Any] = {
        "audio_filepath": clip.path,
        "duration": sound.seconds,
        "text": text,
        **({"lang": language} if language else {}),
        "sampling_rate": sound.sample_rate,
        "domain": clip.row["domain"],
        "clip_id": clip.row["clip_id"],
        "recording_id": clip.row["recording_id"],
    }
    return (json.dumps(told, ensure_ascii=False) + "\n").encode()
