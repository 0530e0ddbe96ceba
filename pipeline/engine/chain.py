"""A chain of experts over one shard: decode once, ask each in turn, keep every clip's row."""

import dataclasses
import time
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from auricle.experts.base import NO_SOUND, Expert, Heard, closed_gate
from auricle.experts.models import use
from auricle.pipeline.dataset import Dataset, Fingerprint, digest
from auricle.pipeline.engine.annotate import annotate_each
from auricle.pipeline.engine.sounds import Batch, ahead, batches
from auricle.pipeline.engine.work import Done, Tell, errors_in
from auricle.pipeline.extras import install_command
from auricle.pipeline.packing import memory_of
from auricle.pipeline.tables import CLIP_TABLES
from auricle.pipeline.version import VERSION
from auricle.schemas.base import Provenance, Row
from auricle.schemas.errors import UserError

_MACHINE = {"threads", "device", "batch"}
_SERVER = {"base_url", "key_variable", "concurrency", "timeout", "retries"}
_WHERE = _MACHINE | _SERVER
"""Settings of experts that say where and how fast they work, not what they say."""


@dataclasses.dataclass
class Chain:
    """Experts that share a worker, in the order they are asked."""

    name: str
    experts: tuple[Expert[Any], ...]
    batch_clips: int = 16
    _fits: dict[str, int] = dataclasses.field(default_factory=dict, repr=False, compare=False)
    """How many clips an expert can take at once, where that was found to be less than a batch."""
    by_row: ClassVar[bool] = True

    @property
    def writes(self) -> tuple[str, ...]:
        """One table a role."""
        return tuple(expert.role for expert in self.experts)

    @property
    def reads(self) -> tuple[str, ...]:
        """The clips and what earlier chains said."""
        needed = {need for expert in self.experts for need in expert.needs}
        return ("clips", *sorted(needed - set(self.writes)))

    @property
    def uses_gpu(self) -> bool:
        """Whether one of the experts does."""
        return memory_of(self.experts).gpu > 0

    def apart(self) -> list["Chain"]:
        """Return each expert as a chain of its own, sharing what was loaded."""
        return [dataclasses.replace(self, experts=(expert,)) for expert in self.experts]

    def fingerprints(self, needs: dict[str, str]) -> dict[str, Fingerprint]:
        """Return one fingerprint an expert; what it needs may come from this chain."""
        known, made = dict(needs), {}
        for expert in self.experts:
            made[expert.role] = fingerprint = Fingerprint(
                provenance=_provenance(expert),
                settings=_settings(expert),
                needs={need: known[need] for need in ("clips", *expert.needs)},
            )
            known[expert.role] = fingerprint.digest
        return made

    def load(self) -> None:
        """Load every expert."""
        for expert in self.experts:
            try:
                expert.load()
            except ModuleNotFoundError as error:
                if error.name is None:
                    raise
                raise UserError(
                    f"{expert.role} ({expert.backend}) needs {error.name}: "
                    f"{install_command(error.name)}"
                ) from None

    def run(self, data: Dataset, shard: int, tell: Tell) -> None:
        """Annotate a shard. A role whose shard is there already is read, not asked again.

        The next clips are decoded and resampled beside the experts' work.
        """
        known = {
            role: data.clip_rows(role, shard)
            for role in (*self.reads, *self.writes)
            if role != "clips" and role in CLIP_TABLES and data.has(role, shard)
        }
        asked = [expert for expert in self.experts if expert.role not in known]
        rates = {expert.sample_rate for expert in asked if expert.sample_rate != NO_SOUND}
        made: dict[str, list[Row]] = {expert.role: [] for expert in asked}
        took = dict.fromkeys(made, 0.0)
        begun = time.perf_counter()
        at = 0
        for batch in ahead(batches(data, shard, self.batch_clips, rates)):
            said = [{role: rows[at + i] for role, rows in known.items()} for i in range(len(batch))]
            _check_ids(batch, said, shard)
            told = Done(len(batch), sum(batch.seconds))
            for expert in asked:
                since = time.perf_counter()
                rows = _ask(expert, batch, said, self._fits)
                made[expert.role] += rows
                told = told.and_also(Done(errors=errors_in(*rows)))
                for one, row in zip(said, rows, strict=True):
                    one[expert.role] = row
                took[expert.role] += time.perf_counter() - since
            at += len(batch)
            tell(told)
        shared = time.perf_counter() - begun - sum(took.values())
        for expert in asked:
            seconds = took[expert.role] + shared / len(asked)
            data.write(expert.role, shard, made[expert.role], _provenance(expert), seconds)


def _ask(
    expert: Expert[Any],
    batch: Batch,
    said: Sequence[Mapping[str, Row]],
    fits: dict[str, int],
) -> list[Row]:
    """Return one row a clip: the expert's, or why it was not asked or could not answer.

    It is told what it needs and no more, so that its row does not depend on who shares its worker.
    """
    rows: dict[int, Row] = {}
    heard: dict[int, Heard] = {}
    for i, (clip_id, sound) in enumerate(zip(batch.ids, batch.at(expert.sample_rate), strict=True)):
        if sound is None:
            rows[i] = expert.record.failed(clip_id, "undecodable_clip", batch.problems[i])
            continue
        needed = tuple(said[i][role] for role in expert.needs if role in said[i])
        clip = Heard(clip_id, *sound, needed)
        reason = closed_gate(expert.gate, clip)
        if reason:
            rows[i] = expert.record.skipped(clip_id, reason)
        else:
            heard[i] = clip
    rows.update(zip(heard, annotate_each(expert, list(heard.values()), fits), strict=True))
    return [rows[i] for i in range(len(batch))]


def _check_ids(batch: Batch, said: Sequence[Mapping[str, Row]], shard: int) -> None:
    for clip_id, rows in zip(batch.ids, said, strict=True):
        if any(row.clip_id != clip_id for row in rows.values()):
            raise UserError(
                f"shard {shard}: the tables disagree about clip {clip_id}; "
                "was one of them copied from another dataset? Redo the stage that is wrong"
            )


def _settings(expert: Expert[Any]) -> dict[str, Any]:
    """Return the fields that change the values; where and how fast they are computed does not."""
    assert dataclasses.is_dataclass(expert)
    names = (f.name for f in dataclasses.fields(expert) if f.init and f.name not in _WHERE)
    values = {name: getattr(expert, name) for name in names}
    return {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}  # as in a file


def _provenance(expert: Expert[Any]) -> Provenance:
    return Provenance(
        stage=expert.role,
        backend=expert.backend,
        version=VERSION,
        settings_hash=digest(_settings(expert)),
        models=tuple(use(ref) for ref in expert.models),
        code_licence=expert.code_licence,
        prompt_hash=getattr(expert, "prompt_hash", None),
    )
