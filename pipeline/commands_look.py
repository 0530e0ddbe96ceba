"""What the commands do that look at a dataset, and at what this machine can run."""

from auricle.pipeline import run as running
from auricle.pipeline.commands import configure, profile_change, say_end
from auricle.pipeline.config import load_config
from auricle.pipeline.dataset import Dataset
from auricle.pipeline.doctor import doctor as examine
from auricle.pipeline.engine.lease import hold
from auricle.pipeline.expert_table import expert_table
from auricle.pipeline.prompt_show import prompt_of
from auricle.pipeline.report.figures import figures
from auricle.pipeline.report.stats_view import stats_view
from auricle.pipeline.show import captions_table, captions_view, clip_report, clip_view
from auricle.pipeline.status import clear, problems
from auricle.pipeline.status import status as table_status
from auricle.pipeline.terminal import beside, console, print_json, print_rows
from auricle.pipeline.text.lint import lines
from auricle.pipeline.text.lint import lint as measure
from auricle.pipeline.watch import watch as follow
from auricle.schemas.errors import UserError


def status(uri: str, as_json: bool, watch: bool = False) -> None:
    """Print how far each table is, or follow the run that works on the dataset.

    Raises:
        UserError: there is no dataset, or it is to be followed as JSON.
    """
    if watch and as_json:
        raise UserError("--watch shows a table; a run tells JSON with --progress json")
    if watch:
        follow(Dataset(uri), console)
        return
    lines = table_status(Dataset(uri))
    print_rows(lines, as_json)


def errors(uri: str, retry: str | None, skipped: bool, as_json: bool) -> None:
    """Print why rows are out; with `retry`, work again on those with one reason before."""
    data = Dataset(uri)
    if retry is not None:
        out = beside(as_json)
        with hold(data.storage, out.print):
            cleared = clear(data, retry)
        out.print(f"working again on {', '.join(cleared)}", soft_wrap=True)
        running.run(data, configure(data, {}, None), out)
        say_end(data, out)
        if not as_json:
            return
    found = problems(data, ("error", "skipped") if skipped else ("error",))
    if not found and not as_json:
        console.print("no errors")
        return
    print_rows(found, as_json, beneath=("example", "detail"))


def stats(uri: str, as_json: bool) -> None:
    """Print the figures of a dataset.

    Raises:
        UserError: there is no dataset here.
    """
    told = figures(Dataset(uri))
    if as_json:
        print_json(told.as_json())
    else:
        console.print(stats_view(told))


def show(uri: str, clip: str | None, as_json: bool) -> None:
    """Print everything known of one clip, or the captions of all."""
    data = Dataset(uri)
    if as_json:
        known = clip_report(data, clip) if clip else [c._asdict() for c in captions_table(data)]
        print_json(known)
    else:
        console.print(clip_view(data, clip) if clip else captions_view(data))


def lint(target: str, as_json: bool) -> None:
    """Print how often texts have the faults that such sets are known for."""
    report = measure(target)
    if as_json:
        print_json(report.as_json())
    else:
        print_rows(lines(report), False)


def prompt_show(uri: str, clip: str, task: str, config: str | None, as_json: bool) -> None:
    """Print what a model would be told of a clip."""
    data = Dataset(uri)
    told = prompt_of(data, configure(data, {"config": config}, None), clip, task)
    if as_json:
        print_json(told._asdict())
        return
    for message in told.messages:
        console.print(f"--- {message['role']}", style="bold cyan")
        console.print(message["content"], soft_wrap=True)
    console.print(f"--- {told.tokens:,} tokens ({told.counted_by})", style="bold cyan")


def experts(as_json: bool) -> None:
    """Print the table of experts."""
    rows = expert_table()
    if as_json:
        print_rows(rows, True)
        return
    short = [
        {
            "role": row.role,
            "backend": row.backend,
            "profile": ", ".join(row.profiles),
            "extra": row.extra,
            "GB": row.memory,
            "GPU": row.gpu_memory or None,
            "code": row.code,
            "weights": ", ".join(row.weights),
        }
        for row in rows
    ]
    print_rows(short, False, beneath=("weights",))
    console.print("more: docs/experts.md, or --json")


def doctor(config: str | None, profile: str | None, as_json: bool) -> None:
    """Print what a configuration lacks here.

    Raises:
        UserError: a run would fail.
    """
    found = examine(load_config(config, profile_change(profile)))
    print_rows(found, as_json, beneath=("detail",))
    wrong = [finding for finding in found if finding.state == "fails"]
    if wrong:
        raise UserError(
            f"the run would fail: {', '.join(dict.fromkeys(finding.what for finding in wrong))}"
        )
