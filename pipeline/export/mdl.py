"""Fine-tuning rows for MiDashengLM: the CSV of mdl-toolkit, with the model's own prompts."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from auricle.pipeline.engine.storage import Storage
from auricle.pipeline.export.counts import plus, write_counts
from auricle.pipeline.export.flac import filed
from auricle.pipeline.export.rows import Count
from auricle.schemas.text import CaptionCategory

FOLDER = "exports/mdl"
GENERAL = "Write a general audio caption"
PROMPTS: dict[CaptionCategory, str] = {
    "short": "What is happening in this audio? Provide a brief caption within 15 words.",
    "long": "What is happening in this audio? Provide a detailed caption within 1-2 sentences.",
    "speech": "What is the speech content can be heard in this audio?",
    "music": "What is the musical content in this audio?",
    "sound": "What are the sound effects in this audio?",
    "environment": "What is the acoustic environment and recording quality of this audio?",
}
"""How MiDashengLM is asked, word for word (xiaomi-research/dasheng-lm, evaluate/prompt.csv)."""
QUESTION = "{question} Answer with 1-2 sentences"
_HEADER = ("audio", "prediction", "system_prompt", "user_prompt")
_MISSING = frozenset({
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
    "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
})  # fmt: skip
"""What pandas takes for an empty cell, and mdl-toolkit for a missing prediction."""


def write(
    storage: Storage, folder: str, splits: Mapping[str, Iterable[pa.Table]]
) -> dict[str, Count]:
    """Write SPLIT.csv, one row a text; paths are relative to it (`--base-dir`).

    `system_prompt` is empty, so that the toolkit's default holds.
    """
    storage.delete_folder(folder)
    counts = {}
    for split, tables in splits.items():
        count = Count()
        with storage.replace(f"{folder}/{split}.csv") as stream:
            stream.write(_lines([_HEADER]))
            for clip in filed(storage, folder, split, tables):
                rows = [(clip.path, _cell(text), "", ask) for ask, text in turns(clip.row)]
                stream.write(_lines(rows))
                count = plus(count, len(rows), clip.row["duration"])
        counts[split] = count
    return write_counts(storage, folder, "mdl", counts)


def turns(row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what to ask of a clip and the answer, for every text that it has."""
    if row["caption"]:
        yield GENERAL, row["caption"]
    for category, prompt in PROMPTS.items():
        for text in row[category] or ():
            yield prompt, text
    for pair in row["qa"] or ():
        yield QUESTION.format(question=pair["question"]), pair["answer"]


def _lines(rows: Iterable[tuple[str, ...]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _cell(text: str) -> str:
    """Return a text so that it is read as one: `None` and its like get a full stop."""
    return f"{text}." if text in _MISSING else text
