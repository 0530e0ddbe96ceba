"""How long a run takes: the times that it cannot end before, the largest of which it takes."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from auricle.pipeline.config import Config
from auricle.pipeline.engine.work import Stage
from auricle.pipeline.forecast.parts import Bound, Clock, Cost, Tokens, Wanted
from auricle.pipeline.forecast.spread import together
from auricle.pipeline.llm.settings import LlmSettings
from auricle.pipeline.writing import ModelWork
from auricle.schemas.errors import UserError


def clock(
    works: Sequence[Stage],
    stages: Sequence[Cost],
    tokens: Sequence[Tokens],
    clips: int,
    config: Config,
    wanted: Wanted,
) -> Clock:
    """Return how long a run takes.

    On a cluster the stages overlap, and so the scarcest thing decides. Without one a worker takes
    them one after the other, and the servers' time is added.
    """
    servers = [*_server_bounds(works, tokens), *_stated_bounds(stages, clips)]
    if wanted.cpus:
        machines = [*_machine_bounds(stages, wanted), _shard_bound(works, stages, clips, config)]
        main = max(bound.hours for bound in (*machines, *servers))
    else:
        machines = [_worker_bound(stages, clips)]
        main = machines[0].hours + max((bound.hours for bound in servers), default=0.0)
    bounds = [bound for bound in (*machines, *servers) if bound.hours]
    largest = max(bounds, key=lambda bound: bound.hours, default=machines[0])
    after = _alone(stages, clips)
    return Clock(
        bounds=bounds,
        after=after,
        hours=main + after,
        bottleneck=largest,
        half=list(dict.fromkeys(bound.half for bound in bounds if bound.hours > main / 2)),
    )


def _machine_bounds(stages: Sequence[Cost], wanted: Wanted) -> Iterator[Bound]:
    """Yield what there is to do, shared by what does it.

    Raises:
        UserError: workers want GPUs and there are none.
    """
    assert wanted.cpus
    cpus = {cost.stage: cost.cpu_hours for cost in stages}
    gpus = {cost.stage: cost.gpu_hours for cost in stages}
    yield Bound(
        "processors",
        sum(cpus.values()) / wanted.cpus,
        together((cost.cpu_hours, cost.spread) for cost in stages),
        f"{figure(sum(cpus.values()))} CPU-h / {wanted.cpus:g} processors",
        f"{2 * wanted.cpus:g} processors",
        *_most(cpus),
    )
    if any(gpus.values()):
        if not wanted.gpus:
            raise UserError("engine.pools gives workers GPUs: say with --gpus how many there are")
        yield Bound(
            "GPUs",
            sum(gpus.values()) / wanted.gpus,
            together((cost.gpu_hours, cost.spread) for cost in stages),
            f"{figure(sum(gpus.values()))} GPU-h / {wanted.gpus:g} GPUs",
            f"{2 * wanted.gpus:g} GPUs",
            *_most(gpus),
        )


def _worker_bound(stages: Sequence[Cost], clips: int) -> Bound:
    workers = [cost for cost in stages if cost.by == "workers"]
    each = {cost.stage: cost.seconds or 0.0 for cost in workers}
    return Bound(
        "one worker",
        clips * sum(each.values()) / 3600,
        together((cost.seconds or 0.0, cost.spread) for cost in workers),
        f"{clips:,} clips x {figure(sum(each.values()))} s of one worker",
        "a cluster (--cpus, --gpus)",
        *_most(each),
    )


def _shard_bound(
    works: Sequence[Stage], stages: Sequence[Cost], clips: int, config: Config
) -> Bound:
    """Return how long one shard takes from the first stage to the last, however many workers."""
    seconds = {cost.stage: cost.seconds or 0.0 for cost in stages if cost.by == "workers"}
    ready: dict[str, float] = defaultdict(float)
    for work in works:
        if work.name in seconds:
            end = max(ready[table] for table in work.reads) + seconds[work.name]
            ready.update(dict.fromkeys(work.writes, end))
    longest = max(ready.values(), default=0.0)
    size = min(clips, config.ingest.shard_clips)
    return Bound(
        "shard",
        size * longest / 3600,
        together((cost.seconds or 0.0, cost.spread) for cost in stages if cost.by == "workers"),
        f"one shard of {size:,} clips x {figure(longest)} s through its stages",
        f"ingest.shard_clips {max(1, size // 2)}",
    )


def _server_bounds(works: Sequence[Stage], tokens: Sequence[Tokens]) -> Iterator[Bound]:
    """Yield what the limits of each model allow; the writer's stages share theirs."""
    took = {each.stage: each for each in tokens}
    groups: dict[str, list[ModelWork]] = defaultdict(list)
    for work in works:
        if isinstance(work, ModelWork) and work.name in took:
            groups["judge.llm" if work.name == "judge" else "llm"].append(work)
    for name, group in groups.items():
        if group[0].llm.mode == "live":
            yield from _limits(name, group[0].llm, [took[work.name] for work in group])


def _limits(name: str, llm: LlmSettings, tokens: Sequence[Tokens]) -> Iterator[Bound]:
    requests = sum(each.requests for each in tokens)
    total = sum(each.prompt + each.completion for each in tokens)
    spread = together((each.prompt + each.completion, each.spread) for each in tokens)
    for limit, amount, what in (
        ("requests_per_minute", requests, "requests"),
        ("tokens_per_minute", total, "tokens"),
    ):
        most = getattr(llm, limit)
        if most:
            yield Bound(
                f"{name}.{limit}",
                amount / most / 60,
                spread,
                f"{figure(amount)} {what} / {most:,} a minute",
                f"{name}.{limit} {2 * most}",
            )
    waits = [each.requests * each.latency for each in tokens if each.latency is not None]
    if waits and requests:
        yield Bound(
            f"{name}.concurrency",
            sum(waits) / llm.concurrency / 3600,
            spread,
            f"{figure(requests)} requests x {figure(sum(waits) / requests)} s "
            f"/ {llm.concurrency} in flight",
            f"{name}.concurrency {2 * llm.concurrency} (if the server keeps up)",
        )


def _stated_bounds(stages: Sequence[Cost], clips: int) -> Iterator[Bound]:
    for cost in stages:
        if cost.by == "server" and cost.seconds:
            yield Bound(
                cost.stage,
                clips * cost.seconds / 3600,
                None,
                f"{clips:,} clips / {figure(1 / cost.seconds)} a second, as stated",
                f"a server for {cost.stage} twice as fast",
            )


def _alone(stages: Sequence[Cost], clips: int) -> float:
    """Return the hours of what the driver does when all else is done."""
    return clips * sum(cost.seconds or 0.0 for cost in stages if cost.by == "driver") / 3600


def _most(shares: Mapping[str, float]) -> tuple[str | None, float | None]:
    """Return the stage with the largest share, and the share."""
    total = sum(shares.values())
    if not total:
        return None, None
    name = max(shares, key=lambda each: shares[each])
    return name, shares[name] / total


def figure(value: float) -> str:
    """Return a number with three figures, as people write it."""
    if 0 < value < 0.001:
        return "<0.001"
    return f"{float(f'{value:.3g}'):,.0f}" if value >= 999.5 else f"{value:.3g}"
