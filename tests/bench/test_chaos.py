"""A run whose processes are killed at random moments ends with the rows of an undisturbed one."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
OFF = (
    "scene", "embedding", "diarization", "traits", "voice", "emotion", "language", "transcript",
    "quality", "music", "rhythm", "reverb", "degradations",
)  # fmt: skip


@pytest.mark.parametrize(("engine", "kills"), [("local", 2), ("ray", 1)])
def test_a_run_that_is_killed_again_and_again_ends_with_the_same_rows(
    tmp_path, engine, kills
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name in ("tabla-loop.opus", "felicidades.ogg", "lumberjack.ogg", "chronicles.mp3"):
        (source / name).write_bytes((ROOT / "samples" / name).read_bytes())
    config = {
        "ingest": {"shard_clips": 1, "clip_seconds": 5},
        "engine": {"threads": 1},
        "experts": {"tags": {"backend": "events"}, **{role: {"backend": "off"} for role in OFF}},
    }
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    command = [sys.executable, "bench/chaos.py", str(source), "--engine", engine, "--seed", "3"]
    command += ["--config", str(tmp_path / "config.yaml"), "--kills", str(kills), "--longest", "3"]
    done = subprocess.run(
        [*command, "--corrupt", "0.25"], capture_output=True, text=True, cwd=ROOT, timeout=400
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 of 4 files are corrupt" in done.stdout
    assert "kill 1" in done.stdout
    assert "0 differences; 0 finished shards made again" in done.stdout
