"""Write the parts of the docs that come from the code: `python docs/generate.py [--check]`."""

import sys
from pathlib import Path

from auricle.experts import models
from auricle.experts.catalogue import EXPERTS
from auricle.pipeline.expert_table import ExpertRow, expert_table, first_line
from auricle.pipeline.licences import remark
from auricle.pipeline.tables import TABLES
from auricle.schemas.arrow import columns_markdown
from auricle.schemas.base import Provenance

DOCS = Path(__file__).parent

_COLUMNS = """# Columns

Every table of a dataset, in the order of the run. This page is generated from `schemas/`; run
`python docs/generate.py` after changing a record. A dataset's folder holds one Parquet shard a
table and number: `annotations/tags/shard-00000.parquet` has the tags of the clips in
`clips/shard-00000.parquet`, row by row. Times are seconds from the start of the clip.

"""

_EXPERTS = """# Experts

Every role, its record, and the backends that can fill it. This page is generated from the code:
run `python docs/generate.py` after changing an expert. A configuration chooses with
`experts: {ROLE: {backend: NAME}}`; a profile's choice is the default, and `off` leaves a role out.
`auricle doctor --config FILE` says what is missing for a configuration.

- *gate*: clips outside get a row that says `skipped`. *needs*: the roles whose rows it is told.
- *RAM*, *GPU*: gigabytes that a worker needs for it; experts of a chain share a worker where the
  sum fits (`engine.gigabytes`, `engine.gpu_gigabytes`). GPU experts also run on a processor.
- *extra*: `pip install "auricle[EXTRA]"`.

"""

_BACKENDS = (
    "| backend | what it is | profile | gate | needs | extra | RAM | GPU | code | weights |\n"
    "|---|---|---|---|---|---|---|---|---|---|"
)

_WEIGHTS = """## Weights

Pinned weights are taken only if their hash is right; of others the hash of what was used is in
the provenance. Gated ones are given out by the hub after their terms are accepted there, with a
token in `HF_TOKEN`.

| name | what | licence | from | pinned | gated |
|---|---|---|---|---|---|
"""


def pages() -> dict[Path, str]:
    """Return the generated pages by path."""
    where = "\n".join(
        f"| `{table.folder}/` | [{table.record.__name__}](#{table.record.__name__.lower()}) |"
        for table in TABLES.values()
    )
    index = f"| folder | record |\n|---|---|\n{where}\n\n"
    records = [*(table.record for table in TABLES.values()), Provenance]
    return {
        DOCS / "columns.md": _COLUMNS + index + columns_markdown(records),
        DOCS / "experts.md": _EXPERTS + _roles() + _WEIGHTS + _weights(),
    }


def _roles() -> str:
    rows = expert_table()
    sections = []
    for role in EXPERTS:
        record = TABLES[role].record
        name = f"[{record.__name__}](columns.md#{record.__name__.lower()})"
        lines = [_backend(row) for row in rows if row.role == role]
        head = f"## {role}\n\n{name}: {first_line(record)}"
        sections.append("\n".join([head, "", _BACKENDS, *lines, ""]))
    return "\n".join([*sections, ""])


def _backend(row: ExpertRow) -> str:
    cells = (
        f"`{row.backend}`",
        row.about,
        ", ".join(row.profiles),
        row.gate if row.gate != "none" else "",
        ", ".join(row.needs),
        " and ".join(filter(None, [row.extra, *(f"`pip install {name}`" for name in row.by_hand)])),
        f"{row.memory:g}",
        f"{row.gpu_memory:g}" if row.gpu_memory else "",
        _flagged(row.code),
        "<br>".join(row.weights),
    )
    return f"| {' | '.join(cells)} |"


def _weights() -> str:
    lines = []
    for model in models.catalogue():
        pinned, gated = ("yes" if flag else "" for flag in (model.pinned, model.gated))
        cells = (f"`{model.name}`", model.about, _flagged(model.licence), model.source)
        lines.append(f"| {' | '.join([*cells, pinned, gated])} |\n")
    return "".join(lines)


def _flagged(licence: str) -> str:
    told = remark(licence)
    return f"{licence}: **{told}**" if told else licence


def main() -> None:
    """Write the pages, or fail with the name of one that is out of date."""
    for path, content in pages().items():
        if "--check" not in sys.argv:
            path.write_text(content, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != content:
            sys.exit(f"{path.name} is out of date: run python docs/generate.py")


if __name__ == "__main__":
    main()
