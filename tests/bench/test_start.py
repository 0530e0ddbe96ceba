"""The clock runs from the start of a command to its first shard."""

import sys
from pathlib import Path

import pytest
import start

WRITE = """
import pathlib, sys, time
time.sleep(0.3)
shard = pathlib.Path(sys.argv[1], "events", "shard-00000.parquet")
shard.parent.mkdir()
shard.touch()
time.sleep(60)
"""


def test_a_command_is_timed_to_its_first_shard_and_ended(tmp_path: Path) -> None:
    took = start.first_shard([sys.executable, "-c", WRITE, str(tmp_path)], tmp_path)
    assert 0.3 < took < 30


def test_a_command_that_makes_no_shard_is_no_measurement(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="ended with 3 and made no shard"):
        start.first_shard([sys.executable, "-c", "raise SystemExit(3)"], tmp_path)
