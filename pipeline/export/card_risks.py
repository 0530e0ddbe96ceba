"""What a user of an exported set must know, each sentence with the figure it rests on."""

from collections.abc import Iterator, Mapping

from auricle.pipeline.config import Config
from auricle.pipeline.dataset import Dataset
from auricle.pipeline.export.tally import NONE, Tally, total
from auricle.pipeline.licences import commercial
from auricle.pipeline.report.figures import Findings
from auricle.pipeline.tables import TABLES
from auricle.schemas.base import ModelUse


def risks(data: Dataset, config: Config, told: Findings, splits: Mapping[str, Tally]) -> list[str]:
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
    claiming = sum(tally.claiming for tally in splits.values())
    if claiming:
        share = sum(tally.supported for tally in splits.values()) / claiming
        found.append(f"Of the claims of a general caption {share:.1%} have support, on average.")
    passed, failed = (told.consistency.get(fate, 0) for fate in ("passed", "failed"))
    if passed or failed:
        found.append(
            f"Of {passed + failed:,} general captions that were held against the sound "
            f"{passed / (passed + failed):.1%} passed."
        )
    barred = {use.name for use in _weights(data) if commercial(use.licence) is False}
    if barred:
        names = ", ".join(sorted(barred))
        found.append(f"Weights whose licence forbids commercial use took part: {names}.")
    return [*found, *personal(config, splits)]


def personal(config: Config, splits: Mapping[str, Tally]) -> Iterator[str]:
    """Yield what the set holds of real people; nothing where nobody is heard to speak."""
    if not any("S" in domain for domain in total(splits, "domains").keys() - {NONE}):
        return
    yield (
        "It holds voices of real people. A voice is biometric data: do not use it to identify, "
        "imitate or profile anybody."
    )
    if config.privacy.transcripts == "keep" and not any(t.transcripts for t in splits.values()):
        return
    yield {
        "keep": "Transcripts are verbatim, in the column and in quotes; they may hold names.",
        "mask": (
            "Names, numbers and addresses were masked in transcripts and texts by rules, which "
            "miss some; the sound still has them."
        ),
        "drop": (
            "Transcripts and texts that quote were left out, and names, numbers and addresses "
            "were masked in the other texts, by rules; the sound still has the words."
        ),
    }[config.privacy.transcripts]


def _weights(data: Dataset) -> Iterator[ModelUse]:
    """Yield the weights that took part, by the provenance of the first shards."""
    for table in TABLES:
        shards = data.shards(table)
        made = data.provenance(table, shards[0]) if shards else None
        yield from made.models if made else ()
