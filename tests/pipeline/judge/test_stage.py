"""A whole run over sound that repeats: copies are found, and train never meets benchmark."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import soundfile
import yaml
from checkpoints.clap import clap
from conftest import auricle
from duplicates import COPIES, read

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.report.figures import figures
from auricle.pipeline.report.sections import sections
from auricle.schemas.decision import Consistency, Duplicate, Print, Split, Verdict

_OFF = (
    "diarization", "traits", "voice", "emotion", "language", "transcript", "quality", "music",
    "rhythm", "reverb", "degradations", "embedding",
)  # fmt: skip
_KINDS = ("12 dB softer", "MP3 64k", "shifted 1000 samples", "middle 60 %")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, samples: Path) -> Path:
    """Every sample, and four of them again, each as a copy of another kind."""
    place = tmp_path_factory.mktemp("repeats") / "sound"
    place.mkdir()
    rows = []
    sounds = list(read(samples, 20))
    for index, (name, sound) in enumerate(sounds):
        stem = Path(name).stem
        soundfile.write(place / f"{stem}.wav", sound, 16_000)
        licence = "CC BY 3.0" if index % 2 else "CC-BY-NC-4.0"
        rows.append({"path": f"{stem}.wav", "license": licence, "uploader": f"u{index % 3}"})
    for (name, sound), kind in zip(sounds[1:], _KINDS, strict=False):
        stem = f"again-{Path(name).stem}"
        soundfile.write(place / f"{stem}.flac", COPIES[kind](sound), 16_000)
        rows.append({"path": f"{stem}.flac", "license": "CC0-1.0", "uploader": "other"})
    with (place / "manifest.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["path", "license", "uploader"])
        writer.writeheader()
        writer.writerows(rows)
    return place


def config(place: Path, **settings: Any) -> str:
    told: dict[str, Any] = {
        "ingest": {"shard_clips": 6},
        "experts": {"tags": {"backend": "events"}, **{role: {"backend": "off"} for role in _OFF}},
        "split": {"benchmark": 0.5},
        **settings,
    }
    path = place / "config.yaml"
    path.write_text(yaml.safe_dump(told))
    return str(path)


@pytest.fixture(scope="module")
def out(folder: Path) -> Path:
    made = folder.parent / "set"
    done = auricle("run", str(folder), "--out", str(made), "--config", config(folder.parent))
    assert done.returncode == 0, done.stdout + done.stderr
    return made


def rows(out: Path, record: Any) -> dict[str, Any]:
    data = Dataset(str(out))
    return {row.clip_id: row for shard in data.shards("clips") for row in data.rows(record, shard)}


def of(found: dict[str, Any], name: str) -> list[Any]:
    return [row for clip, row in found.items() if clip.startswith(name)]


def test_every_planted_copy_is_found_and_out_and_says_of_what(folder: Path, out: Path) -> None:
    copies = sorted(path.stem for path in folder.glob("again-*"))
    assert len(copies) == len(_KINDS)
    near, verdicts = rows(out, Duplicate), rows(out, Verdict)
    for copy in copies:
        original = copy.removeprefix("again-")
        first = min(row.clip_id for row in of(near, original))
        assert {row.near for row in of(near, copy)} == {row.near for row in of(near, original)}
        out_for = [against for row in of(verdicts, copy) + of(verdicts, original)
                   for against in row.against if against.rule == "duplicate"]  # fmt: skip
        assert len(out_for) == 1
        assert first.split("-")[0] in (out_for[0].detail or "")


def test_what_belongs_together_is_on_one_side(folder: Path, out: Path) -> None:
    sides = rows(out, Split)
    for copy in (path.stem for path in folder.glob("again-*")):
        both = of(sides, copy) + of(sides, copy.removeprefix("again-"))
        assert len({row.group for row in both}) == 1
        assert len({row.split for row in both} - {None}) <= 1
    done = auricle("leakage", str(out), "--json")
    told = {leak["what"]: leak["shared"] for leak in json.loads(done.stdout)}
    assert (told["recordings"], told["samples"], told["sound"]) == (0, 0, 0)


def test_every_stage_has_one_row_a_clip(out: Path) -> None:
    data = Dataset(str(out))
    clips = [c for s in data.shards("clips") for c in data.table("clips", s)["clip_id"].to_pylist()]
    for record in (Print, Duplicate, Verdict, Split):
        assert list(rows(out, record)) == clips


def test_verify_prints_the_funnel_and_that_nothing_was_scored(out: Path) -> None:
    done = auricle("verify", str(out))
    assert done.returncode == 0, done.stderr
    assert "same_sound" in done.stdout
    assert "consistency not scored" in done.stdout
    told = json.loads(auricle("verify", str(out), "--json").stdout)
    assert told["scored"] == 0
    assert told["clips"] - told["passed"] == len(_KINDS)


def test_every_export_reopens_with_its_readers_own_library(out: Path) -> None:
    pytest.importorskip("lhotse")
    pytest.importorskip("webdataset")
    done = auricle("export", str(out), "--format", "all", "--check")
    assert done.returncode == 0, done.stderr
    for name in ("parquet", "webdataset", "mecat", "mdl", "swift", "nemo", "lhotse", "meralion"):
        assert f"{name}  " in done.stdout
    again = auricle("export", str(out), "--format", "wav")
    assert again.returncode == 2
    assert "no such format" in again.stderr


def test_new_sound_moves_nobody_and_changes_no_old_verdict(folder: Path, out: Path) -> None:
    before = {clip: (row.split, row.group) for clip, row in rows(out, Split).items()}
    verdicts = {clip: row.passed for clip, row in rows(out, Verdict).items()}
    with (folder / "manifest.csv").open("a", newline="") as file:
        for index in range(3):
            sound, rate = soundfile.read(next(folder.glob("novel*.wav")), dtype="float32")
            soundfile.write(folder / f"new{index}.wav", sound[index * 9999 :][:40_000], rate)
            csv.writer(file).writerow([f"new{index}.wav", "CC0-1.0", "new"])
    done = auricle("run", str(folder), "--out", str(out))
    assert done.returncode == 0, done.stderr
    after = rows(out, Split)
    assert len(after) == len(before) + 3
    moved = {
        clip for clip, told in before.items() if (after[clip].split, after[clip].group) != told
    }
    assert {after[clip].split for clip in moved} <= {"benchmark", None}
    assert {clip: rows(out, Verdict)[clip].passed for clip in verdicts} == verdicts


def test_licences_that_are_not_allowed_are_out_when_the_verdict_is_made_again(
    folder: Path, out: Path
) -> None:
    changed = config(folder.parent, verify={"licenses": ["CC-BY-3.0", "CC0-1.0"]})
    refused = auricle("verify", str(out), "--config", changed)
    assert refused.returncode == 2
    assert "--redo verdict" in refused.stderr
    done = auricle("verify", str(out), "--config", changed, "--redo", "verify")
    assert done.returncode == 0, done.stderr
    assert "licence_not_allowed" in done.stdout
    for row in rows(out, Verdict).values():
        assert (row.license == "CC-BY-NC-4.0") == any(a.rule == "licence" for a in row.against)


def test_with_a_scorer_every_text_is_scored_and_chance_passes_as_often_as_asked(
    folder: Path, out: Path
) -> None:
    pytest.importorskip("transformers")
    weights = folder.parent / "clap"
    clap(weights)
    score = {"scorer": "clap", "model": str(weights), "controls": 4, "device": "cpu"}
    changed = config(folder.parent, score=score, verify={"false_accept": 0.2})
    done = auricle("run", str(folder), "--out", str(out), "--config", changed, "--redo", "verify")
    assert done.returncode == 0, done.stderr
    scored = rows(out, Consistency)
    assert {row.status for row in scored.values()} == {"ok"}
    told = json.loads(auricle("calibrate", str(out), "--json").stdout)
    assert 0 < told["kinds"]["long"]["false_accept"] <= 0.2
    told_of = figures(Dataset(str(out)))
    assert told_of.consistency.keys() <= {"passed", "failed", "not_scored"}
    (verdicts,) = (each for each in sections(told_of) if each.id == "verdicts")
    titles = [chart.title for chart in verdicts.charts]
    assert {f"Consistency: {kind}" for kind in told["kinds"]} <= set(titles)
    loose = auricle("calibrate", str(out), "--false-accept", "0.5")
    assert "thresholds changed" in loose.stdout
    assert not Dataset(str(out)).shards("verdict")
    assert "consistency" in auricle("verify", str(out)).stdout
    missing = {**score, "model": "laion/no-such-model"}
    lacking = auricle(
        "run", str(folder), "--out", str(out), "--config",
        config(folder.parent, score=missing), "--redo", "score", HF_HUB_OFFLINE="1",
    )  # fmt: skip
    assert lacking.returncode == 2
    assert "laion/no-such-model" in lacking.stderr
