"""The page on clusters: its commands exist, and its settings are valid."""

import re
import shlex

import click
import pytest
import yaml
from conftest import ROOT

from auricle.pipeline.cli import cli
from auricle.pipeline.config import load_config

PAGE = (ROOT / "docs" / "cluster.md").read_text("utf-8")
COMMANDS = [
    shlex.split(line)[1:]
    for line in re.findall(r"^ {4,}(auricle .*)$", PAGE.replace("\\\n", " "), re.MULTILINE)
]
SETTINGS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def test_the_page_shows_how_to_submit_stop_and_look() -> None:
    assert {words[0] for words in COMMANDS} >= {"submit", "status", "errors", "models"}
    assert any("--stop" in words for words in COMMANDS)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_of_the_page_parses(words: list[str]) -> None:
    command: click.Command = cli.commands[words[0]]
    rest = words[1:]
    while isinstance(command, click.Group):
        command, rest = command.commands[rest[0]], rest[1:]
    command.make_context(words[0], rest)


@pytest.mark.parametrize("text", SETTINGS)
def test_settings_of_the_page_are_valid(text: str, tmp_path) -> None:
    indent = re.match(" *", text).group()
    (tmp_path / "job.yaml").write_text(text.replace(f"\n{indent}", "\n").removeprefix(indent))
    assert load_config(str(tmp_path / "job.yaml")).engine.kind == "ray"


def test_files_that_the_page_names_exist() -> None:
    named = set(re.findall(r"`(jobs/[\w.]+)`", PAGE)) | set(re.findall(r"\]\(([\w.]+)\)", PAGE))
    assert "jobs/kuberay.yaml" in named
    for name in named:
        assert (ROOT / name).exists() or (ROOT / "docs" / name).exists(), name
    assert yaml.safe_load(SETTINGS[-1])["engine"]["pools"]
