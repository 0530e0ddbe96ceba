"""What the commands about models do: list, fetch, verify, bundle, and train a probe."""

from collections.abc import Sequence
from pathlib import Path

from auricle.experts import models as store
from auricle.pipeline.commands import profile_change
from auricle.pipeline.config import Config, load_config
from auricle.pipeline.plan import get_model
from auricle.pipeline.probe import train
from auricle.pipeline.stages import experts_of
from auricle.pipeline.terminal import beside, console, print_json, print_rows
from auricle.schemas.errors import UserError


def models_list(as_json: bool) -> None:
    """Print the models of the lock file."""
    found = store.catalogue()
    if as_json:
        print_rows(
            [{**row._asdict(), "found": row.found and str(row.found)} for row in found], True
        )
        return
    rows = [
        {
            "name": row.name,
            "MB": None if row.size is None else round(row.size / 1e6, 1),
            "licence": row.licence,
            "is": ", ".join(
                word
                for word, true in (
                    ("here", row.found),
                    ("pinned", row.pinned),
                    ("gated", row.gated),
                )
                if true
            ),
            "what": row.about,
        }
        for row in found
    ]
    print_rows(rows, False, beneath=("licence", "what"))


def models_fetch(
    names: Sequence[str], config: str | None, profile: str | None, as_json: bool
) -> None:
    """Fetch models by name, or all that a configuration uses."""
    rows = []
    for name in names or _models_of(load_config(config, profile_change(profile))):
        get_model(name, beside(as_json))
        rows.append({"name": name, "path": str(store.find(name))})
        if not as_json:
            console.print(f"{name}: {store.find(name)}", soft_wrap=True)
    if as_json:
        print_rows(rows, True)


def models_bundle(folder: str, names: Sequence[str], as_json: bool) -> None:
    """Copy models by name, or all that are here, into a folder."""
    wanted = list(names) or [row.name for row in store.catalogue() if row.found]
    store.bundle(wanted, Path(folder))
    if as_json:
        print_json({"folder": folder, "models": wanted})
    else:
        console.print(f"use them there with AURICLE_MODELS={folder}", soft_wrap=True)


def models_verify(names: Sequence[str], as_json: bool) -> None:
    """Check models against the lock file; a wrong byte is an error."""
    wrong, rows = [], []
    for name in names or [row.name for row in store.catalogue() if row.found]:
        found = store.verify(name)
        wrong += [f"{name}: {problem}" for problem in found]
        rows.append({"name": name, "problems": found})
        if not as_json:
            console.print(f"{name}: {'; '.join(found) or 'right'}", soft_wrap=True)
    if as_json:
        print_rows(rows, True)
    if wrong:
        raise UserError(f"{wrong[0]}; delete it and run `auricle models fetch`")


def probe_train(
    labels: str, uri: str, column: str, out: str, group: str | None, l2: float, as_json: bool
) -> None:
    """Train a probe and print how well it does on what it was not fitted on."""
    card = train(labels, uri, column, out, group, l2)
    if as_json:
        print_json({"folder": out, **card.model_dump(mode="json")})
        return
    counts = ", ".join(
        f"{count} {name}" for name, count in zip(card.labels, card.counts, strict=True)
    )
    console.print(f"clips: {counts}", soft_wrap=True)
    console.print(
        f"right on clips of an unseen {card.held_out_by}: {card.accuracy:.3f} "
        f"(mean over the labels {card.balanced_accuracy:.3f}; "
        f"always the most frequent label {card.baseline:.3f})",
        soft_wrap=True,
    )
    console.print(f"use it with experts.ROLE: {{backend: probe, model: {out}}}", soft_wrap=True)


def _models_of(config: Config) -> list[str]:
    """Return the models of a configuration, also those that `auto` may choose."""
    wanted, spare = experts_of(config)
    return list(dict.fromkeys(ref for expert in (*spare, *wanted) for ref in expert.models))
