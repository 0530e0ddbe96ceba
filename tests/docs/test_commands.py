"""Every command of the README and of docs/: its options exist, and it runs where it can run here.

A complete command of ours is run on a copy of the demo, unless `ELSEWHERE` says why it cannot be.
docs/cluster.md has a test of its own.
"""

import argparse
import importlib
import re
import shlex
import shutil
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
import pytest
from click.testing import CliRunner
from conftest import ROOT
from fakes import within
from packaging.requirements import Requirement

from auricle.pipeline.cli import cli
from auricle.schemas.errors import UserError

PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted(page for page in (ROOT / "docs").glob("*.md") if page.name != "cluster.md"),
]
OURS = re.compile(r"(auricle|pip install|python (?:bench|docs)/\S+)(?: |$)")
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
ELSEWHERE = {
    "--watch|--serve": "goes on until Ctrl-C: tests/pipeline/test_watch.py, report/test_server.py",
    "s3://|/data/set": "a place that is not here: tests of sources and storage",
    "^auricle submit": "a cluster: tests/jobs",
    "models fetch|full.yaml$": "the model hub, a GPU",
    "^auricle (evaluate|baseline)": "MECAT's scorer and its models: tests/pipeline/evaluate",
    "^auricle (caption|qa|judge) .*--config": "a server: tests/pipeline/llm, test_judging.py",
    "^auricle calibrate": "a scorer: tests/pipeline/judge",
    "^auricle report": "six seconds for its charts: tests/pipeline/report",
    "--redo vad": "half a minute: test_adding_an_expert.py runs that expert on two clips",
    "--retry": "rows in error: tests/pipeline/test_status.py",
    "run .* --out other|(fifty|some).csv": "a new run over many files, as the demo is one",
    "run ('?shards|'sound|takes|acav|talk|parquet|saved|~)": "each kind of source: tests/pipeline",
}
"""What is not run here, as patterns, and what it would take or which test does it."""
DATASETS = ("DATASET", "demo", "set", "one", "two", "sample")
SOUNDS = ("SOURCE", "FOLDER", "SOUND", "sound", "samples")
LISTS = ("LIST", "audioset.csv")
TEXTS = ("FILE", "captions.jsonl")
KNOWN = {
    **dict.fromkeys(DATASETS, "DATASET"),
    **dict.fromkeys(SOUNDS, "SOUND"),
    **dict.fromkeys(LISTS, "list.txt"),
    **dict.fromkeys(TEXTS, "captions.jsonl"),
    "CLIP": "tabla",
}
"""What stands here for the names that pages use."""


class Command(NamedTuple):
    """A command as a page has it; in a line of text it may be a name alone: `auricle submit`."""

    page: str
    text: str
    in_a_line: bool


def commands(page: Path) -> Iterator[Command]:
    """Yield the commands of a page, in blocks and in backticks, without their remarks."""
    fenced = False
    for line in page.read_text("utf-8").replace("\\\n", " ").splitlines():
        fenced ^= line.lstrip().startswith("```")
        block = fenced or line.startswith("    ")
        remark = re.split(r"\s+#\s", line)[0]
        for told in [remark] if block else re.findall(r"`([^`]+)`", line):
            for part in told.split("&&"):
                text = " ".join(part.split())
                if OURS.match(text):
                    yield Command(page.name, text, not block)


def parse(command: Command) -> bool:
    """Tell whether a command is complete, and not a name alone.

    Raises:
        click.UsageError: there is no such command or option, or a value does not fit.
    """
    kind: click.Command = cli
    words = words_of(command.text)
    while isinstance(kind, click.Group) and not words[0].startswith("-"):
        if words[0] not in kind.commands:
            raise click.UsageError(f"there is no command {words[0]}")
        kind = kind.commands[words.pop(0)]
    try:
        kind.make_context(kind.name, words)
    except (click.MissingParameter, click.BadOptionUsage):
        if not command.in_a_line:
            raise
        return False
    except click.exceptions.Exit:  # of --help
        return False
    return True


