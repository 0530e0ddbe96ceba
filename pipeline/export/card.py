"""The card of an exported Parquet set: its README.md, whose head the hub and `datasets` read."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import yaml

from auricle.pipeline.export.rows import SCHEMA

_SIZES = ("n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M")


@dataclass
class Tally:
    """What a split holds, counted as its rows go by."""

    clips: int = 0
    seconds: float = 0.0
    bytes: int = 0
    questions: int = 0
    scored: int = 0
    domains: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    licences: Counter[str] = field(default_factory=Counter)

    def add(self, rows: pa.Table) -> None:
        """Count some rows."""
        self.clips += rows.num_rows
        self.seconds += pc.sum(rows["duration"]).as_py() or 0.0
        self.bytes += rows.nbytes
        self.questions += pc.sum(pc.list_value_length(rows["qa"])).as_py() or 0
        self.scored += rows.num_rows - rows["consistency"].null_count
        for column, counts in (
            ("domain", self.domains),
            ("language", self.languages),
            ("license", self.licences),
        ):
            counts.update(each or "none" for each in rows[column].to_pylist())


def card(splits: Mapping[str, Tally]) -> str:
    """Return the README of a set of Parquet files."""
    there = {split: tally for split, tally in splits.items() if tally.clips}
    clips = sum(tally.clips for tally in there.values())
    languages = sum((tally.languages for tally in there.values()), Counter[str]())
    head = {
        "configs": [
            {
                "config_name": "default",
                "data_files": [{"split": name, "path": f"{name}-*.parquet"} for name in there],
            }
        ],
        "dataset_info": {
            "features": [_feature(column) for column in SCHEMA],
            "splits": [
                {"name": name, "num_bytes": tally.bytes, "num_examples": tally.clips}
                for name, tally in there.items()
            ],
            "dataset_size": sum(tally.bytes for tally in there.values()),
        },
        "language": sorted(set(languages) - {"none"}),
        "size_categories": [_SIZES[min(len(_SIZES) - 1, max(0, len(str(clips)) - 3))]],
        "task_categories": ["audio-text-to-text"],
    }
    told = yaml.safe_dump(head, sort_keys=False, allow_unicode=True)
    return f"---\n{told}---\n\n{_body(there)}"


def _body(splits: Mapping[str, Tally]) -> str:
    lines = ["# Clips with captions and questions", ""]
    lines += [
        "| split | clips | hours | questions | held against the sound |",
        "|---|---|---|---|---|",
    ]
    for name, tally in splits.items():
        lines.append(
            f"| {name} | {tally.clips:,} | {tally.seconds / 3600:.2f} | {tally.questions:,} "
            f"| {tally.scored:,} |"
        )
    if not any(tally.scored for tally in splits.values()):
        lines += [
            "",
            "**Consistency not scored:** no text of this set was held against its sound by a "
            "model. Do not call its benchmark scored.",
        ]
    for title, name in (("Domains", "domains"), ("Languages", "languages"),
                        ("Licences of the sources", "licences")):  # fmt: skip
        counts: Counter[str] = sum((getattr(t, name) for t in splits.values()), Counter[str]())
        lines += ["", f"{title}: " + ", ".join(f"{key} {n:,}" for key, n in counts.most_common())]
    return "\n".join([*lines, ""])


def _feature(column: pa.Field) -> dict[str, Any]:
    """Return a column as the head of a card names it."""
    if column.name == "audio":
        return {"name": "audio", "dtype": "audio"}
    return {"name": column.name, **_kind(column.type)}


def _kind(kind: pa.DataType) -> dict[str, Any]:
    if pa.types.is_list(kind):
        inner = kind.value_type
        if pa.types.is_struct(inner):
            return {"list": [{"name": part.name, **_kind(part.type)} for part in inner]}
        return {"list": _kind(inner)["dtype"]}
    return {"dtype": "float64" if pa.types.is_float64(kind) else str(kind)}
