"""Training rows for MERaLiON: transcripts for the speech encoder, conversations for the LLM."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from auricle.pipeline.engine.storage import Storage
from auricle.pipeline.export.counts import plus, write_counts
from auricle.pipeline.export.flac import filed, safe_name
from auricle.pipeline.export.mdl import turns
from auricle.pipeline.export.rolling import Rolling
from auricle.pipeline.export.rows import Count

FOLDER = "exports/meralion"
CHAT = (
    "Answer in as many details as possible, including paralinguistic.\n"
    "Instruction: {query} \n"
    "Follow the text instruction based on the following audio: <SpeechHere>"
)
"""How MERaLiON-2 is asked; the space before the line break is its own."""
BYTES = 500_000_000
_ROW_GROUP = 100
_FEATURES = {
    "audio": {"sampling_rate": 16_000, "_type": "Audio"},
    "text": {"dtype": "string", "_type": "Value"},
}
_SCHEMA = pa.schema(
    {"audio": pa.struct({"bytes": pa.binary(), "path": pa.string()}), "text": pa.string()},
    {"huggingface": json.dumps({"info": {"features": _FEATURES}})},
)
_PLACE = re.compile("<SpeechHere>")


def write(
    storage: Storage, folder: str, splits: Mapping[str, Iterable[pa.Table]]
) -> dict[str, Count]:
    """Write ctc/SPLIT-NNNNN.parquet, ctc/vocab.json and instruct/SPLIT.jsonl.

    The Parquet has `audio` and `text` alone, for clips with a transcript: lower-cased, with single
    spaces. The vocabulary has every character of both splits, `|` for the space, `[UNK]` and
    `[PAD]`. An instruction is `audio`, a path relative to its file, and a `conversation` for the
    tokenizer's chat template.
    """
    storage.delete_folder(folder)
    counts = {}
    characters: set[str] = set()
    for split, tables in splits.items():
        count = Count()
        with (
            storage.replace(f"{folder}/instruct/{split}.jsonl") as instruct,
            _ctc(storage, f"{folder}/ctc/{split}") as ctc,
        ):
            waiting: list[dict[str, Any]] = []
            for clip in filed(storage, f"{folder}/instruct", split, tables):
                lines = [_line(clip.path, *turn) for turn in turns(clip.row)]
                instruct.write(b"".join(lines))
                text = spoken(clip.row["transcript"] or "")
                if text:
                    characters.update(text)
                    name = f"{safe_name(clip.row['clip_id'])}.flac"
                    waiting.append({"audio": {"bytes": clip.sound, "path": name}, "text": text})
                if len(waiting) == _ROW_GROUP:
                    _flush(ctc, waiting)
                count = plus(count, len(lines) + bool(text), clip.row["duration"])
            _flush(ctc, waiting)
        counts[split] = count
    vocabulary = [*sorted(characters - {" "}), "|", "[UNK]", "[PAD]"]
    ids = {character: number for number, character in enumerate(vocabulary)}
    storage.write(f"{folder}/ctc/vocab.json", json.dumps(ids, ensure_ascii=False).encode())
    return write_counts(storage, folder, "meralion", counts)


def spoken(transcript: str) -> str:
    """Return a transcript as the CTC model is to write it: lower case, single spaces, no `|`."""
    return " ".join(transcript.lower().replace("|", " ").split())


def _line(path: str, ask: str, answer: str) -> bytes:
    told: dict[str, Any] = {
        "audio": path,
        "conversation": [
            {"role": "user", "content": CHAT.format(query=_PLACE.sub("", ask))},
            {"role": "assistant", "content": answer},
        ],
    }
    return (json.dumps(told, ensure_ascii=False) + "\n").encode()


def _ctc(storage: Storage, name: str) -> Rolling[pq.ParquetWriter]:
    """Return the Parquet files of a split."""

    @contextmanager
    def begin(number: int) -> Iterator[pq.ParquetWriter]:
        with (
            storage.replace(f"{name}-{number:05d}.parquet") as stream,
            pq.ParquetWriter(stream, _SCHEMA, compression="zstd") as writer,
        ):
            yield writer

    return Rolling(begin, BYTES)


def _flush(ctc: Rolling[pq.ParquetWriter], waiting: list[dict[str, Any]]) -> None:
    """Write the rows that wait, as one row group."""
    if waiting:
        table = pa.Table.from_pylist(waiting, _SCHEMA)
        ctc.file(table.nbytes).write_table(table)
        waiting.clear()