def words_of(text: str) -> list[str]:
    """Return the words of a command after the first; dots for more of the like are none."""
    told = text.replace("--config FILE", "--config job.yaml")
    return [word for word in shlex.split(told)[1:] if word != "..."]


def runnable(command: Command) -> bool:
    """Tell whether a command is to be run here."""
    if any(re.search(pattern, command.text) for pattern in ELSEWHERE):
        return False
    try:
        return parse(command)
    except click.UsageError:  # which another test tells
        return False


FOUND = {found.text: found for page in PAGES[::-1] for found in [*commands(page)][::-1]}
"""Each command once, where it is first told."""
OF_AURICLE = [found for found in FOUND.values() if found.text.startswith("auricle")]
INSTALLS = [text for text in FOUND if text.startswith("pip install")]
SCRIPTS = [text for text in FOUND if text.startswith("python")]
RUNS = [
    *dict.fromkeys(
        " ".join(KNOWN.get(word, word) for word in words_of(found.text))
        for found in OF_AURICLE
        if runnable(found)
    )
]


def test_commands_are_found_in_blocks_and_in_lines() -> None:
    assert not FOUND["auricle run samples --out demo"].in_a_line
    assert FOUND["auricle run takes.csv --out set"].in_a_line
    assert len(OF_AURICLE) > 100
    assert len(RUNS) > 30


def test_every_reason_not_to_run_has_a_command() -> None:
    assert [p for p in ELSEWHERE if not any(re.search(p, text) for text in FOUND)] == []


@pytest.mark.parametrize("command", OF_AURICLE, ids=lambda command: command.text)
def test_a_command_exists_with_its_options(command: Command) -> None:
    parse(command)
    for word in words_of(command.text):
        assert not word.startswith("jobs/") or (ROOT / word).is_file()


@pytest.mark.parametrize("text", INSTALLS)
def test_what_is_installed_has_a_name_and_its_extras(text: str) -> None:
    for word in shlex.split(text)[2:]:
        if not word.startswith("-"):
            wanted = Requirement(re.sub(r"^\.", "auricle", word))
            extras = wanted.extras if wanted.name == "auricle" else set()
            assert {extra for extra in extras if not extra.isupper()} <= {*EXTRAS}


@pytest.mark.parametrize("text", SCRIPTS)
def test_a_script_takes_its_options(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    words = shlex.split(text)[1:]
    assert (ROOT / words[0]).is_file()
    if not words[0].startswith("bench/"):
        return
    parse_args = argparse.ArgumentParser.parse_args

    def only_parse(parser: argparse.ArgumentParser, *given: list[str]) -> None:
        parse_args(parser, *given)
        raise InterruptedError

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", only_parse)
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(InterruptedError):
        importlib.import_module(Path(words[0]).stem).main()


@pytest.fixture(scope="module")
def place(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that pages name, and a copy of the demo as its dataset."""
    folder = tmp_path_factory.mktemp("place")
    shutil.copytree(demo, folder / "DATASET")
    (folder / "jobs").symlink_to(ROOT / "jobs")
    (folder / "job.yaml").write_text("split:\n  licenses: [CC0-1.0, CC-PDM-1.0]\n")
    (folder / "list.txt").write_text("-0abcdefghi\n")
    (folder / "captions.jsonl").write_text('{"k": {"short": ["A dog barks."], "domain": "00A"}}')
    return folder


@pytest.mark.parametrize("text", RUNS)
def test_a_command_runs(
    text: str, place: Path, samples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    words = [str(samples) if word == "SOUND" else word for word in text.split()]
    with within(60):
        try:
            done = CliRunner().invoke(cli, words, catch_exceptions=False)
        except UserError as error:  # what a profile lacks here
            assert words[0] == "doctor", error
            assert str(error).startswith("the run would fail: ")
        else:
            assert done.exit_code == 0, done.output
