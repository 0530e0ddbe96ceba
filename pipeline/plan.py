"""What a run will do before it does it: backends chosen, weights fetched, old shards checked."""

from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn

from auricle.experts import models
from auricle.experts.catalogue import AUTO, EXPERTS
from auricle.pipeline.config import Config
from auricle.pipeline.dataset import Dataset, Fingerprint
from auricle.pipeline.engine.chain import Chain
from auricle.pipeline.engine.work import Stage
from auricle.pipeline.stages import STAGES, expert, scoring, works
from auricle.schemas.errors import MissingModel, UserError


def choose_backends(config: Config, saved: Config | None, console: Console) -> Config:
    """Return the configuration with every `auto` decided: the best whose weights can be had.

    A dataset keeps the choice it was begun with.
    """
    experts = dict(config.experts)
    for role, backend in config.roles().items():
        if backend == "auto":
            kept = saved.roles().get(role, "auto") if saved else "auto"
            backend = kept if kept != "auto" else _choose(role, console)
            experts[role] = {**experts.get(role, {}), "backend": backend}
    return config.model_copy(update={"experts": experts})


def fetch_models(config: Config, console: Console) -> None:
    """Fetch the weights that the configuration's experts need and that are not there yet.

    Raises:
        MissingModel: weights that cannot be had.
    """
    for role in config.roles():
        for ref in expert(config, role).models:
            get_model(ref, console)


def fetch_scorer(config: Config, console: Console) -> None:
    """Fetch the weights of the scorer, if there is one.

    Raises:
        MissingModel: they cannot be had.
    """
    score = scoring(config)
    for ref in score.models if score else ():
        get_model(ref, console)


def get_model(ref: str, console: Console) -> None:
    """Find a model's weights, or fetch them, saying so and showing how far it is.

    Raises:
        MissingModel: they cannot be had.
    """
    try:
        models.find(ref)
    except MissingModel:
        console.print(f"fetching {ref}", highlight=False)
        quiet = not console.is_terminal
        columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn())
        with Progress(*columns, console=console, transient=True, disable=quiet) as bars:
            task = bars.add_task(ref, total=None)
            models.fetch(ref, lambda done, total: bars.update(task, completed=done, total=total))


def fingerprints(all_works: Sequence[Stage], data: Dataset | None = None) -> dict[str, Fingerprint]:
    """Return the fingerprint of every table that a run makes, in order.

    Weights that are not pinned tell by their files what they are. Where the files are gone, the
    tables that were made with them tell it, if `data` has them: captions can be written where
    the experts' weights are not.

    Raises:
        MissingModel: such weights are not here, nor are tables that were made with them.
    """
    made: dict[str, Fingerprint] = {}
    for work in all_works:
        digests = {table: fingerprint.digest for table, fingerprint in made.items()}
        try:
            made.update(work.fingerprints(digests))
        except MissingModel:
            for table in work.writes:
                kept = data.fingerprint(table) if data else None
                if kept is None:
                    raise
                made[table] = kept
    return made


def tables_of(config: Config, stage: str) -> list[str]:
    """Return the tables that a stage, a chain or a table of this name stands for.

    Raises:
        UserError: there is nothing of this name.
    """
    if stage in STAGES:
        return [table for work in works(config, stage) for table in work.writes]
    for work in works(config):
        if stage in work.writes:
            return [stage] if isinstance(work, Chain) else list(work.writes)
    if stage in config.chains():
        return list(config.chains()[stage])
    known = [*STAGES, *(table for work in works(config) for table in work.writes)]
    raise UserError(f"--redo {stage}: no such stage; there are {', '.join(known)}")


def with_dependents(made: dict[str, Fingerprint], tables: Sequence[str]) -> list[str]:
    """Return the tables and all that were made from them, in the order of the run."""
    chosen = set(tables)
    for table, fingerprint in made.items():
        if chosen & set(fingerprint.needs):
            chosen.add(table)
    return [table for table in made if table in chosen]


def check(data: Dataset, made: dict[str, Fingerprint], redo: Sequence[str]) -> None:
    """Refuse to mix new shards with old ones that were made otherwise.

    Args:
        data: the dataset.
        made: what the run would make.
        redo: tables that are to be made again anyway.

    Raises:
        UserError: says what changed, what would be recomputed and how.
    """
    changed = {}
    for table, new in made.items():
        old = data.fingerprint(table)
        if old and old.digest != new.digest and table not in redo:
            changed[table] = _difference(old, new)
    causes = {table: why for table, why in changed.items() if why}
    if changed:
        first = next(iter(causes), next(iter(changed)))
        affected = [table for table in with_dependents(made, list(changed)) if table != first]
        raise UserError(
            f"{data.storage.uri}: {first} was made with other settings "
            f"({causes.get(first) or 'what it was made from has changed'}); to make it again, and "
            f"with it {', '.join(affected) or 'nothing else'}: --redo {first}"
        )


def _choose(role: str, console: Console) -> str:
    *better, last = AUTO[role]
    for backend in better:
        try:
            for ref in EXPERTS[role][backend]().models:
                get_model(ref, console)
        except MissingModel as error:
            console.print(f"{role}: using {last}, since {error}", highlight=False, soft_wrap=True)
        else:
            return backend
    return last


def _difference(old: Fingerprint, new: Fingerprint) -> str:
    """Say what differs in a table's own making; empty when only what it needs differs."""
    said = []
    if old.provenance.backend != new.provenance.backend:
        said.append(f"backend {old.provenance.backend}, now {new.provenance.backend}")
    for name in sorted({*old.settings, *new.settings}):
        before, now = old.settings.get(name), new.settings.get(name)
        if before != now:
            said.append(f"{name} {before}, now {now}")
    if old.provenance.prompt_hash != new.provenance.prompt_hash:
        said.append("another prompt")
    before_models = {use.name: use.sha256 for use in old.provenance.models}
    for use in new.provenance.models:
        if before_models.get(use.name) != use.sha256:
            said.append(f"weights of {use.name}")
    return "; ".join(said)
