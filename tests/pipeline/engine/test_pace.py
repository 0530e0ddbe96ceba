"""Workers get as long as their stage was seen to need, many times over."""

from auricle.pipeline.engine.pace import Pace


def test_before_anything_is_known_there_is_only_patience() -> None:
    pace = Pace(600.0)
    assert pace.longest_silence("hear") == 600.0
    assert pace.deadline("hear", 512, 0) is None


def test_silence_is_measured_by_the_longest_so_far_but_a_minute_is_never_too_long() -> None:
    pace = Pace(600.0)
    pace.heard("hear", 2.0)
    assert pace.longest_silence("hear") == 60.0
    pace.heard("hear", 10.0)
    pace.heard("hear", 1.0)
    assert pace.longest_silence("hear") == 200.0
    pace.heard("hear", 100.0)
    assert pace.longest_silence("hear") == 600.0


def test_a_shard_may_take_ten_times_what_its_clips_usually_take() -> None:
    pace = Pace(60.0)
    for _ in range(3):
        pace.finished("hear", 500, 100.0)
    assert pace.deadline("hear", 500, 0) == 1000.0
    assert pace.deadline("hear", 500, 2) == 4000.0
    assert pace.deadline("hear", 1, 0) == 60.0
    assert pace.deadline("speech", 500, 0) is None
