"""Every command that prints: tables of 80 columns, no colour in a pipe, JSON alone with --json."""

import json
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from conftest import ROOT

from auricle.pipeline.cli import cli

READING = (
    "status SET",
    "show SET",
    "show SET CLIP",
    "stats SET",
    "errors SET --skipped",
    "lint SET",
    "plan SET --clips 1000000 --cpus 64 --gpus 8",
    "leakage SET",
    "experts",
    "doctor",
    "models list",
)
WRITING = ("verify SET", "split SET", "export SET --check", "models verify whisper-base")


@pytest.fixture(scope="module")
def copy(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("terminal") / "set"
    shutil.copytree(demo, place)
    return place


def run(command: str, dataset: Path, *more: str) -> Result:
    """Run a command in this process, with a pipe for its output."""
    words = {"SET": str(dataset), "CLIP": "company-switchboard-098bbe5a0b42e851_0_0_10"}
    arguments = [words.get(word, word) for word in command.split()]
    done = CliRunner().invoke(cli, [*arguments, *more])
    assert done.exit_code == 0, done.output
    return done


@pytest.mark.parametrize("command", READING + WRITING)
def test_tables_fit_80_columns_and_a_pipe_gets_no_colour(command: str, copy: Path) -> None:
    said = run(command, copy).stdout
    assert "\x1b" not in said
    table = [line for line in said.splitlines() if str(copy) not in line]
    assert max(map(len, table)) <= 80, max(table, key=len)


@pytest.mark.parametrize("command", READING + WRITING)
def test_json_is_all_that_standard_output_has(command: str, copy: Path) -> None:
    assert json.loads(run(command, copy, "--json").stdout)


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
