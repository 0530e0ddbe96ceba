"""Training a probe: labels from a table, vectors from a dataset, a linear head into a folder."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from auricle.experts.probe import ProbeCard, write_probe
from auricle.pipeline.dataset import Dataset
from auricle.pipeline.probe_fit import fit, held_out
from auricle.schemas.errors import UserError

_TABLE = "embedding"
_IDS = ("clip_id", "recording_id")


class _Labels(NamedTuple):
    """Label and group by the id of a clip or of a recording."""

    of_clips: bool
    given: dict[str, tuple[str, str | None]]


class _Examples(NamedTuple):
    """Labelled vectors: [N, values], and for each its label and its group."""

    vectors: NDArray[np.float64]
    labels: list[str]
    groups: list[str]
    kind: str | None


def train(
    labels: str, uri: str, column: str, out: str, group: str | None = None, l2: float = 10.0
) -> ProbeCard:
    """Fit a linear head on the embeddings of a dataset and write it into a folder.

    Args:
        labels: a Parquet file with `clip_id` or `recording_id` and the labels.
        uri: the dataset, annotated with the role embedding.
        column: the column of the labels; rows without one are left out.
        out: the folder to write.
        group: a column that says what must not be split between fitting and measuring, such as
            the speaker; without one it is the recording.
        l2: strength of the penalty on large weights.

    Returns:
        What `probe.json` says. The head is fitted on every clip, its accuracy and temperature come
        from heads fitted without a fifth of the groups.

    Raises:
        UserError: the table or the dataset lacks what is needed, or there are too few examples.
    """
    if l2 <= 0:
        raise UserError(f"l2 is {l2}; it is more than 0")
    told = _read_labels(labels, column, group)
    data = Dataset(uri)
    shards = data.shards(_TABLE)
    if not shards:
        raise UserError(f"{uri} has no embeddings; auricle annotate {uri} makes them")
    found = _examples(data, shards, told)
    names, classes = np.unique(found.labels, return_inverse=True)
    _, groups = np.unique(found.groups, return_inverse=True)
    by = group or "recording_id"
    if len(names) < 2 or groups.max(initial=0) < 1:
        raise UserError(
            f"{labels}: {len(found.labels)} clips of {uri} have a label and a vector, with "
            f"{len(names)} labels and {len(set(found.groups))} values of {by}; a probe needs two "
            "of each"
        )
    known = tuple(map(str, names))
    held, temperature = held_out(found.vectors, classes, groups, known, l2)
    card = ProbeCard(
        column=column,
        labels=known,
        counts=tuple(map(int, np.bincount(classes))),
        groups=int(groups.max()) + 1,
        dimensions=found.vectors.shape[1],
        embedding=found.kind,
        provenance=data.provenance(_TABLE, shards[0]),
        l2=l2,
        temperature=temperature,
        held_out_by=by,
        **held._asdict(),
    )
    write_probe(Path(out), card, fit(found.vectors, classes, known, l2))
    return card


def _read_labels(path: str, column: str, group: str | None) -> _Labels:
    try:
        names = pq.read_schema(path).names
    except (OSError, pa.ArrowInvalid) as error:
        raise UserError(f"{path}: cannot read this table of labels: {error}") from None
    ids = [name for name in _IDS if name in names]
    missing = [name for name in (column, group) if name and name not in names]
    if not ids or missing:
        wanted = missing[0] if missing else " or ".join(_IDS)
        raise UserError(f"{path}: there is no column {wanted}; there are {', '.join(names)}")
    wanted_columns = list(dict.fromkeys(name for name in (ids[0], column, group) if name))
    told: dict[str, tuple[str, str | None]] = {}
    for row in pq.read_table(path, columns=wanted_columns).to_pylist():
        if row[ids[0]] is None or row[column] is None:
            continue
        given = (str(row[column]), str(row[group]) if group else None)
        if told.setdefault(str(row[ids[0]]), given) != given:
            raise UserError(f"{path}: {ids[0]} {row[ids[0]]} has two labels")
    return _Labels(ids[0] == _IDS[0], told)


def _examples(data: Dataset, shards: list[int], told: _Labels) -> _Examples:
    vectors, labels, groups, kinds = [], [], [], set()
    for clip_id, recording_id, vector, kind in _vectors(data, shards):
        given = told.given.get(clip_id if told.of_clips else recording_id)
        if given is None:
            continue
        vectors.append(vector)
        labels.append(given[0])
        groups.append(given[1] or recording_id)
        kinds.add(kind)
    if len(kinds) > 1:
        raise UserError(f"{data.storage.uri}: vectors of several kinds: {sorted(map(str, kinds))}")
    return _Examples(np.array(vectors), labels, groups, next(iter(kinds), None))


def _vectors(
    data: Dataset, shards: list[int]
) -> Iterator[tuple[str, str, NDArray[np.float64], str | None]]:
    """Yield clip, recording, vector and its kind, of each clip that has one."""
    for shard in shards:
        clips = data.table("clips", shard, ["clip_id", "recording_id"]).to_pydict()
        of = dict(zip(clips["clip_id"], clips["recording_id"], strict=True))
        rows = data.table(_TABLE, shard, ["clip_id", "status", "vector", "kind"])
        vectors: Any = rows.column("vector").combine_chunks()
        others = rows.drop_columns(["vector"]).to_pylist()
        for index, row in enumerate(others):
            if row["status"] == "ok":
                vector = vectors[index].values.to_numpy(zero_copy_only=False)
                yield row["clip_id"], of[row["clip_id"]], vector, row["kind"]
