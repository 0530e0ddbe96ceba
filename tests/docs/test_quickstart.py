"""The quickstart: its settings are valid, its manifest is read, its loop goes over an export."""

import re
from pathlib import Path

import pytest
from conftest import ROOT

from auricle.pipeline.config import load_config
from auricle.pipeline.sources import discover

PAGE = (ROOT / "docs" / "quickstart.md").read_text("utf-8")


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


def test_its_settings_are_valid_and_no_defaults(tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_text(block("yaml"))
    config, usual = load_config(str(tmp_path / "job.yaml")), load_config()
    assert "emotion" not in config.roles()
    for part in ("ingest", "verify", "split"):
        told, default = getattr(config, part), getattr(usual, part)
        assert all(getattr(told, name) != getattr(default, name) for name in told.model_fields_set)


def test_its_manifest_names_samples_and_their_licences(samples: Path, tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text(block("csv"))
    for sample in samples.glob("*.[fo]*"):
        (tmp_path / sample.name).symlink_to(sample)
    told = {source.path: source.license for source in discover(str(tmp_path), "path")}
    known = {source.path: source.license for source in discover(str(samples), "path")}
    assert {Path(path).name for path in told} <= {Path(path).name for path in known}
    for path, licence in told.items():
        assert licence == known[str(samples / Path(path).name)]


def test_its_loop_goes_over_the_export(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torch", reason="torch is not installed")
    pytest.importorskip("datasets", reason="the datasets library is not installed")
    (tmp_path / "set").symlink_to(demo)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    exec(block("python"), {})
    batches = capsys.readouterr().out.strip().splitlines()
    assert len(batches) >= 5
    assert all(re.match(r"\(\d, 160000\) [A-Z]", batch) for batch in batches[:-1])
