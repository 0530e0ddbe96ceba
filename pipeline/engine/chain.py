"""A chain of experts over one shard: decode once, ask each in turn, keep every clip's row."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from auricle.experts.base import Expert, Heard, closed_gate
from auricle.experts.models import use
from auricle.experts.sound import decode_flac, resample
from auricle.pipeline.dataset import Dataset, Fingerprint, digest
from auricle.pipeline.engine.work import Done, Tell
from auricle.pipeline.extras import install_command
from auricle.pipeline.tables import CLIP_TABLES
from auricle.pipeline.version import VERSION
from auricle.schemas.base import Provenance, Row
from auricle.schemas.errors import UserError

_MACHINE = {"threads", "device", "batch"}
_SERVER = {"base_url", "key_variable", "concurrency", "timeout", "retries"}
_WHERE = _MACHINE | _SERVER
"""Settings of experts that say where and how fast they work, not what they say."""
_AUDIO = ("clip_id", "status", "duration", "sample_rate", "audio")


@dataclasses.dataclass
class Chain:
    """Experts that share a worker, in the order they are asked."""

    name: str
    experts: tuple[Expert[Any], ...]
    batch_clips: int = 16

    @property
    def writes(self) -> tuple[str, ...]:
        """One table a role."""
        return tuple(expert.role for expert in self.experts)

    @property
    def reads(self) -> tuple[str, ...]:
        """The clips and what earlier chains said."""
        needed = {need for expert in self.experts for need in expert.needs}
        return ("clips", *sorted(needed - set(self.writes)))

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
        """Annotate a shard. A role whose shard is there already is read, not asked again."""
        known = {
            role: data.clip_rows(role, shard)
            for role in (*self.reads, *self.writes)
            if role != "clips" and role in CLIP_TABLES and data.has(role, shard)
        }
        asked = [expert for expert in self.experts if expert.role not in known]
        made: dict[str, list[Row]] = {expert.role: [] for expert in asked}
        at = 0
        for columns in data.batches("clips", shard, self.batch_clips, _AUDIO):
            batch = columns.to_pylist()
            said = [{role: rows[at + i] for role, rows in known.items()} for i in range(len(batch))]
            _check_ids(batch, said, shard)
            sounds = _Sounds(batch)
            errors = 0
            for expert in asked:
                rows = _ask(expert, batch, sounds, said)
                made[expert.role] += rows
                errors += sum(row.status == "error" for row in rows)
                for one, row in zip(said, rows, strict=True):
                    one[expert.role] = row
            at += len(batch)
            tell(Done(len(batch), sum(clip["duration"] for clip in batch), errors))
        for expert in asked:
            data.write(expert.role, shard, made[expert.role], _provenance(expert))


class _Sounds:
    """The sound of a batch, decoded once and resampled once for each rate asked for."""

    def __init__(self, batch: Sequence[dict[str, Any]]) -> None:
        self.problems: dict[int, str] = {}
        self._at_rate: dict[int, list[Any]] = {}
        self._decoded: list[Any] = []
        for i, clip in enumerate(batch):
            try:
                self._decoded.append(decode_flac(clip["audio"]))
            except Exception as error:  # a shard may hold anything; the clip's rows say what
                self._decoded.append(None)
                self.problems[i] = f"{type(error).__name__}: {error}"

    def at(self, rate: int | None) -> list[Any]:
        """Return (waveform, rate) for each clip of the batch; None where it did not decode."""
        if rate is None:
            return self._decoded
        if rate not in self._at_rate:
            self._at_rate[rate] = [
                sound and (resample(sound[0], sound[1], rate), rate) for sound in self._decoded
            ]
        return self._at_rate[rate]


def _ask(
    expert: Expert[Any],
    batch: Sequence[dict[str, Any]],
    sounds: _Sounds,
    said: Sequence[Mapping[str, Row]],
) -> list[Row]:
    """Return one row a clip: the expert's, or why it was not asked or could not answer.

    It is told what it needs and no more, so that its row does not depend on who shares its worker.
    """
    rows: dict[int, Row] = {}
    heard: dict[int, Heard] = {}
    for i, sound in enumerate(sounds.at(expert.sample_rate)):
        clip_id = batch[i]["clip_id"]
        if sound is None:
            rows[i] = expert.record.failed(clip_id, "undecodable_clip", sounds.problems[i])
            continue
        needed = tuple(said[i][role] for role in expert.needs if role in said[i])
        clip = Heard(clip_id, sound[0], sound[1], needed)
        reason = closed_gate(expert.gate, clip)
        if reason:
            rows[i] = expert.record.skipped(clip_id, reason)
        else:
            heard[i] = clip
    rows.update(zip(heard, annotate_each(expert, list(heard.values())), strict=True))
    return [rows[i] for i in range(len(batch))]


def annotate_each(expert: Expert[Any], clips: Sequence[Heard]) -> list[Row]:
    """Return one row a clip. If the batch raises, each clip is tried alone to find the culprit."""
    if not clips:
        return []
    try:
        return _annotate(expert, clips)
    except UserError:
        raise
    except Exception as error:  # whatever it is, it becomes the culprit's row
        if len(clips) == 1:
            detail = f"{type(error).__name__}: {error}"
            return [expert.record.failed(clips[0].clip_id, "expert_failed", detail)]
    return [row for clip in clips for row in annotate_each(expert, [clip])]


def _annotate(expert: Expert[Any], clips: Sequence[Heard]) -> list[Row]:
    rows = list(expert.annotate(clips))
    if [row.clip_id for row in rows] != [clip.clip_id for clip in clips]:
        raise AssertionError(f"{expert.role} ({expert.backend}) broke its contract: one row a clip")
    return rows


def _check_ids(
    batch: Sequence[dict[str, Any]], said: Sequence[Mapping[str, Row]], shard: int
) -> None:
    for clip, rows in zip(batch, said, strict=True):
        if any(row.clip_id != clip["clip_id"] for row in rows.values()):
            raise UserError(
                f"shard {shard}: the tables disagree about clip {clip['clip_id']}; "
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
