"""A forecast in words: a line a stage, then tokens, the time with its arithmetic, money."""

from textwrap import wrap

from auricle.pipeline.forecast.clock import figure
from auricle.pipeline.forecast.parts import Cost, Forecast, Tokens

_ROW = "{:<12} {:>10} {:>8} {:>6} {:>10} {:>10} {:>10}"


def told(made: Forecast) -> str:
    """Return a forecast as text of at most 80 columns, but for long names."""
    parts = [_head(made), _stages(made)]
    if made.tokens:
        parts.append(_tokens(made))
    parts += [_time(made), _money(made), _notes(made)]
    return "\n\n".join("\n".join(part) for part in parts if part)


def _head(made: Forecast) -> list[str]:
    if made.sample_clips is None:
        return [f"{made.clips:,} clips, from stated speeds"]
    return [
        f"{made.clips:,} clips, from a sample of {made.sample_clips:,} clips of "
        f"{made.sample_recordings:,} recordings"
    ]


def _stages(made: Forecast) -> list[str]:
    head = _ROW.format("stage", "measured", "s/clip", "±", "CPU-h", "GPU-h", "GB")
    total = _ROW.format(
        "total",
        "",
        "",
        _percent(made.cpu_spread),
        figure(made.cpu_hours),
        figure(made.gpu_hours) if made.gpu_hours else "-",
        _or_dash(made.gigabytes),
    )
    return [head, *map(_stage, made.stages), total]


def _stage(cost: Cost) -> str:
    known = cost.seconds is not None and cost.by == "workers"
    measured = f"{cost.measured:,}" if cost.measured else "stated" if cost.seconds else "-"
    return _ROW.format(
        cost.stage,
        cost.by if cost.by == "server" and not cost.seconds else measured,
        _or_dash(cost.seconds),
        _percent(cost.spread),
        figure(cost.cpu_hours) if known else "-",
        figure(cost.gpu_hours) if known and cost.gpus else "-",
        _or_dash(cost.gigabytes),
    )


def _tokens(made: Forecast) -> list[str]:
    row = "{:<12} {:>13} {:>13} {:>13} {:>6} {:>10}"
    head = row.format("texts", "requests", "tokens in", "tokens out", "±", "USD")
    return [head, *(_texts(row, each) for each in made.tokens)]


def _texts(row: str, each: Tokens) -> str:
    counts = (figure(count) for count in (each.requests, each.prompt, each.completion))
    return row.format(each.stage, *counts, _percent(each.spread), _or_dash(each.usd))


def _time(made: Forecast) -> list[str]:
    time, most = made.time, made.time.bottleneck
    where = f"{made.cpus:g} processors" if made.cpus else "one worker, stage after stage"
    gpus = f" and {made.gpus:g} GPUs" if made.gpus else ""
    lines = [f"time on {where}{gpus}"]
    said = [f"{bound.arithmetic} = {_hours(bound.hours)}" for bound in time.bounds]
    if time.after:
        said.append(f"one process at the end, as stated: {_hours(time.after)}")
    wide = f" (95 %: ± {_percent(most.spread)})" if most.spread else ""
    share = f", {most.share:.0%} of it {most.mostly}" if most.share else ""
    said.append(f"in all {_hours(time.hours)}{wide}; what decides: {most.name}{share}")
    if time.half:
        said.append(f"half of it takes {' and '.join(time.half)}")
    return [*lines, *(line for each in said for line in _wrapped(each, "  "))]


def _money(made: Forecast) -> list[str]:
    lines = []
    if made.usd_machines is not None:
        held = (
            f"{made.cpus:g} processors and {made.gpus:g} GPUs for {_hours(made.time.hours)}"
            if made.cpus
            else f"{figure(made.cpu_hours)} CPU-h and {figure(made.gpu_hours)} GPU-h"
        )
        lines.append(f"  {held} = {figure(made.usd_machines)} USD")
    if made.usd_tokens is not None:
        lines.append(f"  tokens = {figure(made.usd_tokens)} USD")
    if len(lines) == 2:
        total = (made.usd_machines or 0.0) + (made.usd_tokens or 0.0)
        lines.append(f"  in all {figure(total)} USD")
    return ["money", *lines] if lines else []


def _notes(made: Forecast) -> list[str]:
    return [
        "taken for granted",
        *(line for note in made.notes for line in _wrapped(note, "- ")),
    ]


def _wrapped(text: str, first: str) -> list[str]:
    return wrap(text, 80, initial_indent=first, subsequent_indent="  ")


def _hours(hours: float) -> str:
    """Return a length of time in the unit that people would choose."""
    if hours < 1:
        return f"{figure(hours * 60)} min"
    return f"{figure(hours)} h" if hours < 72 else f"{figure(hours)} h ({figure(hours / 24)} days)"


def _percent(share: float | None) -> str:
    return f"{share:.0%}" if share is not None else "-"


def _or_dash(value: float | None) -> str:
    return "-" if value is None else figure(value)
