"""Every command that prints: tables of 80 columns, no colour in a pipe, JSON alone with --json."""

import csv
import json
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from conftest import ROOT

from auricle.pipeline.cli import cli
from auricle.pipeline.dataset import Dataset
from auricle.pipeline.report.figures import figures
from auricle.pipeline.report.stats_texts import texts_tables
from auricle.pipeline.terminal import console, print_rows
from auricle.schemas.annotation import Embedding
from auricle.schemas.decision import Consistency, TextScore
from auricle.schemas.errors import UserError

CLIP = "company-switchboard-098bbe5a0b42e851_0_0_10"
READING = (
    "status SET",
    "show SET",
    "show SET CLIP",
    "stats SET",
    "errors SET --skipped",
    "lint SET",
    "plan SET --clips 1000000 --cpus 64 --gpus 8",
    "leakage SET",
    "leakage SET --against LIST",
    "experts",
    "doctor",
    "models list",
)
WRITING = (
    "verify SET",
    "split SET",
    "export SET --format parquet --format mecat --check",
    "models fetch dnsmos",
    "models verify dnsmos",
    "models bundle FOLDER dnsmos",
    "calibrate SCORED",
    "stats SCORED",
)
SCORING = (
    "baseline --benchmark SET/exports/mecat --metrics bleu",
    "evaluate --benchmark SET/exports/mecat --metrics bleu --predictions TEXTS",
)


