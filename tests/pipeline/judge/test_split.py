"""The split keeps together what belongs together, and never changes its mind."""

from typing import Any

import pyarrow as pa

from auricle.pipeline.judge.split import deal, group
from auricle.pipeline.stage_settings import SplitSettings

COUNT = 3000


def clips(count: int = COUNT, **columns: Any) -> pa.Table:
    """Return clips, three a recording, all of which pass."""
    known: dict[str, Any] = {
        "clip_id": [f"r{i // 3}_{i % 3}" for i in range(count)],
        "recording_id": [f"r{i // 3}" for i in range(count)],
        "uploader": pa.nulls(count, pa.string()),
        "near": pa.nulls(count, pa.string()),
        "passed": [True] * count,
        "whole": [True] * count,
        "license": ["CC-BY-3.0"] * count,
        "domain": ["S00"] * count,
        "language": ["en"] * count,
        "speech": [True] * count,
        "music": [False] * count,
        "sound": [False] * count,
        "before": pa.nulls(count, pa.bool_()),
    }
    made = pa.table({**known, **columns})
    return made.cast(pa.schema([(f.name, f.type) for f in made.schema]))


def sides(table: pa.Table, **settings: Any) -> dict[str, str | None]:
    rows = deal(table, SplitSettings.model_validate(settings)).to_pylist()
    return {row["clip_id"]: row["split"] for row in rows}


def test_all_clips_of_a_recording_are_on_one_side() -> None:
    found: dict[str, set[str | None]] = {}
    for clip, side in sides(clips(), benchmark=0.2).items():
        found.setdefault(clip.split("_")[0], set()).add(side)
    assert all(len(each) == 1 for each in found.values())
    assert {side for each in found.values() for side in each} == {"train", "benchmark"}


def test_the_share_is_about_what_was_asked() -> None:
    found = list(sides(clips(), benchmark=0.2).values())
    assert 0.16 < found.count("benchmark") / len(found) < 0.24


def test_adding_data_moves_no_recording() -> None:
    few, many = sides(clips(300), benchmark=0.2), sides(clips(), benchmark=0.2)
    assert all(many[clip] == side for clip, side in few.items())


def test_a_larger_share_only_moves_recordings_into_the_benchmark() -> None:
    small, large = sides(clips(), benchmark=0.1), sides(clips(), benchmark=0.3)
    assert {c for c, s in small.items() if s == "benchmark"} < {
        c for c, s in large.items() if s == "benchmark"
    }


def test_another_seed_deals_anew() -> None:
    assert sides(clips()) != sides(clips(), seed=1)


def test_no_share_means_no_benchmark_and_all_means_all() -> None:
    assert set(sides(clips(), benchmark=0.0).values()) == {"train"}
    assert set(sides(clips(), benchmark=1.0).values()) == {"benchmark"}


