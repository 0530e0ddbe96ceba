"""What holds a run up: its slowest stage, and what would help."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from auricle.pipeline.engine.line import Numbers, clock
from auricle.pipeline.engine.work import OnGpu, SideBySide, Stage, Work
from auricle.pipeline.llm.settings import LlmSettings
from auricle.pipeline.stage_settings import EngineSettings, PoolSettings

_SHORT = 60.0
"""Seconds for which a run goes on before anything is said of its speed."""
_LITTLE = 600.0
"""Seconds left that nobody needs to shorten."""
_STILL = 300.0
"""Seconds without any news, or without a worker for what waits, that are worth a word."""


class Limit(NamedTuple):
    """What a stage waits for most, and what would give it more."""

    kind: Literal["processor", "gpu", "server", "batch", "driver"]
    remedy: str | None = None
    share: str = ""
    """Which settings make a worker smaller."""


@dataclass(frozen=True)
class Setup:
    """How a run works, as far as advice depends on it: the limit of each stage by name."""

    kind: Literal["local", "ray"] = "local"
    patience: float = 600.0
    limits: Mapping[str, Limit] = field(default_factory=dict)


def setup_of(settings: EngineSettings, works: Sequence[Stage]) -> Setup:
    """Return the setup of a run."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    limits = {work.name: _limit(work, settings, processors) for work in works}
    return Setup(settings.kind, settings.patience, limits)


def slowest(stages: Sequence[Numbers]) -> Numbers | None:
    """Return the stage that the others wait for: it has shards waiting, and most time left.

    A stage that waits for the one before it is as slow as that one, but none of its shards wait.
    """
    going = [one for one in stages if not one.done and (one.clips or one.busy or one.ready)]
    return max(going, key=lambda one: (one.ready > 0, one.left or 0.0, one.ready), default=None)


def advice(stages: Sequence[Numbers], setup: Setup, spent: float, still: float) -> str | None:
    """Return one line on what would speed a run up, None where nothing is worth saying.

    Args:
        stages: the numbers of the stages that have begun.
        setup: how the run works.
        spent: seconds since it began.
        still: seconds since there was any news.
    """
    slow = slowest(stages) or next((one for one in stages if not one.done), None)
    if slow is None or spent < _SHORT:
        return None
    if still >= _STILL:
        return _on_stillness(slow, setup, still)
    waiting = max(stages, key=lambda one: one.unstaffed)
    if waiting.unstaffed >= _STILL:
        share = setup.limits[waiting.stage].share if waiting.stage in setup.limits else ""
        return (
            f"{waiting.stage}: {_shards(waiting.ready)} and there is no room for a worker; "
            f"more nodes{f', or smaller workers ({share}),' if share else ''} would help"
        )
    limit = setup.limits.get(slow.stage)
    if slow.left is None or slow.left < _LITTLE or limit is None or limit.remedy is None:
        return None
    if setup.kind == "ray" and limit.kind != "server" and not slow.ready:
        return None  # another worker would find nothing to do
    return f"{slow.stage} is the slowest: {_queue(slow, setup, limit)}{limit.remedy}"


def _queue(slow: Numbers, setup: Setup, limit: Limit) -> str:
    left = f"about {clock(slow.left or 0)} left; "
    if limit.kind == "server":
        return f"it waits for its server, {left}"
    if setup.kind == "local":
        return left
    workers = f"{slow.busy} busy worker{'s' * (slow.busy != 1)}"
    return f"{_shards(slow.ready)} for {workers}, {left}"


def _shards(count: int) -> str:
    return "1 shard waits" if count == 1 else f"{count} shards wait"


def _on_stillness(slow: Numbers, setup: Setup, still: float) -> str | None:
    limit = setup.limits.get(slow.stage, Limit("driver"))
    since = f"nothing has moved for {clock(still)}: {slow.stage} "
    if limit.kind == "batch":
        return f"{since}waits for its batches, which may take a day; nothing sent is lost"
    if limit.kind == "server":
        return f"{since}waits for its server; see whether that answers"
    if limit.kind == "driver":
        return None
    if setup.kind == "local":
        return (
            f"{since}is at the same clips; Ctrl-C and the same command go on from here, and "
            "--engine ray replaces workers that hang"
        )
    if slow.workers == 0:
        return f"{since}has no worker yet; `ray status` shows what the cluster has room for"
    return (
        f"{since}is at the same clips; a worker that is silent for {clock(setup.patience)} "
        "(engine.patience) is replaced"
    )


def _limit(work: Stage, settings: EngineSettings, processors: int) -> Limit:
    """Return what a stage waits for: a server, the driver, GPUs or processors."""
    llm = getattr(work, "llm", None)
    if isinstance(work, SideBySide) and isinstance(llm, LlmSettings):
        return _model_limit(llm, "judge.llm" if work.name == "judge" else "llm")
    if not isinstance(work, Work):
        return Limit("driver")
    experts: Sequence[Any] = getattr(work, "experts", ())
    asking = next((one for one in experts if hasattr(one, "base_url")), None)
    if asking is not None:
        setting = f"experts.{asking.role}.concurrency ({asking.concurrency})"
        return Limit("server", f"raise {setting} if the server can take more")
    gpu = isinstance(work, OnGpu) and work.uses_gpu
    if settings.kind == "local":
        more = processors > settings.threads
        every = f"--engine ray would use all {processors} processors{' and every GPU' * gpu}"
        return Limit("gpu" if gpu else "processor", every if more else None)
    chain = work.name.partition("-")[0]
    pool = settings.pools.get(chain, PoolSettings())
    if gpu:
        share = f"engine.pools.{chain}.gpus: {(pool.gpus or 1) / 2:g}"
        return Limit("gpu", f"more GPUs, or more workers on each ({share}), would help", share)
    cpus = settings.threads if pool.cpus is None else pool.cpus
    share = "engine.threads: 1" if pool.cpus is None else f"engine.pools.{chain}.cpus: 1"
    smaller = f" (or {share})" if cpus > 1 else ""
    return Limit("processor", f"more processors{smaller} would help", share if cpus > 1 else "")


def _model_limit(llm: LlmSettings, section: str) -> Limit:
    if llm.mode == "batch":
        return Limit("batch")
    given = [
        f"{section}.{name} ({getattr(llm, name)})"
        for name in ("requests_per_minute", "tokens_per_minute", "concurrency")
        if getattr(llm, name) is not None
    ]
    return Limit("server", f"raise {', '.join(given)} if it can take more")
