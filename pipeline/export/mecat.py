"""The JSON lines of MECAT and ACAVCaps, as MECAT's evaluator reads them; our benchmark is test."""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import pyarrow as pa

from auricle.pipeline.engine.storage import Storage
from auricle.pipeline.export.counts import plus, write_counts
from auricle.pipeline.export.flac import safe_name
from auricle.pipeline.export.rows import Count
from auricle.schemas.text import CATEGORIES, CaptionCategory

FOLDER = "exports/mecat"
SIDES = {"train": "train", "benchmark": "test"}
_VARIANTS = 3
_YOUTUBE = re.compile(r"[A-Za-z0-9_-]{11}")
_LETTERS: dict[CaptionCategory, str] = {"speech": "S", "music": "M", "sound": "A"}
_ABSENT: dict[CaptionCategory, list[str]] = {
    "speech": [
        "None",
        "No discernible speech content",
        "Absence of verbal communication",
    ],
    "music": ["None", "No musical elements detected", "Musical components appear absent"],
    "sound": [
        "None",
        "No distinct sound events identified",
        "Lack of notable environmental sounds",
    ],
    "environment": [
        "None",
        "No distinct acoustic environment identified",
        "Recording conditions not apparent",
    ],
}
"""What is said of a sound that a clip has not: the sentences MECAT uses most. It always describes
the environment, so that those are ours."""
_COLUMNS = ("key", "clip_id", "recording_id", "split", "domain", "language", "duration")


def write(
    storage: Storage, folder: str, splits: Mapping[str, Iterable[pa.Table]]
) -> dict[str, Count]:
    """Write caption/SIDE/CODE.jsonl, qa/SIDE/CODE.jsonl and clips.csv.

    Every caption list has three variants; where fewer are left the first is repeated. A clip of no
    known domain is left out, and one whose texts were all put out for a kind of caption that its
    domain calls for: MECAT would have it that there is no such sound.
    """
    storage.delete_folder(folder)
    counts = {}
    with storage.replace(f"{folder}/clips.csv") as clips:
        clips.write(_csv(_COLUMNS))
        for split, tables in splits.items():
            counts[split] = _split(storage, folder, SIDES[split], tables, clips)
    return write_counts(storage, folder, "mecat", counts)


def key(clip_id: str, recording_id: str, start: float, duration: float) -> str:
    """Return a clip's key in MECAT: for an 11-character video id the id, the start and the end.

    The end of a clip of ten seconds, to a twentieth of a second, is ten seconds after its start.
    Other recordings have no rule to follow; their clips are called as in the other exports.
    """
    if not _YOUTUBE.fullmatch(recording_id):
        return safe_name(clip_id)
    end = start + (10 if abs(duration - 10) < 0.05 else duration)
    return f"{recording_id}_" + f"{start!r}_{end:g}".replace(".", "_")


def _split(
    storage: Storage, folder: str, side: str, tables: Iterable[pa.Table], clips: Any
) -> Count:
    count = Count()
    files: dict[str, Any] = {}
    with ExitStack() as until_done:

        def add(kind: str, domain: str, told: Mapping[str, Any]) -> None:
            name = f"{folder}/{kind}/{side}/{domain}.jsonl"
            if name not in files:
                files[name] = until_done.enter_context(storage.replace(name))
            files[name].write((json.dumps(told, ensure_ascii=False) + "\n").encode())

        for table in tables:
            for row in table.drop_columns(["audio"]).to_pylist():
                texts = _texts(row)
                if texts is None:
                    continue
                name = key(row["clip_id"], row["recording_id"], row["start"], row["duration"])
                domain = row["domain"]
                add("caption", domain, {name: {**texts, "domain": domain}})
                pairs = row["qa"] or ()
                for pair in pairs:
                    add("qa", domain, {f"{name}_{pair['qa_id'][-8:]}": _pair(pair, domain)})
                told = {**row, "key": name, "split": side}
                clips.write(_csv([told[column] for column in _COLUMNS]))
                count = plus(count, 1 + len(pairs), row["duration"])
    return count


def _texts(row: Mapping[str, Any]) -> dict[str, list[str]] | None:
    """Return three variants of each caption, or None where one that must be there is not."""
    domain = row["domain"]
    if not domain:
        return None
    texts: dict[str, list[str]] = {}
    for category in CATEGORIES:
        given = row[category] or []
        if given:
            texts[category] = (given + given[:1] * _VARIANTS)[:_VARIANTS]
        elif category not in _ABSENT or _LETTERS.get(category, " ") in domain:
            return None
        else:
            texts[category] = _ABSENT[category]
    return texts


def _pair(pair: Mapping[str, str], domain: str) -> dict[str, str]:
    return {
        **{name: pair[name] for name in ("category", "difficulty", "question", "answer")},
        "domain": domain,
    }


def _csv(cells: Sequence[Any]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode()
