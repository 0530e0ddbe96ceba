"""The card of an exported Parquet set: README.md for the hub and for `datasets`, and Croissant.

Every sentence follows from what is on disk; what is not known is left out.
"""

import json
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import PurePosixPath

import pyarrow as pa
import pyarrow.compute as pc
import yaml

from auricle.pipeline.config import Config
from auricle.pipeline.dataset import Dataset
from auricle.pipeline.export.card_head import head
from auricle.pipeline.export.card_risks import personal, risks
from auricle.pipeline.export.croissant import croissant
from auricle.pipeline.export.rows import MEANINGS, SCHEMA, SPLITS
from auricle.pipeline.export.tally import NONE, Tally, tallies, total
from auricle.pipeline.licences import remark
from auricle.pipeline.report.figures import Findings, findings
from auricle.pipeline.stage_settings import PrivacySettings
from auricle.pipeline.tables import NO_STAGE, TABLES
from auricle.pipeline.version import VERSION
from auricle.schemas.errors import UserError

FOLDER = "exports/parquet"
CARD, CROISSANT = f"{FOLDER}/README.md", f"{FOLDER}/croissant.json"


def write_card(data: Dataset, config: Config) -> list[str]:
    """Write the card and the Croissant file of the Parquet export, and return their names.

    Raises:
        UserError: there is no Parquet export.
    """
    splits = tallies(data.storage, FOLDER, SPLITS)
    if not splits:
        raise UserError(f"{data.storage.uri}: no clips in {FOLDER}; run: auricle export")
    told = findings(data)
    config = config.model_copy(update={"privacy": _privacy(data, config)})
    name = PurePosixPath(data.storage.root).name
    known = risks(data, config, told, splits)
    text = _text(data, config, name, splits, told, known)
    data.storage.write(CARD, text.encode())
    about = croissant(data.storage, FOLDER, name, splits, known, list(personal(config, splits)))
    data.storage.write(CROISSANT, json.dumps(about, indent=1, ensure_ascii=False).encode())
    return [CARD, CROISSANT]


def _text(
    data: Dataset,
    config: Config,
    name: str,
    splits: Mapping[str, Tally],
    told: Findings,
    known: list[str],
) -> str:
    from jinja2 import Environment, StrictUndefined

    kit = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    source = resources.files("auricle.pipeline.export").joinpath("card.md.j2").read_text("utf-8")
    captions, qa = (told.texts.captions, told.texts.qa) if told.texts else (None, None)
    limits = told.calibration
    return kit.from_string(source).render(
        head=yaml.safe_dump(head(name, splits), sort_keys=False, allow_unicode=True),
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
            title: total(splits, key).most_common()
            for title, key in (("Domains", "domains"), ("Languages", "languages"))
        },
        lengths=captions.categories if captions else {},
        categories=qa.all.categories if qa else {},
        difficulties=qa.all.difficulties if qa else {},
        columns=[
            {"name": field.name, "type": _type(field.type), "meaning": MEANINGS[field.name]}
            for field in SCHEMA
        ],
        makers=list(_makers(data)),
        prompts=sorted(_prompts(data, config)),
        funnel=told.verdicts,
        steps=[step for step in told.verdicts.steps if step.clips] if told.verdicts else [],
        verify=config.verify,
        apart=bool(data.shards("duplicates")),
        by_uploader=config.split.by_uploader,
        thresholds=limits.kinds if limits and told.verdicts and told.verdicts.scored else {},
        scorer=limits.scorer if limits else None,
        wanted=limits.wanted if limits else None,
        risks=known,
        licences=[each for each in total(splits, "licences").most_common() if each[0] != NONE],
    )


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
            "code": made.code_licence or "",
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


def _privacy(data: Dataset, config: Config) -> PrivacySettings:
    """Return what the export was made with: the settings may have changed since."""
    signed = data.storage.read(f"{FOLDER}/stage.json")
    if signed is None:  # it is being made
        return config.privacy
    return PrivacySettings.model_validate(json.loads(signed).get("privacy", {}))


def _type(kind: pa.DataType) -> str:
    """Return a type as a reader of the card would write it."""
    if pa.types.is_list(kind):
        return f"list of {_type(kind.value_type)}"
    if pa.types.is_struct(kind):
        return "{" + ", ".join(part.name for part in kind) + "}"
    return "float" if pa.types.is_float64(kind) else str(kind)
