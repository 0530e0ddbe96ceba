"""What a sample took: worker-seconds, bytes, requests and tokens a clip, and how sure they are."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from auricle.pipeline.config import Config
from auricle.pipeline.dataset import Dataset
from auricle.pipeline.engine.chain import Chain
from auricle.pipeline.engine.work import Stage
from auricle.pipeline.forecast.spread import Cluster, clusters, quantile, ratio_spread
from auricle.pipeline.judge.score import Score
from auricle.pipeline.llm.journal import entries
from auricle.pipeline.stages import Ingest, Write
from auricle.pipeline.tables import TABLES
from auricle.pipeline.writing import ModelWork
from auricle.schemas.errors import UserError

_SHARDS = 8
"""Shards from which they tell the spread; with fewer, recordings do."""


class Took(NamedTuple):
    """What a stage took of the sample.

    `seconds` are those of one worker for one clip; `spread` is half of the 95 % interval as a
    share of them, None where the sample is too small to say.
    """

    clips: int
    seconds: float
    spread: float | None


class Wrote(NamedTuple):
    """What a model took for the texts of one clip; `spread` is that of the tokens.

    `cached` is the share of the prompts that the server had in its cache, `latency` the mean
    seconds of a request; both are None where there is no journal.
    """

    model: str
    clips: int
    requests: float
    prompt: float
    completion: float
    cached: float | None
    latency: float | None
    spread: float | None


@dataclass
class Sample:
    """A dataset that some of the sound was made into, and the configuration it was made with."""

    data: Dataset
    config: Config

    @cached_property
    def clips(self) -> int:
        """How many clips it has."""
        return sum(self._clips(shard) for shard in self.data.shards("clips"))

    @cached_property
    def recordings(self) -> int:
        """How many recordings gave clips."""
        names = (self._names(shard) for shard in self.data.shards("clips"))
        return len({name for each in names for name in each})

    @cached_property
    def clips_an_hour(self) -> float:
        """How many clips an hour of recordings gives."""
        shards = self.data.shards("recordings")
        column = ("decoded_seconds",)
        decoded = (self.data.table("recordings", shard, column)[0].to_pylist() for shard in shards)
        return self.clips / sum(each or 0.0 for some in decoded for each in some) * 3600

    def took(self, work: Stage) -> Took:
        """Return what a stage took.

        Raises:
            UserError: the sample lacks it, was made by another backend, or before times were kept.
        """
        shards = self._made(work)
        tables = ("clips",) if isinstance(work, Ingest) else work.writes
        seconds = {s: sum(self.data.summary(t, s).seconds for t in tables) for s in shards}
        timed = [shard for shard in shards if seconds[shard] > 0]
        if not timed:
            raise UserError(
                f"{self._uri}: {work.name} has no times, since an older version made it; make it "
                f"anew with --redo {work.name}{_or_state(work.name)}"
            )
        clips = sum(map(self._clips, timed))
        if len(timed) >= _SHARDS:
            each = [Cluster(seconds[shard], self._clips(shard)) for shard in timed]
            spread = ratio_spread(each)
        else:
            spread = self._spread_by_recording(work, timed)
        return Took(clips, sum(seconds[shard] for shard in timed) / clips, spread)

    def wrote(self, work: ModelWork) -> Wrote:
        """Return what the model of a stage took.

        Raises:
            UserError: the sample lacks the stage.
        """
        shards = self._made(work)
        names = [name for shard in shards for name in self._names(shard)]
        columns = ("model", "requests", "prompt_tokens", "completion_tokens")
        rows = [r for s in shards for r in self.data.table(work.table, s, columns).to_pylist()]
        requests, prompt, completion = (sum(row[n] or 0 for row in rows) for n in columns[1:])
        tokens = [row["prompt_tokens"] + row["completion_tokens"] for row in rows]
        replies = [entry.reply for s in shards for entry in entries(self.data, work.name, s)]
        prompts = sum(reply.usage.prompt for reply in replies)
        told = self.data.fingerprint(work.table)
        return Wrote(
            str(told.settings.get("model")) if told else work.llm.model,
            len(rows),
            requests / len(rows),
            prompt / len(rows),
            completion / len(rows),
            sum(r.usage.cached for r in replies) / prompts if prompts else None,
            sum(r.seconds for r in replies) / len(replies) if replies else None,
            ratio_spread(clusters(zip(names, tokens, strict=True))),
        )

    def bytes_a_clip(self, tables: Sequence[str]) -> float | None:
        """Return what some tables take on disk, None where the sample lacks one of them."""
        folders = [TABLES[table].folder for table in tables]
        sizes = [self._size(folder) for folder in folders]
        counts = [sum(map(self._clips, self.data.shards(table))) for table in tables]
        if not all(counts):
            return None
        return sum(size / count for size, count in zip(sizes, counts, strict=True))

    def folder_bytes_a_clip(self, folder: str) -> float:
        """Return what a folder of the dataset takes on disk, with all below it."""
        return self._size(folder) / self.clips

    def asked(self, chain: Chain) -> dict[str, float]:
        """Return the share of the clips that passed each gate of a chain."""
        shares: dict[str, float] = {}
        for expert in chain.experts:
            ends = [self.data.summary(expert.role, s) for s in self.data.shards(expert.role)]
            rows = sum(end.rows for end in ends)
            if expert.gate != "none" and rows:
                share = sum(end.rows - end.skipped for end in ends) / rows
                shares[expert.gate] = max(share, shares.get(expert.gate, 0.0))
        return shares

    @property
    def _uri(self) -> str:
        return self.data.storage.uri

    def _made(self, work: Stage) -> list[int]:
        """Return the shards that have clips and all tables of a stage, made as it would."""
        for table, backend in _backends(work).items():
            told = self.data.fingerprint(table)
            made = told.provenance.backend if told else backend
            if made != backend:
                raise UserError(
                    f"{self._uri}: the sample has no {table} by {backend} (it is by {made}); run "
                    f"{work.name} on the sample with this configuration{_or_state(work.name)}"
                )
        there = set.intersection(*(set(self.data.shards(table)) for table in work.writes))
        shards = [s for s in sorted(there & set(self.data.shards("clips"))) if self._clips(s)]
        if not shards:
            raise UserError(
                f"{self._uri}: the sample lacks {work.name}; run it on the sample with this "
                f"configuration{_or_state(work.name)}"
            )
        return shards

    def _clips(self, shard: int) -> int:
        return self.data.count("clips", shard)

    def _names(self, shard: int) -> list[str]:
        """Return the recording of each clip."""
        names: list[str] = self.data.table("clips", shard, ["recording_id"])[0].to_pylist()
        return names

    def _size(self, folder: str) -> int:
        from pyarrow import fs

        storage = self.data.storage
        chosen = fs.FileSelector(storage.path(folder), allow_not_found=True, recursive=True)
        found = storage.fs.get_file_info(chosen)
        return sum(info.size for info in found if info.type == fs.FileType.File)

    def _spread_by_recording(self, work: Stage, shards: Sequence[int]) -> float | None:
        """Return the spread of a stage from the sound that each recording had it work on.

        A recording's seconds of work for a second of such sound are taken to vary as much as
        their mean: shards alone are timed, not clips.
        """
        sound: list[tuple[str, float]] = []
        for shard in shards:
            clips = self.data.table("clips", shard, ["recording_id", "duration"]).to_pylist()
            gated = [table for table in work.writes if table not in _FIRST]
            statuses = [self.data.table(t, shard, ["status"])[0].to_pylist() for t in gated]
            for i, clip in enumerate(clips):
                open_gate = not gated or any(each[i] != "skipped" for each in statuses)
                sound.append((clip["recording_id"], clip["duration"] if open_gate else 0.0))
        found = clusters(sound)
        by_sound, asked = ratio_spread(found), sum(each.taken > 0 for each in found)
        if by_sound is None or asked < 2:
            return None
        return math.hypot(by_sound, quantile(asked - 1) / math.sqrt(asked))


_FIRST = ("recordings", "clips", "signal")
"""What ingest makes: no gate keeps a clip out."""


def _backends(work: Stage) -> dict[str, Any]:
    """Return who makes the tables of a stage, where that is a choice."""
    if isinstance(work, Chain):
        return {expert.role: expert.backend for expert in work.experts}
    if isinstance(work, Score):
        return dict.fromkeys(work.writes, work.scorer)
    if isinstance(work, Write | ModelWork):
        return {work.table: "llm" if isinstance(work, ModelWork) else "rules"}
    return {}


def _or_state(stage: str) -> str:
    return f", or state it: --speed {stage}=CLIPS_PER_SECOND"