def test_recordings_that_share_sound_are_never_torn_apart() -> None:
    near = [None] * COUNT
    for first in range(0, COUNT - 300, 60):  # chains of recordings, each sharing with the next
        near[first + 2] = near[first + 3] = f"x{first}"
        near[first + 5] = near[first + 33] = f"y{first}"
    table = clips(near=pa.array(near, pa.string()))
    found = sides(table, benchmark=0.3)
    for first in range(0, COUNT - 300, 60):
        recordings = {first // 3, first // 3 + 1, (first + 33) // 3}
        assert len({found[f"r{r}_{i}"] for r in recordings for i in range(3)}) == 1


def test_sound_shared_with_a_later_recording_never_takes_one_out_of_the_benchmark() -> None:
    before = sides(clips(300), benchmark=0.2)
    near: list[str | None] = [None] * COUNT
    for index in range(0, 300, 3):
        near[index] = near[300 + 9 * index] = f"c{index}"
    after = sides(clips(near=pa.array(near, pa.string())), benchmark=0.2)
    moved = {(before[clip], after[clip]) for clip in before if before[clip] != after[clip]}
    assert moved <= {("train", "benchmark")}


def test_uploaders_are_kept_together_when_asked() -> None:
    uploader = pa.array([f"u{i // 30}" for i in range(COUNT)])
    table = clips(uploader=uploader)
    found = sides(table, benchmark=0.3, by_uploader=True)
    for first in range(0, COUNT, 30):
        assert len({found[f"r{i // 3}_{i % 3}"] for i in range(first, first + 30)}) == 1
    apart = sides(table, benchmark=0.3)
    assert any(
        len({apart[f"r{i // 3}_{i % 3}"] for i in range(first, first + 30)}) > 1
        for first in range(0, COUNT, 30)
    )


def test_the_group_is_named_by_its_first_recording() -> None:
    near = [None] * COUNT
    near[4] = near[100] = "same"
    rows = deal(clips(near=pa.array(near, pa.string())), SplitSettings()).to_pylist()
    assert rows[100]["group"] == "r1"
    assert rows[0]["group"] == "r0"


def test_clips_that_did_not_pass_are_on_no_side_and_say_why() -> None:
    passed = [i % 5 != 0 for i in range(COUNT)]
    rows = deal(clips(passed=passed), SplitSettings(benchmark=0.5)).to_pylist()
    out = [row for row, fine in zip(rows, passed, strict=True) if not fine]
    assert {(row["split"], row["status"], row["reason"]) for row in out} == {
        (None, "skipped", "not_passed")
    }


def test_a_clip_with_a_text_that_is_out_trains_but_is_no_benchmark() -> None:
    whole = [i % 2 == 0 for i in range(COUNT)]
    rows = deal(clips(whole=whole), SplitSettings(benchmark=0.5)).to_pylist()
    doubtful = [row for row, fine in zip(rows, whole, strict=True) if not fine]
    assert {row["split"] for row in doubtful} == {"train", None}
    assert {row["reason"] for row in doubtful if row["split"] is None} == {"not_fit_for_benchmark"}


def test_the_benchmark_takes_only_the_licences_it_allows() -> None:
    licence = ["CC-BY-3.0" if i % 6 < 3 else "CC-BY-NC-4.0" for i in range(COUNT)]
    rows = deal(
        clips(license=licence), SplitSettings(benchmark=0.5, licenses=("CC-BY-3.0",))
    ).to_pylist()
    taken = {licence[i] for i, row in enumerate(rows) if row["split"] == "benchmark"}
    assert taken == {"CC-BY-3.0"}


QUOTA = {"domain": {"S00": 50, "0M0": 20}, "language": {"fr": 5}, "category": {"music": 15}}


def mixed(count: int = COUNT, **columns: Any) -> pa.Table:
    domain = ["S00" if i % 4 else "0M0" for i in range(count)]
    language = ["fr" if i % 7 == 0 else "en" for i in range(count)]
    music = [code == "0M0" for code in domain]
    return clips(count, domain=domain, language=language, music=music, **columns)


def test_a_quota_is_filled_and_never_passed() -> None:
    table = mixed()
    found = sides(table, benchmark=0.4, quota=QUOTA)
    rows = [row for row in table.to_pylist() if found[row["clip_id"]] == "benchmark"]
    assert sum(row["domain"] == "S00" for row in rows) == 50
    assert sum(row["language"] == "fr" for row in rows) == 5
    assert sum(row["music"] for row in rows) == 15


def test_who_is_in_the_benchmark_stays_when_data_is_added() -> None:
    few = sides(mixed(600), benchmark=0.4, quota=QUOTA)
    before = [few.get(f"r{i // 3}_{i % 3}") == "benchmark" for i in range(COUNT)]
    many = sides(mixed(before=before), benchmark=0.4, quota=QUOTA)
    assert {c for c, s in few.items() if s == "benchmark"} <= {
        c for c, s in many.items() if s == "benchmark"
    }


def test_who_is_over_the_quota_does_not_train() -> None:
    rows = deal(mixed(), SplitSettings.model_validate({"benchmark": 0.4, "quota": QUOTA}))
    unlimited = sides(mixed(), benchmark=0.4)
    for row in rows.to_pylist():
        if row["reason"] == "over_quota":
            assert unlimited[row["clip_id"]] == "benchmark"
            assert row["split"] is None
    assert "over_quota" in rows["reason"].to_pylist()


def test_groups_are_what_is_linked_and_nothing_else() -> None:
    near = pa.array(["a", None, None, "a", "b", None, "b", None, None], pa.string())
    assert group(clips(9, near=near), False).tolist() == [0] * 9
    near = pa.array(["a", None, None, "a", None, None, None, None, None], pa.string())
    found = group(clips(9, near=near), False)
    assert found[0] == found[3]
    assert found[0] != found[6]
