"""Models of the hub, of folders and of ids, against a real server that speaks as the hub does."""

import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from auricle.experts import model_hub, model_lock, models
from auricle.schemas.errors import MissingModel, UserError

COMMIT = "c0ffee" * 6 + "0123"
FILES = {
    "README.md": b"---\nlicense: apache-2.0\n---\n# An ear\n",
    "config.json": b"{}",
    "model.safetensors": bytes(range(256)) * 8_000,
    "pytorch_model.bin": b"the same again",
    ".gitattributes": b"",
}
PROGRESS = """
import pathlib, sys
from auricle.experts import model_lock, models
model_lock.LOCK = pathlib.Path(sys.argv[1])
seen = []
print(models.fetch(sys.argv[2], lambda done, total: seen.append((done, total))))
print(seen[-1])
"""


class Hub(ThreadingHTTPServer):
    """A hub with one repository, owner/ear; owner/gated is there for those with a token."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.tokens: list[str | None] = []
        self.asked: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        token = self.headers.get("Authorization")
        self.server.asked.append(path)
        self.server.tokens.append(token)
        repo = next((r for r in ("owner/ear", "owner/gated") if f"/{r}/" in f"{path}/"), None)
        if repo is None:
            return self.answer(401, {}, **{"X-Error-Code": "RepoNotFound"})
        if path.startswith("/api/"):
            if "/tree/" in path:
                return self.answer(200, [self.entry(name) for name in FILES])
            if path.endswith("/no-such"):
                return self.answer(404, {}, **{"X-Error-Code": "RevisionNotFound"})
            names = [{"rfilename": name} for name in FILES]
            return self.answer(200, {"id": repo, "sha": COMMIT, "siblings": names})
        if repo == "owner/gated" and token != "Bearer secret":
            return self.answer(401 if token is None else 403, {}, **{"X-Error-Code": "GatedRepo"})
        content = FILES[path.rsplit("/", 1)[-1]]
        etag = f'"{hashlib.sha256(content).hexdigest()}"'
        return self.answer(200, content, **{"ETag": etag, "X-Repo-Commit": COMMIT})

    do_HEAD = do_GET

    def entry(self, name: str) -> dict[str, object]:
        content = FILES[name]
        oid = hashlib.sha1(content).hexdigest()
        return {"type": "file", "path": name, "size": len(content), "oid": oid}

    def answer(self, status: int, content: object, **headers: str) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def hub(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    pytest.importorskip("huggingface_hub", reason="huggingface_hub is not installed")
    with Hub() as running:
        threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        yield running
        running.shutdown()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("AURICLE_MODELS", "HF_HOME", "HF_HUB_CACHE", "HF_TOKEN", "HF_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("AURICLE_STORE", str(tmp_path / "store"))
    lock = tmp_path / "lock.toml"
    lock.write_text(
        '[ear]\nabout = "an ear"\nlicence = "MIT"\nhub = "owner/ear"\n'
        'files_wanted = ["config.json", "*.safetensors"]\n'
        '[gated]\nabout = "a shy ear"\nlicence = "MIT"\nhub = "owner/gated"\ngated = true\n'
    )
    monkeypatch.setattr(model_lock, "LOCK", lock)
    return tmp_path


def put(place: Path, *names: str) -> Path:
    place.mkdir(parents=True, exist_ok=True)
    for name in names:
        (place / name).write_bytes(FILES[name])
    return place


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_a_fetch_brings_the_wanted_files_into_the_cache_of_the_hub(hub, home):
    done = subprocess.run(
        [sys.executable, "-c", PROGRESS, str(home / "lock.toml"), "ear"],
        capture_output=True,
        text=True,
        check=True,
    )
    place = home / "cache/huggingface/hub/models--owner--ear/snapshots" / COMMIT
    size = len(FILES["config.json"]) + len(FILES["model.safetensors"])
    assert done.stdout == f"{place}\n({size}, {size})\n"
    assert done.stderr == ""  # the hub's own bars stay out of ours
    assert sorted(path.name for path in place.iterdir()) == ["config.json", "model.safetensors"]
    assert models.find("ear") == place
    asked = len(hub.asked)
    assert models.fetch("ear") == place
    assert len(hub.asked) == asked


def test_what_was_used_of_an_unpinned_model_is_recorded_with_commit_and_hash(hub):
    models.fetch("ear")
    use = models.use("ear")
    lines = [f"{sha256(FILES[name])}  {name}" for name in ("config.json", "model.safetensors")]
    assert use.sha256 == sha256("\n".join(sorted(lines)).encode())
    assert (use.source, use.revision, use.licence) == ("hf://owner/ear", COMMIT, "MIT")


def test_an_id_needs_no_entry_and_takes_one_kind_of_weights_and_the_licence_of_the_page(hub):
    place = models.fetch("owner/ear")
    names = sorted(path.name for path in place.iterdir())
    assert names == ["README.md", "config.json", "model.safetensors"]
    assert models.use("owner/ear").licence == "apache-2.0"
    assert models.fetch(f"owner/ear@{COMMIT}") == place


def test_terms_that_were_not_accepted_are_one_line_with_the_page_and_the_variable(hub, monkeypatch):
    for token in (None, "another"):
        if token:
            monkeypatch.setenv("HF_TOKEN", token)
        with pytest.raises(MissingModel) as caught:
            models.fetch("gated")
        told = str(caught.value)
        assert "https://huggingface.co/owner/gated" in told and "HF_TOKEN" in told
        assert "accept" in told and "\n" not in told and "another" not in told.split("HF_TOKEN")[1]


def test_a_token_opens_a_gated_model(hub, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "secret")
    assert (models.fetch("gated") / "model.safetensors").is_file()
    assert "Bearer secret" in hub.tokens


@pytest.mark.parametrize(
    ("ref", "words"),
    [("owner/eye", "has no owner/eye, or it is private"), ("owner/ear@no-such", "no revision no-")],
)
def test_a_wrong_id_and_a_wrong_revision_are_named(hub, ref, words):
    with pytest.raises(MissingModel, match=words):
        models.fetch(ref)


def test_without_a_network_it_is_said_how_to_get_the_model(monkeypatch):
    pytest.importorskip("huggingface_hub", reason="huggingface_hub is not installed")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(MissingModel) as caught:
        models.fetch("ear")
    told = str(caught.value)
    assert "config.json, *.safetensors into ear/ in a folder that AURICLE_MODELS names" in told
    assert "could not be downloaded" in told and "\n" not in told


def test_without_the_library_of_the_hub_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(MissingModel, match=r'pip install "auricle\[full\]"'):
        models.fetch("ear")


def test_a_missing_gated_model_says_so_before_any_download():
    with pytest.raises(MissingModel, match="accept its terms on https://.*/owner/gated, and set"):
        models.find("gated")


@pytest.mark.parametrize("inside", ["mine/ear", "store/ear"])
def test_a_folder_by_name_serves_without_the_hub(home, monkeypatch, inside):
    monkeypatch.setenv("AURICLE_MODELS", str(home / "mine"))
    place = put(home / inside, "config.json", "model.safetensors")
    assert models.find("ear") == models.fetch("ear") == place
    assert models.use("ear").revision == "unknown"


def test_half_a_model_is_missing_and_names_the_file(home, monkeypatch):
    monkeypatch.setenv("AURICLE_MODELS", str(home / "mine"))
    put(home / "mine/ear", "config.json")
    with pytest.raises(MissingModel, match=r"mine/ear/\*.safetensors is missing"):
        models.find("ear")


def test_a_model_in_pieces_is_whole_only_with_every_piece(home):
    place = put(home / "mine", "config.json")
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    (place / "model.safetensors.index.json").write_text(json.dumps(index))
    (place / "model-1.safetensors").write_bytes(b"1")
    assert model_hub.lacks(place, ("config.json", "*.safetensors")) == []
    assert model_hub.lacks(place, ()) == ["model-2.safetensors"]
    (place / "model-2.safetensors").write_bytes(b"2")
    assert model_hub.lacks(place, ()) == []


def test_a_folder_stands_for_itself_and_its_files_are_hashed(home):
    place = put(home / "mine", "model.safetensors", "README.md")
    assert models.find(str(place)) == models.fetch(str(place)) == place
    use = models.use(str(place))
    assert use.sha256 == sha256(FILES["model.safetensors"])
    assert (use.source, use.revision, use.licence) == (place.as_uri(), "unknown", "apache-2.0")
    (place / "model.safetensors").write_bytes(b"other")
    assert models.use(str(place)).sha256 == sha256(b"other")
    (place / "README.md").write_text("no front matter")
    assert models.use(str(place)).licence == "unknown"


@pytest.mark.parametrize("ref", ["./not-there", "/not/there", "~/not-there", "a/b/c"])
def test_a_folder_that_is_not_there_is_named(ref):
    with pytest.raises(UserError, match=f"{ref}: no such folder, nor an id of the model hub"):
        models.find(ref)


def test_the_list_says_what_is_pinned_and_what_has_terms(home):
    listed = {row.name: row for row in models.catalogue()}
    assert (listed["ear"].pinned, listed["ear"].gated, listed["ear"].size) == (False, False, None)
    assert listed["gated"].gated
    put(home / "store/ear", "config.json", "model.safetensors")
    assert models.listing("ear").size == 2_048_002


def test_a_bundle_remembers_the_commit(hub, home, monkeypatch):
    models.fetch("ear")
    models.fetch("owner/ear")
    models.bundle(["ear", "owner/ear"], home / "bundle")
    used = models.use("owner/ear")
    monkeypatch.setenv("HF_HOME", str(home / "empty"))
    monkeypatch.setenv("AURICLE_MODELS", str(home / "bundle"))
    assert models.find("ear") == home / "bundle" / "ear"
    assert models.use("ear").revision == COMMIT
    assert models.use("owner/ear") == used
