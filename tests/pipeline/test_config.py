"""Settings are checked before work begins, and mistakes are named with a way out."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
import yaml
from fakes import FakeExpert

from auricle.experts.catalogue import EXPERTS
from auricle.pipeline.config import Config, dump_config, load_config, make_expert
from auricle.schemas.errors import UserError

JOBS = [Path(__file__).parents[2] / "jobs" / f"{name}.yaml" for name in ("smoke", "lite", "full")]


def write(tmp_path, text: str) -> str:
    path = tmp_path / "job.yaml"
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize("path", JOBS, ids=lambda path: path.name)
def test_every_job_of_the_repo_is_valid(path: Path) -> None:
    assert isinstance(load_config(str(path)), Config)


def test_the_lite_job_states_the_defaults() -> None:
    lite = next(path for path in JOBS if path.name == "lite.yaml")
    expected = Config(experts={"tags": {"backend": "auto"}})
    assert load_config(str(lite)) == expected


def test_a_configuration_survives_being_written_and_read(tmp_path) -> None:
    config = load_config(None, {"ingest.clip_seconds": 5.0, "split.seed": 3})
    assert load_config(write(tmp_path, dump_config(config).decode())) == config


def test_options_win_over_the_file(tmp_path) -> None:
    path = write(tmp_path, "ingest: {clip_seconds: 5}")
    assert load_config(path, {"ingest.clip_seconds": 2.5}).ingest.clip_seconds == 2.5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "ingest: {clip_secs: 5}",
            "ingest.clip_secs: clip_secs is not a setting; did you mean clip_seconds?",
        ),
        ("ingest: {clip_seconds: -1}", "ingest.clip_seconds: input should be greater than 0"),
        ("profil: lite", "profil: profil is not a setting; did you mean profile?"),
        ("profile: fast", "profile: fast is not a profile; there are full, lite"),
        (
            "experts: {transcripts: {}}",
            "experts.transcripts: transcripts is not a role; did you mean transcript?",
        ),
        (
            "experts: {transcript: {backend: wisper}}",
            "experts.transcript.backend: wisper is not a backend; did you mean whisper?",
        ),
        (
            "experts: {transcript: {beam_sise: 3}}",
            "experts.transcript.beam_sise: beam_sise is not a setting; did you mean beam_size?",
        ),
        (
            "experts: {transcript: {beam_size: many}}",
            "experts.transcript.beam_size: 'many' is not a int",
        ),
        (
            "experts: {events: {backend: off}}",
            "experts.tags: tags (events) needs events, which is off",
        ),
        ("experts: {tags: {backend: []}}", "experts.tags.backend: [] is not a backend"),
        ("- a list", "a configuration is a mapping"),
        ("a: [", "not YAML"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path, text: str, message: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(UserError) as caught:
        load_config(path)
    assert str(caught.value).startswith(path)
    assert message in str(caught.value)


@pytest.mark.parametrize("word", ["off", "'off'", "no", "false"])
def test_a_role_is_switched_off(tmp_path, word: str) -> None:
    config = load_config(write(tmp_path, f"experts: {{music: {{backend: {word}}}}}"))
    assert "music" not in config.roles()
    assert "music" in load_config().roles()
    assert load_config(write(tmp_path, dump_config(config).decode())) == config


def test_settings_are_checked_against_the_types_of_the_expert(monkeypatch) -> None:
    @dataclass
    class Typed(FakeExpert):
        words: tuple[str, ...] = ()
        mode: Literal["quick", "good"] = "good"
        limit: float | None = None

    monkeypatch.setitem(EXPERTS["events"], "typed", Typed)
    made = make_expert("events", "typed", {"words": ["a", "b"], "mode": "quick", "limit": 3})
    assert (made.words, made.mode, made.limit) == (("a", "b"), "quick", 3.0)
    for settings, message in (
        ({"words": ["a", 1]}, r"words: \['a', 1\] is not a tuple\[str, ...\]"),
        ({"mode": "fast"}, "mode: 'fast' is not one of quick, good"),
        ({"limit": "3"}, "limit: '3' is not a float | None"),
        ({"loads": 3}, "loads: loads is not a setting"),
    ):
        with pytest.raises(UserError, match=message):
            make_expert("events", "typed", settings)


def test_a_missing_file_is_named() -> None:
    with pytest.raises(UserError, match="nowhere.yaml: cannot read"):
        load_config("nowhere.yaml")


def test_the_dumped_form_is_plain_yaml() -> None:
    assert yaml.safe_load(dump_config(Config()))["profile"] == "lite"
