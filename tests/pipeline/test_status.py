"""How far a dataset is and what is wrong with it, told by the ends of its files."""

from collections import Counter
from pathlib import Path

import pytest
from fakes import MADE, fill
from moto_server import s3_server

from auricle.pipeline.dataset import Dataset, Fingerprint, Summary
from auricle.pipeline.status import Problem, TableStatus, clear, problems, status
from auricle.schemas.annotation import Events, Vad
from auricle.schemas.errors import UserError

NAMES = [[f"r{shard}{i}_0_1" for i in range(3)] for shard in range(3)]


def annotated(uri: str) -> Dataset:
    """Make three shards of clips; two have events, of which the second has errors."""
    data = Dataset(uri)
    fill(data, NAMES)
    good, bad = NAMES[:2]
    data.write("events", 0, [Events(clip_id=name) for name in good], MADE)
    rows = [
        Events.failed(bad[0], "expert_failed", "ValueError: yes"),
        Events.failed(bad[1], "expert_failed", "ValueError: no"),
        Events.skipped(bad[2], "no_music"),
    ]
    data.write("events", 1, rows, MADE)
    for table, needs in (("clips", {}), ("events", {"clips": "x"})):
        data.sign(table, Fingerprint(provenance=MADE, settings={}, needs=needs))
    return data


@pytest.fixture
def data(tmp_path: Path) -> Dataset:
    return annotated(str(tmp_path / "set"))


def test_status_counts_shards_and_how_rows_ended(data: Dataset) -> None:
    clips, events = status(data)
    assert clips == TableStatus("clips", 3, pending=0, rows=9, ok=9, skipped=0, errors=0)
    assert events == TableStatus("events", 2, pending=1, rows=6, ok=3, skipped=1, errors=2)


def test_rows_that_are_out_are_told_by_reason_with_the_first_of_them(data: Dataset) -> None:
    failed = Problem("events", "error", "expert_failed", 2, NAMES[1][0], "ValueError: yes")
    assert problems(data) == [failed]
    skipped = Problem("events", "skipped", "no_music", 1, NAMES[1][2], "")
    assert problems(data, ("error", "skipped")) == [failed, skipped]


def test_shards_in_which_all_is_well_are_not_read_for_problems(data: Dataset) -> None:
    spoil(data, "events", 0)
    assert [problem.rows for problem in problems(data)] == [2]
    spoil(data, "events", 1)
    with pytest.raises((UserError, OSError)):
        problems(data)


def test_only_the_end_of_a_file_is_read_to_tell_how_its_rows_ended(data: Dataset) -> None:
    spoil(data, "events", 1)
    assert data.summary("events", 1)[:3] == (0, 1, 2)
    assert data.count("events", 1) == 3


def test_a_summary_far_from_the_end_of_its_file_is_found(data: Dataset) -> None:
    long = MADE.model_copy(update={"settings_hash": "long " * 10_000})
    data.write(
        "vad", 0, [Vad(clip_id="a"), Vad.failed("b", "expert_failed", "")], long, seconds=2.5
    )
    assert data.summary("vad", 0) == Summary(ok=1, error=1, seconds=2.5)


def test_a_text_that_looks_like_a_summary_is_none(data: Dataset) -> None:
    said = 'auricle.summary\x18\x0b{"ok": 999}\x00'
    data.write("vad", 0, [Vad.failed("a", "expert_failed", f"\x0f{said}")], MADE)
    assert data.summary("vad", 0)[:3] == (0, 0, 1)


def test_a_half_file_is_named(data: Dataset) -> None:
    path = Path(data.path("events", 1))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UserError, match=r"events/shard-00001\.parquet: not a Parquet file"):
        status(data)


def test_rows_with_a_reason_are_made_again_and_their_neighbours_stay(data: Dataset) -> None:
    assert clear(data, "expert_failed") == ["events"]
    assert data.shards("events") == [0]
    with pytest.raises(UserError, match="no error has the reason expert_failed; there are none"):
        clear(data, "expert_failed")


def test_a_place_without_a_dataset_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no dataset here"):
        status(Dataset(str(tmp_path)))


def test_an_object_store_is_asked_for_the_size_and_the_end_of_each_file() -> None:
    with s3_server() as server:
        data = annotated(server.uri("bucket/set"))
        server.asked.clear()
        events = status(data)[-1]
        asked = Counter(method for method, path in server.asked if "events/shard" in path)
        assert asked == {"HEAD": 2, "GET": 2}
        assert (events.ok, events.skipped, events.errors) == (3, 1, 2)
        assert [problem.rows for problem in problems(data)] == [2]


def spoil(data: Dataset, table: str, shard: int) -> None:
    """Overwrite the rows of a shard; what its footer tells stays."""
    path = Path(data.path(table, shard))
    content = path.read_bytes()
    rows = len(content) - int.from_bytes(content[-8:-4], "little") - 8
    path.write_bytes(b"PAR1" + b"\xff" * (rows - 4) + content[rows:])