@pytest.fixture(scope="module")
def copy(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("terminal") / "set"
    shutil.copytree(demo, place)
    (place.parent / "list.txt").write_text("novel-reading\n")
    return place


@pytest.fixture(scope="module")
def scored(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy whose captions have scores, drawn at random."""
    place = tmp_path_factory.mktemp("scored") / "set"
    shutil.copytree(demo, place)
    data, dice = Dataset(str(place)), np.random.default_rng(7)
    texts = [
        TextScore(where="long/0", similarity=own, controls=(0.1, 0.2), margin=own - 0.15, rank=1)
        for own in dice.normal(0.3, 0.1, 28)
    ]
    ids = data.table("clips", 0, ["clip_id"])["clip_id"].to_pylist()
    rows = [Consistency(clip_id=name, texts=(each,)) for name, each in zip(ids, texts, strict=True)]
    made = data.provenance("verdict", 0)
    assert made is not None
    data.write("consistency", 0, rows, made)
    return place


@pytest.fixture(autouse=True)
def eighty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "width", 80)


def run(command: str, dataset: Path, *more: str) -> Result:
    """Run a command in this process, with a pipe for its output."""
    words = {"CLIP": CLIP, "FOLDER": str(dataset.parent / "models")}
    words |= {"LIST": str(dataset.parent / "list.txt"), "TEXTS": str(dataset.parent / "texts.csv")}
    arguments = [
        words.get(word, word.replace("SET", str(dataset)).replace("SCORED", str(dataset)))
        for word in command.split()
    ]
    done = CliRunner().invoke(cli, [*arguments, *more], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done


def fits(said: str, place: Path) -> None:
    """Check that lines which name no place of ours fit, and have no colour."""
    assert "\x1b" not in said
    table = [line for line in said.splitlines() if str(place.parent) not in line]
    longest = max(table, key=len, default="")
    assert len(longest) <= 80, longest


@pytest.mark.parametrize("command", READING + WRITING)
def test_tables_fit_80_columns_and_a_pipe_gets_no_colour(
    command: str, copy: Path, scored: Path
) -> None:
    place = scored if "SCORED" in command else copy
    fits(run(command, place).stdout, place)


@pytest.mark.parametrize("command", READING + WRITING)
def test_json_is_all_that_standard_output_has(command: str, copy: Path, scored: Path) -> None:
    place = scored if "SCORED" in command else copy
    assert json.loads(run(command, place, "--json").stdout)


@pytest.mark.parametrize("command", SCORING)
def test_scores_of_predictions_fit_and_are_json(command: str, copy: Path) -> None:
    pytest.importorskip("mecat", reason='needs mecat: pip install "auricle[evaluate]"')
    run("export SET --format mecat", copy)
    with (copy / "exports/mecat/clips.csv").open(newline="") as file:
        keys = [row["key"] for row in csv.DictReader(file) if row["split"] == "test"]
    lines = "".join(f'"{key}","Somebody speaks."\n' for key in keys)
    (copy.parent / "texts.csv").write_text(lines)
    fits(run(command, copy).stdout, copy)
    assert json.loads(run(command, copy, "--json").stdout)


def test_names_are_never_cut_in_two(copy: Path) -> None:
    for command, names in (
        ("errors SET --skipped", ("table", "reason", "example")),
        ("experts", ("role", "backend", "code")),
        ("models list", ("name", "licence")),
    ):
        table = run(command, copy).stdout
        for row in json.loads(run(command, copy, "--json").stdout):
            assert [row[name] for name in names if row[name] not in table] == []


def test_a_retry_under_json_keeps_its_remarks_apart(demo: Path, tmp_path: Path) -> None:
    place = Path(shutil.copytree(demo, tmp_path / "set"))
    data = Dataset(str(place))
    rows, made = data.rows(Embedding, 0), data.provenance("embedding", 0)
    assert made is not None
    rows[0] = Embedding.failed(rows[0].clip_id, "expert_failed", "ValueError: [no]")
    data.write("embedding", 0, rows, made)
    assert "ValueError: [no]" in run("errors SET", place).stdout
    done = run("errors SET --retry expert_failed", place, "--json")
    assert json.loads(done.stdout) == []
    assert "working again on embedding" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("errors", "SET", "--retry", "no_such_reason"),
        ("show", "SET", "no-such-clip"),
        ("models", "fetch", "wisper"),
        ("export", "SET", "--format", "mp3"),
        ("submit", "jobs/smoke.yaml", "--address", "http://127.0.0.1:1", "--out", "/set",
         "--source", "/sound"),
    ],
)  # fmt: skip
def test_a_mistake_leaves_standard_output_empty_under_json(
    arguments: tuple[str, ...], copy: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    given = [str(copy) if word == "SET" else word for word in arguments]
    with pytest.raises(UserError):  # which `main` turns into one line and exit code 2
        CliRunner().invoke(cli, [*given, "--json"], catch_exceptions=False)
    assert capfd.readouterr().out == ""


def test_brackets_in_data_are_printed_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows([{"what": "asr", "detail": 'pip install "auricle[lite]"'}], False)
    print_rows([{"what": "asr", "detail": "[red] :smile:"}], False, beneath=("detail",))
    said = capsys.readouterr().out
    assert 'pip install "auricle[lite]"' in said
    assert "[red] :smile:" in said


def test_stats_tell_how_much_was_read_of_a_large_set(copy: Path) -> None:
    told = figures(Dataset(str(copy))).texts
    assert told is not None
    assert next(texts_tables(told, 28)).title == "Texts"
    assert next(texts_tables(told, 1000)).title == "Texts, of 28 of the 1,000 clips"


def test_stats_beside_scores_tell_the_threshold(scored: Path) -> None:
    run("calibrate SET", scored)
    assert "Thresholds of consistency" in run("stats SET", scored).stdout


def test_a_terminal_gets_colour_unless_it_wants_none(copy: Path) -> None:
    assert "\x1b[" in on_terminal("stats", str(copy))
    assert "\x1b[1;36m" not in on_terminal("stats", str(copy), NO_COLOR="1")


def on_terminal(*arguments: str, **environment: str) -> str:
    """Return what a command prints on a terminal."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "auricle.pipeline.cli", *arguments]
    kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    done = subprocess.Popen(
        command, stdout=theirs, cwd=ROOT, env={**kept, "TERM": "xterm-256color", **environment}
    )
    os.close(theirs)
    said = b""
    while True:
        try:
            some = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not some:
            break
        said += some
    os.close(ours)
    assert done.wait(60) == 0
    return said.decode()
