"""The experts as a table: what each backend needs, weighs and may be used for."""

import inspect
from typing import Any, NamedTuple

from auricle.experts import models
from auricle.experts.base import Expert
from auricle.experts.catalogue import AUTO, EXPERTS, PROFILES
from auricle.pipeline.extras import extra_of
from auricle.pipeline.licences import remark


class ExpertRow(NamedTuple):
    """A backend of a role. Memory is in GB; `weights` are names with their licences.

    `extra` brings the packages that it needs, but for those in `by_hand`, which no extra brings.
    """

    role: str
    backend: str
    profiles: tuple[str, ...]
    gate: str
    needs: tuple[str, ...]
    code: str
    weights: tuple[str, ...]
    extra: str
    by_hand: tuple[str, ...]
    memory: float
    gpu_memory: float
    about: str


def expert_table() -> list[ExpertRow]:
    """Return a row for every backend of every role, with its default settings."""
    return [
        _row(role, backend, kind())
        for role, backends in EXPERTS.items()
        for backend, kind in backends.items()
    ]


def first_line(thing: object) -> str:
    """Return the first paragraph of a docstring, in one line."""
    return " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())


def _row(role: str, backend: str, expert: Expert[Any]) -> ExpertRow:
    weights = tuple(_with_licence(models.listing(ref)) for ref in expert.models)
    if hasattr(expert, "base_url"):
        weights = ("what the server has",)
    extras = {package: extra_of(package) for package in expert.packages}
    return ExpertRow(
        role=role,
        backend=backend,
        profiles=tuple(name for name in PROFILES if _uses(name, role, backend)),
        gate=expert.gate,
        needs=tuple(expert.needs),
        code=expert.code_licence,
        weights=weights,
        extra=max((extra for extra in extras.values() if extra), key=_breadth, default=""),
        by_hand=tuple(package for package, extra in extras.items() if extra is None),
        memory=expert.memory,
        gpu_memory=expert.gpu_memory,
        about=first_line(type(expert)),
    )


def _with_licence(model: models.Listing) -> str:
    told = remark(model.licence)
    return f"{model.name} ({model.licence}{f', {told}' if told else ''})"


def _uses(profile: str, role: str, backend: str) -> bool:
    if role == "signal":
        return True
    chosen = next((r[role] for r in PROFILES[profile].values() if role in r), None)
    return chosen == backend or (chosen == "auto" and backend in AUTO[role])


def _breadth(extra: str) -> int:
    """Order extras so that one which brings more than another comes after it."""
    return ("lite", "llm", "full").index(extra) if extra in ("lite", "llm", "full") else 3
