"""The card of an exported Parquet set: README.md for the hub and for `datasets`, and Croissant.

Every sentence follows from what is on disk; what is not known is left out.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import yaml

from auricle.pipeline.config import Config
from auricle.pipeline.dataset import Dataset
from auricle.pipeline.export.croissant import croissant
from auricle.pipeline.export.rows import MEANINGS, SCHEMA, SPLITS
from auricle.pipeline.export.tally import NONE, Tally, tallies
from auricle.pipeline.licences import commercial, remark, spdx
from auricle.pipeline.report.figures import Figures, figures
from auricle.pipeline.tables import NO_STAGE, TABLES
from auricle.pipeline.version import VERSION
from auricle.schemas.base import ModelUse
from auricle.schemas.errors import UserError

FOLDER = "exports/parquet"
CARD, CROISSANT = f"{FOLDER}/README.md", f"{FOLDER}/croissant.json"
_SIZES = ("n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M")
_TASKS = ("audio-text-to-text", "automatic-speech-recognition", "audio-classification")
_TAGS = ("audio", "audio-captioning", "audio-question-answering", "sound", "speech", "music",
         "synthetic")  # fmt: skip
_HUB = {"cc-pdm-1.0": "other"}
"""Licences that the hub's list lacks; the others are SPDX ids in lower case there."""


def write_card(data: Dataset, config: Config) -> list[str]:
    """Write the card and the Croissant file of the Parquet export, and return their names.

    Raises:
        UserError: there is no Parquet export.
    """
    splits = tallies(data.storage, FOLDER, SPLITS)
    if not splits:
        raise UserError(f"{data.storage.uri}: no clips in {FOLDER}; run: auricle export")
    told = figures(data)
    name = PurePosixPath(data.storage.root).name
    text = _text(data, config, name, splits, told)
    data.storage.write(CARD, text.encode())
    risks = _risks(data, config, told, splits)
    about = croissant(data.storage, FOLDER, name, splits, risks)
    data.storage.write(CROISSANT, json.dumps(about, indent=1, ensure_ascii=False).encode())
    return [CARD, CROISSANT]


def _text(
    data: Dataset, config: Config, name: str, splits: Mapping[str, Tally], told: Figures
) -> str:
    from jinja2 import Environment, StrictUndefined

    kit = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    source = resources.files("auricle.pipeline.export").joinpath("card.md.j2").read_text("utf-8")
    captions, qa = (told.texts.captions, told.texts.qa) if told.texts else (None, None)
    limits = told.calibration
    makers = list(_makers(data))
    return kit.from_string(source).render(
        head=yaml.safe_dump(_head(name, splits), sort_keys=False, allow_unicode=True),
        name=name,
        version=VERSION,
        clips=sum(tally.clips for tally in splits.values()),
        seconds=sum(tally.seconds for tally in splits.values()),
        questions=sum(tally.questions for tally in splits.values()),
        by_rules=config.writer == "rules",
        writers=sorted({each.model for each in told.spent}) or ["a language model"],
        reviewed=_reviewed(data),
        splits=splits,
        kinds={
            title: _sum(splits, key).most_common()
            for title, key in (("Domains", "domains"), ("Languages", "languages"))
        },
        lengths=captions.categories if captions else {},
        categories=qa.all.categories if qa else {},
        difficulties=qa.all.difficulties if qa else {},
        columns=[
            {"name": field.name, "type": _type(field.type), "meaning": MEANINGS[field.name]}
            for field in SCHEMA
        ],
        makers=makers,
        prompts=sorted(_prompts(data, config)),
        funnel=told.verdicts,
        steps=[step for step in told.verdicts.steps if step.clips] if told.verdicts else [],
        verify=config.verify,
        thresholds=limits.kinds if limits else {},
        scorer=limits.scorer if limits else None,
        wanted=limits.wanted if limits else None,
        risks=_risks(data, config, told, splits),
        licences=[each for each in _sum(splits, "licences").most_common() if each[0] != NONE],
    )


