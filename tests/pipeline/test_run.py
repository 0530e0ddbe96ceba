"""Runs resume, never mix, and end with the same data however often they are killed."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pytest
import soundfile
from conftest import ROOT, auricle
from fakes import tone

from auricle.pipeline.compare import differences
from auricle.pipeline.dataset import Dataset


def same(one: Path, other: Path) -> None:
    """Assert that two datasets hold the same rows in the same shards, floats within 1e-5."""
    assert list(differences(Dataset(str(one)), Dataset(str(other)))) == []


@pytest.fixture
def tones(tmp_path) -> Path:
    folder = tmp_path / "tones"
    folder.mkdir()
    for i in range(4):
        soundfile.write(folder / f"tone{i}.wav", tone(1.5 + i, 0.1 * (i + 1)), 16_000)
    return folder


@pytest.fixture
def job(tmp_path) -> str:
    path = tmp_path / "job.yaml"
    path.write_text("ingest: {shard_clips: 2}\nexperts: {tags: {backend: events}}\n")
    return str(path)


def modified(dataset: Path) -> dict[str, int]:
    files = dataset.rglob("shard-*.parquet")
    return {str(p.relative_to(dataset)): p.stat().st_mtime_ns for p in files}


def test_a_second_run_recomputes_nothing(tones, tmp_path, job) -> None:
    out = tmp_path / "set"
    assert auricle("run", str(tones), "--out", str(out), "--config", job).returncode == 0
    before = modified(out)
    again = auricle("run", str(tones), "--out", str(out))
    assert again.returncode == 0, again.stderr
    assert modified(out) == before


def test_a_missing_shard_alone_is_made_again(tones, tmp_path, job) -> None:
    out = tmp_path / "set"
    auricle("run", str(tones), "--out", str(out), "--config", job)
    before = modified(out)
    (out / "annotations" / "vad" / "shard-00001.parquet").unlink()
    assert auricle("annotate", str(out)).returncode == 0
    changed = {name for name, when in modified(out).items() if before.get(name) != when}
    assert changed == {"annotations/vad/shard-00001.parquet"}


def test_new_files_in_the_folder_join_without_touching_the_old(tones, tmp_path, job) -> None:
    out = tmp_path / "set"
    auricle("run", str(tones), "--out", str(out), "--config", job)
    before = modified(out)
    soundfile.write(tones / "another.wav", tone(2.0), 16_000)
    done = auricle("run", str(tones), "--out", str(out))
    assert "5 sources, 1 of them new" in done.stdout
    after = modified(out)
    assert {name: after[name] for name in before} == before
    assert Dataset(str(out)).count("clips", max(Dataset(str(out)).shards("clips"))) == 1


def test_a_dataset_inside_the_folder_of_sound_does_not_eat_itself(tones, job) -> None:
    for _ in range(2):
        done = auricle("run", str(tones), "--out", str(tones / "set"), "--config", job)
        assert done.returncode == 0, done.stderr
        assert "4 sources" in done.stdout
        assert "errors:" not in done.stdout


def test_a_folder_that_holds_something_else_is_no_place_for_a_dataset(tones, job) -> None:
    done = auricle("run", str(tones), "--out", str(tones), "--config", job)
    assert done.returncode == 2
    assert "not a dataset, and not empty (it holds tone0.wav)" in done.stderr
    assert sorted(path.name for path in tones.iterdir()) == [f"tone{i}.wav" for i in range(4)]


def test_changed_settings_never_mix_with_old_shards(tones, tmp_path, job) -> None:
    out = tmp_path / "set"
    auricle("run", str(tones), "--out", str(out), "--config", job)
    done = auricle("run", str(tones), "--out", str(out), "--clip-seconds", "2")
    assert done.returncode == 2
    assert "clip_seconds 10.0, now 2.0" in done.stderr
    assert "--redo" in done.stderr
    before = modified(out)
    redone = auricle(
        "run", str(tones), "--out", str(out), "--clip-seconds", "2", "--redo", "ingest"
    )
    assert redone.returncode == 0, redone.stderr
    assert sum(Dataset(str(out)).count("clips", s) for s in Dataset(str(out)).shards("clips")) > 4
    assert not set(before.values()) & set(modified(out).values())


def test_redo_makes_a_stage_and_what_depends_on_it_again_and_nothing_else(
    tones, tmp_path, job
) -> None:
    out = tmp_path / "set"
    auricle("run", str(tones), "--out", str(out), "--config", job)
    before = modified(out)
    assert auricle("run", str(tones), "--out", str(out), "--redo", "music").returncode == 0
    changed = {
        name.rsplit("/", 1)[0] for name, when in modified(out).items() if before[name] != when
    }
    texts = {"captions", "qa"}
    judged = {"scores/support", "prints", "duplicates", "verdicts", "splits"}
    assert changed == {"annotations/music"} | texts | judged


def test_stages_one_by_one_end_like_one_run(tones, tmp_path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    auricle("run", str(tones), "--out", str(whole))
    assert auricle("ingest", str(tones), "--out", str(parts)).returncode == 0
    for stage in ("annotate", "caption", "qa", "score", "verify", "split", "export"):
        done = auricle(stage, str(parts))
        assert done.returncode == 0, (stage, done.stderr)
    same(whole, parts)
    assert (parts / "exports" / "parquet" / "stage.json").exists()


def test_errors_can_be_tried_again(tones, tmp_path, job) -> None:
    (tones / "zzz.wav").write_bytes(b"")
    out = tmp_path / "set"
    done = auricle("run", str(tones), "--out", str(out), "--config", job)
    assert done.returncode == 0
    assert "1 empty_file in recordings" in done.stdout
    found = json.loads(auricle("errors", str(out), "--json").stdout)
    assert [(line["reason"], line["rows"]) for line in found] == [("empty_file", 1)]
    soundfile.write(tones / "zzz.wav", tone(2.0), 16_000)
    assert auricle("errors", str(out), "--retry", "empty_file").returncode == 0
    assert json.loads(auricle("errors", str(out), "--json").stdout) == []
    unknown = auricle("errors", str(out), "--retry", "empty_file")
    assert (unknown.returncode, "no error has the reason" in unknown.stderr) == (2, True)


def test_a_run_killed_at_any_moment_ends_with_the_same_data(demo, samples, tmp_path) -> None:
    out = tmp_path / "set"
    command = [sys.executable, "-m", "auricle.pipeline.cli", "run", str(samples), "--out", str(out)]
    dice = random.Random(7)
    for _ in range(4):
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(dice.uniform(1.0, 12.0))
        process.send_signal(signal.SIGKILL)
        process.wait()
    done = auricle("run", str(samples), "--out", str(out))
    assert done.returncode == 0, done.stderr
    same(demo, out)
    assert not [p for p in out.rglob(".*.part") if "exports" not in str(p)]


def test_both_engines_end_with_the_same_data(demo, samples, tmp_path) -> None:
    out = tmp_path / "set"
    done = auricle("run", str(samples), "--out", str(out), "--engine", "ray")
    assert done.returncode == 0, done.stdout + done.stderr
    same(demo, out)
    exported = [
        pa.parquet.read_table(p).num_rows for p in sorted(out.rglob("exports/**/*.parquet"))
    ]
    sides = Dataset(str(out)).table("split", 0, ["split"])["split"]
    assert sum(exported) == len(sides) - sides.null_count > 20


def test_a_terminated_run_says_how_to_go_on(samples, tmp_path) -> None:
    out = tmp_path / "set"
    process = subprocess.Popen(
        [sys.executable, "-m", "auricle.pipeline.cli", "run", str(samples), "--out", str(out)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 143
    assert error.strip() == "auricle: stopped; the same command goes on from here"
