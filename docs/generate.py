"""Write the parts of the docs that come from the code: `python docs/generate.py [--check]`."""

import sys
from pathlib import Path

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


def pages() -> dict[Path, str]:
    """Return the generated pages by path."""
    where = "\n".join(
        f"| `{table.folder}/` | [{table.record.__name__}](#{table.record.__name__.lower()}) |"
        for table in TABLES.values()
    )
    index = f"| folder | record |\n|---|---|\n{where}\n\n"
    records = [*(table.record for table in TABLES.values()), Provenance]
    return {DOCS / "columns.md": _COLUMNS + index + columns_markdown(records)}


def main() -> None:
    """Write the pages, or fail with the name of one that is out of date."""
    for path, content in pages().items():
        if "--check" not in sys.argv:
            path.write_text(content, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != content:
            sys.exit(f"{path.name} is out of date: run python docs/generate.py")


if __name__ == "__main__":
    main()
