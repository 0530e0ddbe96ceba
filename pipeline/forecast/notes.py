"""What a forecast takes for granted, and what it leaves out, in plain lines."""

from collections.abc import Iterator, Sequence

from auricle.pipeline.config import Config
from auricle.pipeline.engine.chain import Chain
from auricle.pipeline.engine.work import Stage
from auricle.pipeline.forecast.parts import Cost, Tokens, Wanted
from auricle.pipeline.forecast.sample import Sample
from auricle.pipeline.writing import ModelWork

_WIDE = 0.25
"""The share of the total from which an interval is called wide."""


def notes(
    config: Config,
    wanted: Wanted,
    works: Sequence[Stage],
    stages: Sequence[Cost],
    tokens: Sequence[Tokens],
    sample: Sample | None,
) -> list[str]:
    """Return what to bear in mind, one sentence or two a line."""
    return [
        *_of_stages(stages, sample),
        *_of_gpus(works, stages, wanted),
        *(_of_sample(config, wanted, works, stages, sample) if sample else ()),
        *_of_models(works, tokens, sample),
    ]


def _of_stages(stages: Sequence[Cost], sample: Sample | None) -> Iterator[str]:
    yield "not counted: starting the workers and loading their models, once a worker"
    driver = [cost.stage for cost in stages if cost.by == "driver" and cost.seconds is None]
    if driver:
        yield f"not timed: {', '.join(driver)}, which one process does when all else is done"
    unknown = [cost.stage for cost in stages if cost.by == "workers" and cost.seconds is None]
    if unknown:
        yield f"nothing is known of {', '.join(unknown)}: state speeds, or name a sample"
    if sample is None:
        yield "disk and tokens are known only from a sample"


def _of_gpus(works: Sequence[Stage], stages: Sequence[Cost], wanted: Wanted) -> Iterator[str]:
    using = {work.name for work in works if getattr(work, "uses_gpu", False)}
    if wanted.cpus and not wanted.gpus and using:
        yield f"without GPUs {_and(sorted(using))} run on processors: was that measured so?"
    if any(cost.gpus and cost.measured for cost in stages):
        yield "GPU-hours are of such GPUs as the sample was made with"


def _of_sample(
    config: Config,
    wanted: Wanted,
    works: Sequence[Stage],
    stages: Sequence[Cost],
    sample: Sample,
) -> Iterator[str]:
    gates: dict[str, float] = {}
    for work in works:
        if isinstance(work, Chain) and work.name not in wanted.speeds:
            gates.update(sample.asked(work))
    shares = [f"{share:.0%} of its clips for {gate}" for gate, share in gates.items()]
    opened = f"; gates opened to {_and(shares)}" if shares else ""
    yield f"the whole set is taken to be like the sample{opened}"
    unsure = [cost.stage for cost in stages if cost.measured and cost.spread is None]
    if unsure:
        yield f"too few clips to say how sure {_and(unsure)} are"
    wide = [cost.stage for cost in stages if cost.spread and cost.spread > _WIDE]
    if wide:
        yield "the intervals are wide: four times as many clips halve them"
    changed = list(_changes(config, sample.config))
    if changed:
        yield f"the sample was made with other settings: {', '.join(changed)}"


def _of_models(
    works: Sequence[Stage], tokens: Sequence[Tokens], sample: Sample | None
) -> Iterator[str]:
    took = {each.stage: each for each in tokens}
    for work in works:
        if not isinstance(work, ModelWork) or sample is None:
            continue
        if work.name not in took:
            yield f"tokens of {work.name} are not known: the sample has none"
        elif took[work.name].measured_with != work.llm.model:
            yield (
                f"tokens of {work.name} are those of {took[work.name].measured_with}; a model that "
                "reasons longer takes several times as many"
            )
        if work.llm.mode == "batch":
            yield f"{work.name} is sent in batches, which take as long as the provider likes"
        elif work.name in took and took[work.name].latency is None:
            yield f"no journal of {work.name} is left to tell how long an answer takes"
    if any(each.latency for each in tokens):
        yield "a server answers later under more load than the sample's"


def _changes(config: Config, other: Config) -> Iterator[str]:
    """Yield the settings that differ and may change what a clip takes."""
    for section in ("ingest", "caption", "qa", "judge", "score"):
        new, old = (each.model_dump()[section] for each in (config, other))
        for name in new:
            if new[name] != old[name] and name not in ("shard_clips", "llm", "seed"):
                yield f"{section}.{name} {old[name]}"
    for role in config.roles():
        if role in other.roles() and config.expert_settings(role) != other.expert_settings(role):
            yield f"experts.{role} {other.expert_settings(role) or 'at its defaults'}"
    for name in ("threads", "batch_clips"):
        if getattr(config.engine, name) != getattr(other.engine, name):
            yield f"engine.{name} {getattr(other.engine, name)}"


def _and(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
