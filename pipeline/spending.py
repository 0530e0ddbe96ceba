"""What the texts of a dataset took: requests, tokens and money, by table and model."""

from typing import NamedTuple

import pyarrow.compute as pc

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.tables import WRITTEN

_COLUMNS = ("model", "requests", "prompt_tokens", "completion_tokens", "cost", "marks")


class Spending(NamedTuple):
    """The sums of one table; `usd` is null where the model has no price."""

    table: str
    model: str
    rows: int
    requests: int
    prompt_tokens: int
    completion_tokens: int
    usd: float | None
    marked: int


def spending(data: Dataset) -> list[Spending]:
    """Return what each table that a model wrote took; rows that ask for nothing are left out.

    It is what led to the rows. What journals hold beside (answers to other prompts, say) counts in
    budgets and not here.
    """
    sums: dict[tuple[str, str], list[float]] = {}
    priced: set[tuple[str, str]] = set()
    for table in WRITTEN:
        for shard in data.shards(table):
            rows = data.table(table, shard, _COLUMNS)
            rows = rows.filter(pc.greater(rows["requests"], 0))
            for model in rows["model"].unique().to_pylist():
                if model is None:
                    continue
                own = rows.filter(pc.equal(rows["model"], model))
                marked = pc.sum(pc.greater(pc.list_value_length(own["marks"]), 0)).as_py() or 0
                numbers = [pc.sum(own[name]).as_py() or 0 for name in _COLUMNS[1:5]]
                key = (table, model)
                if pc.any(pc.is_valid(own["cost"])).as_py():
                    priced.add(key)
                total = sums.setdefault(key, [0.0] * 6)
                for i, value in enumerate([own.num_rows, *numbers, marked]):
                    total[i] += value
    return [
        Spending(
            table=table,
            model=model,
            rows=int(total[0]),
            requests=int(total[1]),
            prompt_tokens=int(total[2]),
            completion_tokens=int(total[3]),
            usd=total[4] if (table, model) in priced else None,
            marked=int(total[5]),
        )
        for (table, model), total in sums.items()
    ]
