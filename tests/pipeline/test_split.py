"""The split keeps recordings together and never changes its mind."""

from auricle.pipeline.split import deal

CLIPS = [f"r{i // 3}_{i % 3}" for i in range(3000)]
RECORDINGS = [f"r{i // 3}" for i in range(3000)]


def test_all_clips_of_a_recording_are_on_one_side() -> None:
    sides: dict[str, set[str | None]] = {}
    for row in deal(CLIPS, RECORDINGS, 0.2, seed=0):
        sides.setdefault(str(row.group), set()).add(row.split)
    assert all(len(side) == 1 for side in sides.values())


def test_the_share_is_about_what_was_asked() -> None:
    rows = deal(CLIPS, RECORDINGS, 0.2, seed=0)
    assert 0.16 < sum(row.split == "benchmark" for row in rows) / len(rows) < 0.24


def test_adding_data_moves_no_recording() -> None:
    few = {row.clip_id: row.split for row in deal(CLIPS[:300], RECORDINGS[:300], 0.2, seed=0)}
    many = {row.clip_id: row.split for row in deal(CLIPS, RECORDINGS, 0.2, seed=0)}
    assert all(many[clip] == side for clip, side in few.items())


def test_a_larger_share_only_moves_recordings_into_the_benchmark() -> None:
    small = {row.clip_id for row in deal(CLIPS, RECORDINGS, 0.1, 0) if row.split == "benchmark"}
    large = {row.clip_id for row in deal(CLIPS, RECORDINGS, 0.3, 0) if row.split == "benchmark"}
    assert small < large


def test_another_seed_deals_anew() -> None:
    assert deal(CLIPS, RECORDINGS, 0.2, 0) != deal(CLIPS, RECORDINGS, 0.2, 1)


def test_no_share_means_no_benchmark_and_all_means_all() -> None:
    assert {row.split for row in deal(CLIPS, RECORDINGS, 0.0, 0)} == {"train"}
    assert {row.split for row in deal(CLIPS, RECORDINGS, 1.0, 0)} == {"benchmark"}
