"""Tables as exporters get them: real FLAC of the sample clips, and texts that are hard to write."""

import io
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import soundfile
from pyarrow import fs as pafs

from auricle.experts.sound import encode_flac, resample
from auricle.pipeline.engine.storage import Storage
from auricle.pipeline.export.rows import SCHEMA, Count

SAMPLES = Path(__file__).parents[1] / "samples"
HARD = 'Ein Mann sagt: "Grüß Gott, wie geht\'s?",\nΚαλημέρα — สวัสดี, 你好 🎺\r\n\tNA; a,b'
"""Commas, quotes, line breaks, a tab and five scripts."""

_FILES = {
    "wo8sFEF7sWM": "novel-reading.flac",
    "Меню.конф/1": "menyu-konferentsii.opus",
    "tabla-loop-0011": "tabla-loop.opus",
    "rain": "campaign-weather.ogg",
    "-bench_mark": "felicidades.ogg",
    "messaggio": "messaggio-di-attesa.wav",
}
BENCHMARK = ("-bench_mark", "messaggio")


def splits() -> dict[str, list[pa.Table]]:
    """Return eight train clips in two tables and four benchmark clips."""
    rows = [row for each in _FILES for row in _rows(each)]
    sides = {
        "train": [row for row in rows if row["recording_id"] not in BENCHMARK],
        "benchmark": [row for row in rows if row["recording_id"] in BENCHMARK],
    }
    return {
        "train": [table(sides["train"][:3]), table(sides["train"][3:])],
        "benchmark": [table(sides["benchmark"])],
    }


def table(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, SCHEMA)


def rows_of(tables: Iterable[pa.Table]) -> list[dict[str, Any]]:
    return [row for each in tables for row in each.to_pylist()]


def write(
    module: ModuleType, root: Path, given: Mapping[str, Iterable[pa.Table]] | None = None
) -> dict[str, Count]:
    """Write an export below `root` and return its counts."""
    told: dict[str, Count] = module.write(Storage(str(root)), module.FOLDER, given or splits())
    return told


def object_store(name: str) -> Storage:
    """Return a place in memory that has no folders, as an object store has none."""
    fsspec = pytest.importorskip("fsspec")
    store = Storage("mock:///")
    store.fs = pafs.PyFileSystem(pafs.FSSpecHandler(fsspec.filesystem("memory")))
    store.root = f"/{name}"
    return store


def samples(sound: bytes | Path) -> Any:
    """Return the samples of a sound, int16."""
    return soundfile.read(io.BytesIO(sound) if isinstance(sound, bytes) else sound, dtype="int16")[
        0
    ]


def same(one: bytes | Path, other: bytes | Path) -> bool:
    return bool(np.array_equal(samples(one), samples(other)))


@cache
def _sound(name: str, start: float) -> bytes:
    """Return two seconds of a sample at 16 kHz."""
    heard, rate = soundfile.read(SAMPLES / name, dtype="float32", always_2d=True)
    mono = heard.mean(axis=1)[round(start * rate) : round((start + 2) * rate)]
    return encode_flac(resample(mono, rate, 16_000), 16_000)


def _rows(recording: str) -> list[dict[str, Any]]:
    """Return two clips of a recording: one with all texts, one with few."""
    name = _FILES[recording]
    speech = name[0] in "nfm"
    rows = []
    for index, start in enumerate((0.25, 2.25)):
        clip = f"{recording}_" + f"{start!r}_{start + 2:g}".replace(".", "_")
        sound = _sound(name, start)
        full = index == 0
        long = [f"{HARD} ({clip})", "A second text."] if full else ["None", "b", "c"]
        pair = {
            "qa_id": f"{clip}_0123abc{index}",
            "category": "direct_perception",
            "difficulty": "basic",
            "question": f"What <audio> is it, {HARD}?",
            "answer": "N/A" if full else HARD,
        }
        rows.append(
            {
                "audio": {"bytes": sound, "path": f"{clip}.flac"},
                "caption": long[0],
                "short": ["A short text."],
                "long": long,
                "speech": ["Someone speaks.", "A voice."] if speech else None,
                "music": ["Music plays."] if not speech and full else None,
                "sound": None if speech else ["Rain falls.", "Rain.", "It rains.", "Wet."],
                "environment": ["A dry room."] if full else None,
                "qa": [pair, {**pair, "qa_id": f"{clip}_ffffff0{index}"}] if full else [],
                "domain": "S00" if speech else ("0MA" if full else "00A"),
                "language": "ru" if speech else None,
                "transcript": f"Здравствуйте | ÁÉ {HARD}" if speech and full else None,
                "license": "CC-BY-SA-3.0",
                "duration": soundfile.info(io.BytesIO(sound)).duration,
                "start": start,
                "clip_id": clip,
                "recording_id": recording,
                "consistency": 0.25 if full else None,
                "support": 1.0,
            }
        )
    return rows
