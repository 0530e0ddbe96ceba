"""What an exported Parquet set holds, counted from its files."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from auricle.pipeline.counting import counted
from auricle.pipeline.engine.storage import Storage

_COLUMNS = (
    "duration", "qa", "consistency", "support", "domain", "language", "transcript", "license",
)  # fmt: skip
NONE = "none"


@dataclass
class Tally:
    """What a split holds; `supported` adds up the support of the `claiming` clips that have one."""

    files: list[str] = field(default_factory=list)
    clips: int = 0
    seconds: float = 0.0
    bytes: int = 0
    questions: int = 0
    scored: int = 0
    transcripts: int = 0
    supported: float = 0.0
    claiming: int = 0
    domains: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    licences: Counter[str] = field(default_factory=Counter)

    def add(self, rows: pa.Table) -> None:
        """Count some rows."""
        self.clips += rows.num_rows
        self.seconds += pc.sum(rows["duration"]).as_py() or 0.0
        self.questions += pc.sum(pc.list_value_length(rows["qa"])).as_py() or 0
        self.scored += rows.num_rows - rows["consistency"].null_count
        self.transcripts += rows.num_rows - rows["transcript"].null_count
        self.supported += pc.sum(rows["support"]).as_py() or 0.0
        self.claiming += rows.num_rows - rows["support"].null_count
        for column, counts in (
            ("domain", self.domains),
            ("language", self.languages),
            ("license", self.licences),
        ):
            counts.update(counted(pc.fill_null(rows[column], NONE)))


def tallies(storage: Storage, folder: str, splits: tuple[str, ...]) -> dict[str, Tally]:
    """Return what each split holds; one without clips is not there."""
    found = {split: Tally() for split in splits}
    for name in storage.names(folder):
        split = name.rsplit("-", 1)[0]
        if not name.endswith(".parquet") or split not in found:
            continue
        tally = found[split]
        tally.files.append(name)
        with storage.open(f"{folder}/{name}") as stream, pq.ParquetFile(stream) as file:
            told = file.metadata
            groups = (told.row_group(i) for i in range(told.num_row_groups))
            tally.bytes += sum(int(group.total_byte_size) for group in groups)
            tally.add(file.read(columns=list(_COLUMNS)))
    return {split: tally for split, tally in found.items() if tally.clips}


def total(splits: Mapping[str, Tally], key: str) -> Counter[str]:
    """Return one of the counts of a tally over all splits."""
    return sum((getattr(tally, key) for tally in splits.values()), Counter[str]())
