"""The head of a card: what the Hugging Face hub and `datasets` read of it."""

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from auricle.pipeline.export.rows import SCHEMA
from auricle.pipeline.export.tally import NONE, Tally, total
from auricle.pipeline.licences import spdx

_SIZES = ("n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M", "100M<n<1B")
_HEARD = {"S": "speech", "M": "music", "A": "sound"}
_HUB = {"cc-pdm-1.0": "other"}
"""Licences that the hub's list lacks; the others are SPDX ids in lower case there."""


def head(name: str, splits: Mapping[str, Tally]) -> dict[str, Any]:
    """Return what the hub and `datasets` read of a card."""
    clips = sum(tally.clips for tally in splits.values())
    languages = sorted(set(total(splits, "languages")) - {NONE})
    return {
        "pretty_name": name,
        **hub_licence(total(splits, "licences")),
        **({"language": languages} if languages else {}),
        "size_categories": [_SIZES[min(len(_SIZES) - 1, max(0, len(str(clips)) - 3))]],
        "task_categories": list(_tasks(splits)),
        "tags": list(_tags(splits)),
        "configs": [
            {
                "config_name": "default",
                "data_files": [{"split": each, "path": f"{each}-*.parquet"} for each in splits],
            }
        ],
        "dataset_info": {
            "features": [_feature(column) for column in SCHEMA],
            "splits": [
                {"name": each, "num_bytes": tally.bytes, "num_examples": tally.clips}
                for each, tally in splits.items()
            ],
            "dataset_size": sum(tally.bytes for tally in splits.values()),
        },
    }


def hub_licence(licences: Mapping[str, int]) -> dict[str, str]:
    """Return the licence of a set as the hub spells it: one id, `other` for several, `unknown`."""
    known = {spdx(told) if told != NONE else None for told in licences}
    if known <= {None}:
        return {"license": "unknown"}
    (first, *others) = sorted(known, key=str)
    if not others and first is not None:
        hub = _HUB.get(first.lower(), first.lower())
        if hub != "other":
            return {"license": hub}
    return {"license": "other", "license_name": "see-sources", "license_link": "#licences"}


def _tasks(splits: Mapping[str, Tally]) -> Iterator[str]:
    yield "audio-text-to-text"
    if any(tally.transcripts for tally in splits.values()):
        yield "automatic-speech-recognition"
    yield "audio-classification"


def _tags(splits: Mapping[str, Tally]) -> Iterator[str]:
    yield from ("audio", "audio-captioning")
    if any(tally.questions for tally in splits.values()):
        yield "audio-question-answering"
    domains = total(splits, "domains").keys() - {NONE}
    yield from (tag for letter, tag in _HEARD.items() if any(letter in each for each in domains))
    yield "synthetic"


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