def _head(name: str, splits: Mapping[str, Tally]) -> dict[str, Any]:
    """Return what the hub and `datasets` read of a card."""
    clips = sum(tally.clips for tally in splits.values())
    return {
        "pretty_name": name,
        **hub_licence(_sum(splits, "licences")),
        "language": sorted(set(_sum(splits, "languages")) - {NONE}),
        "size_categories": [_SIZES[min(len(_SIZES) - 1, max(0, len(str(clips)) - 3))]],
        "task_categories": list(_TASKS),
        "tags": list(_TAGS),
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


def _makers(data: Dataset) -> Iterator[dict[str, str]]:
    """Yield who made each table, by the provenance of its first shard."""
    for table in TABLES:
        shards = data.shards(table)
        made = data.provenance(table, shards[0]) if shards and table not in NO_STAGE else None
        if made is None:
            continue
        remarks = ((use.licence, remark(use.licence)) for use in made.models)
        yield {
            "table": table,
            "by": f"{made.backend} {made.version}",
            "weights": ", ".join(
                f"{use.name} ({use.revision[:12] or use.sha256[:12]})" for use in made.models
            ),
            "licences": ", ".join(
                dict.fromkeys(f"{name}: {said}" if said else name for name, said in remarks)
            ),
        }


def _prompts(data: Dataset, config: Config) -> Iterator[str]:
    for table, prompt in (("captions", config.caption.prompt), ("qa", config.qa.prompt)):
        shards = data.shards(table)
        made = data.provenance(table, shards[0]) if shards else None
        if made and made.prompt_hash:
            yield f"{prompt} ({made.prompt_hash[:12]})"


def _reviewed(data: Dataset) -> int:
    """Return how many clips a person has reviewed."""
    found = (data.table("reviews", shard, ["status"]) for shard in data.shards("reviews"))
    return sum(pc.sum(pc.equal(rows["status"], "ok")).as_py() or 0 for rows in found)


def _risks(data: Dataset, config: Config, told: Figures, splits: Mapping[str, Tally]) -> list[str]:
    """Return what a user of the set must know, each with the figure it rests on."""
    found = ["Texts are made by machines and may be wrong in ways that no check found."]
    if config.profile == "lite":
        found.append(
            "The profile lite hears no ages, no kinds of emotion and no overlapping speech, and "
            "names few genres and instruments."
        )
    supports = told.texts.captions if told.texts else None
    if supports and supports.whole:
        whole = supports.whole
        found.append(
            f"Of the long and environment captions {whole.noise_claims:.1%} claim noise or damage, "
            f"{whole.expert_talk:.1%} hold expert talk, {whole.raw_numbers:.1%} raw numbers."
        )
    if _sum(splits, "languages").keys() - {NONE}:
        found += _of_voices(config)
    barred = {use.name for use in _weights(data) if commercial(use.licence) is False}
    if barred:
        names = ", ".join(sorted(barred))
        found.append(f"Weights whose licence forbids commercial use took part: {names}.")
    return found


def _weights(data: Dataset) -> Iterator[ModelUse]:
    """Yield the weights that took part, by the provenance of the first shards."""
    for table in TABLES:
        shards = data.shards(table)
        made = data.provenance(table, shards[0]) if shards else None
        yield from made.models if made else ()


def _of_voices(config: Config) -> Iterator[str]:
    yield (
        "It holds voices of real people. A voice is biometric data: do not use it to identify, "
        "imitate or profile anybody."
    )
    yield {
        "keep": "Transcripts are verbatim, in the column and in quotes; they may hold names.",
        "mask": (
            "Names, numbers and addresses were masked in transcripts and texts by rules, which "
            "miss some; the sound still has them."
        ),
        "drop": "Transcripts and texts that quote were left out; the sound still has the words.",
    }[config.privacy.transcripts]


def _sum(splits: Mapping[str, Tally], key: str) -> Counter[str]:
    return sum((getattr(tally, key) for tally in splits.values()), Counter[str]())


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


def _type(kind: pa.DataType) -> str:
    """Return a type as a reader of the card would write it."""
    if pa.types.is_list(kind):
        return f"list of {_type(kind.value_type)}"
    if pa.types.is_struct(kind):
        return "{" + ", ".join(part.name for part in kind) + "}"
    return "float" if pa.types.is_float64(kind) else str(kind)
