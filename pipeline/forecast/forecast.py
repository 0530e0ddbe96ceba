"""What a run over many clips will take, from a sample that was measured or from stated speeds."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import replace

from auricle.experts.catalogue import AUTO
from auricle.pipeline.config import Config
from auricle.pipeline.engine.places import Nodes, need_of
from auricle.pipeline.engine.work import Stage, Work
from auricle.pipeline.forecast.clock import clock
from auricle.pipeline.forecast.notes import notes
from auricle.pipeline.forecast.parts import Cost, Forecast, Tokens, Wanted
from auricle.pipeline.forecast.sample import Sample
from auricle.pipeline.forecast.spread import together
from auricle.pipeline.llm.journal import FOLDER
from auricle.pipeline.llm.request import Usage
from auricle.pipeline.stages import Ingest, works
from auricle.pipeline.writing import ModelWork
from auricle.schemas.errors import UserError


def forecast(config: Config, wanted: Wanted, sample: Sample | None = None) -> Forecast:
    """Return what a run takes.

    Args:
        config: the settings of the run, with every backend decided (see `decided`).
        wanted: how much sound, on what, and the speeds that are stated rather than measured.
        sample: a dataset of some of the sound, made with the same configuration.

    Raises:
        UserError: neither sample nor speeds, a stage that there is not, or one the sample lacks.
    """
    all_works = works(config)
    _check(wanted, sample, [work.name for work in all_works])
    clips = _clips(config, wanted, sample)
    cluster = {"CPU": wanted.cpus, "GPU": wanted.gpus} if wanted.cpus else {"GPU": 1.0}
    stages = [_cost(work, config, clips, {"all": cluster}, wanted, sample) for work in all_works]
    tokens = list(_tokens(all_works, clips, wanted, sample))
    if sample and (exported := sample.folder_bytes_a_clip("exports")):
        stages.append(Cost("export", "driver", gigabytes=exported * clips / 1e9))
    time = clock(all_works, stages, tokens, clips, config, wanted)
    cpu_hours = sum(cost.cpu_hours for cost in stages)
    gpu_hours = sum(cost.gpu_hours for cost in stages)
    return Forecast(
        clips=clips,
        sample_clips=sample.clips if sample else None,
        sample_recordings=sample.recordings if sample else None,
        cpus=wanted.cpus,
        gpus=wanted.gpus,
        stages=stages,
        tokens=tokens,
        time=time,
        cpu_hours=cpu_hours,
        gpu_hours=gpu_hours,
        cpu_spread=together((cost.cpu_hours, cost.spread) for cost in stages),
        gpu_spread=together((cost.gpu_hours, cost.spread) for cost in stages),
        gigabytes=_total(cost.gigabytes for cost in stages),
        usd_tokens=_total(each.usd for each in tokens),
        usd_machines=_rent(wanted, time.hours, cpu_hours, gpu_hours),
        notes=notes(config, wanted, all_works, stages, tokens, sample),
    )


def decided(config: Config, saved: Config | None) -> Config:
    """Return a configuration with every `auto` decided: as the sample has it, else the best."""
    experts = dict(config.experts)
    for role, backend in config.roles().items():
        if backend == "auto":
            kept = saved.roles().get(role, "auto") if saved else "auto"
            best = AUTO[role][0] if kept == "auto" else kept
            experts[role] = {**experts.get(role, {}), "backend": best}
    return config.model_copy(update={"experts": experts})


def _check(wanted: Wanted, sample: Sample | None, stages: Sequence[str]) -> None:
    if sample is None and not wanted.speeds:
        raise UserError(
            "nothing to plan from: name a small dataset that was made with this configuration, "
            f"or state speeds: --speed {stages[0]}=CLIPS_PER_SECOND"
        )
    if sample is not None and not sample.clips:
        raise UserError(f"{sample.data.storage.uri}: no clips here to measure")
    for name, speed in wanted.speeds.items():
        if name not in stages:
            close = difflib.get_close_matches(name, stages, n=1)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(stages)}"
            raise UserError(f"--speed {name}: no such stage; {hint}")
        if not speed > 0:
            raise UserError(f"--speed {name}={speed:g}: a speed is more than 0 clips a second")
    if (wanted.clips is None) == (wanted.hours is None):
        raise UserError("say how much sound: either --clips N or --hours H")
    if wanted.gpus and not wanted.cpus:
        raise UserError("--gpus: say with --cpus how many processors the cluster has, too")


def _clips(config: Config, wanted: Wanted, sample: Sample | None) -> int:
    if wanted.clips is not None:
        return wanted.clips
    assert wanted.hours is not None
    an_hour = sample.clips_an_hour if sample else 3600 / config.ingest.clip_seconds
    return round(wanted.hours * an_hour)


def _cost(
    work: Stage,
    config: Config,
    clips: int,
    nodes: Nodes,
    wanted: Wanted,
    sample: Sample | None,
) -> Cost:
    """Return what a stage takes; nothing is known of the time of one that nobody timed."""
    name = work.name
    cost = Cost(name, "driver", gigabytes=_gigabytes(work, clips, sample))
    if isinstance(work, ModelWork):
        cost = replace(cost, by="server")
    elif isinstance(work, Work):
        need = need_of(work, config.engine, nodes).resources
        cpus, gpus = need.get("CPU", 0.0), need.get("GPU", 0.0)
        cost = replace(cost, by="workers", cpus=cpus, gpus=gpus)
    if name in wanted.speeds:
        cost = replace(cost, seconds=1 / wanted.speeds[name])
    elif sample and cost.by == "workers":
        took = sample.took(work)
        cost = replace(cost, measured=took.clips, seconds=took.seconds, spread=took.spread)
    hours = clips * (cost.seconds or 0.0) / 3600
    return replace(cost, cpu_hours=hours * cost.cpus, gpu_hours=hours * cost.gpus)


def _gigabytes(work: Stage, clips: int, sample: Sample | None) -> float | None:
    if sample is None:
        return None
    tables = ("sources", *work.writes) if isinstance(work, Ingest) else work.writes
    each = sample.bytes_a_clip(tables)
    if each is None:
        return None
    if isinstance(work, ModelWork):
        each += sample.folder_bytes_a_clip(f"{FOLDER}/{work.name}")
    return each * clips / 1e9


def _tokens(
    all_works: Sequence[Stage], clips: int, wanted: Wanted, sample: Sample | None
) -> Iterable[Tokens]:
    """Yield what models take; a stage whose speed is stated may be missing from the sample."""
    for work in all_works:
        if not isinstance(work, ModelWork) or sample is None:
            continue
        try:
            wrote = sample.wrote(work)
        except UserError:
            if work.name in wanted.speeds:
                continue
            raise
        prompt, completion = clips * wrote.prompt, clips * wrote.completion
        cached = prompt * (wrote.cached or 0.0)
        usd = Usage(round(prompt), round(completion), round(cached)).cost(work.llm.price)
        yield Tokens(
            stage=work.name,
            model=work.llm.model,
            measured_with=wrote.model,
            requests=clips * wrote.requests,
            prompt=prompt,
            completion=completion,
            spread=wrote.spread,
            latency=wrote.latency,
            usd=usd,
        )


def _total(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _rent(wanted: Wanted, hours: float, cpu_hours: float, gpu_hours: float) -> float | None:
    if wanted.cpu_price is None and wanted.gpu_price is None:
        return None
    held = (wanted.cpus * hours, wanted.gpus * hours) if wanted.cpus else (cpu_hours, gpu_hours)
    return held[0] * (wanted.cpu_price or 0.0) + held[1] * (wanted.gpu_price or 0.0)
