"""Files are there whole or not at all, on disks and object stores, whatever goes wrong."""

import errno
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import auricle
from moto_server import RESET, S3Server, s3_server

from auricle.pipeline.cli import cli
from auricle.pipeline.engine.storage import Storage
from auricle.schemas.errors import UserError

MB = 1 << 20
WRITER = """
import sys
from auricle.pipeline.engine.storage import Storage
with Storage(sys.argv[1]).replace("a/shard") as stream:
    stream.write(bytes(int(sys.argv[2])))
    stream.flush()
    print("half", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with s3_server(["bucket", "killed", "chain"]) as running:
        yield running


@pytest.fixture
def s3(server: S3Server) -> Iterator[S3Server]:
    yield server
    server.trouble, server.strict = (lambda method, path: None), False
    server.asked.clear()


@pytest.fixture(params=["disk", "object store"])
def storage(request: pytest.FixtureRequest, tmp_path: Path, s3: S3Server) -> Storage:
    place = f"bucket/{tmp_path.name}"
    return Storage(str(tmp_path / "set") if request.param == "disk" else s3.uri(place))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of half a megabyte."""
    place = tmp_path / "disk"
    place.mkdir()
    if (
        os.geteuid()
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "x", place]).returncode
    ):
        pytest.skip("only root may mount a disk")
    yield place
    subprocess.run(["umount", place], check=True)


def fails(times: int, status: int, what: str = "") -> Callable[[str, str], int | None]:
    left = [times]

    def trouble(method: str, path: str) -> int | None:
        if what not in f"{method} {path}" or not left[0]:
            return None
        left[0] -= 1
        return status

    return trouble


def test_what_was_written_is_there_until_it_is_deleted(storage: Storage) -> None:
    assert storage.read("a/one") is None
    assert storage.names("a") == storage.entries() == []
    storage.write("a/one", b"1")
    storage.write("a/b/two", b"2")
    storage.write("a/one", b"new")
    assert storage.read("a/one") == b"new"
    assert storage.names("a") == ["one"]
    assert storage.entries() == ["a"]
    assert [storage.exists(name) for name in ("a", "a/b", "a/one", "a/b/two", "a/x")] == [
        False, False, True, True, False,
    ]  # fmt: skip
    with storage.open("a/b/two") as file:
        assert file.read() == b"2"
    with pytest.raises(UserError, match="there is no a/x"), storage.open("a/x"):
        pass
    storage.delete_file("a/one")
    storage.delete_file("a/one")
    assert storage.names("a") == []
    storage.delete_folder("a")
    storage.delete_folder("a")
    assert not storage.exists("a/b/two")
    assert storage.names("a") == storage.entries() == []


def test_a_block_that_fails_publishes_nothing(storage: Storage) -> None:
    storage.write("a/shard", b"old")
    for name in ("a/shard", "a/new"):
        with pytest.raises(ZeroDivisionError), storage.replace(name) as stream:
            stream.write(bytes(MB))
            raise ZeroDivisionError
    assert storage.read("a/shard") == b"old"
    assert storage.names("a") == ["shard"]


def test_an_error_of_another_file_in_the_block_is_not_taken_for_one_of_its_own(storage) -> None:
    with pytest.raises(FileNotFoundError), storage.replace("a") as stream:
        stream.write(Path("/no/such/file").read_bytes())


def test_kill_9_in_the_middle_of_a_write_leaves_the_old_file_and_what_sweep_removes(
    tmp_path,
) -> None:
    storage = Storage(str(tmp_path))
    storage.write("a/shard", b"old")
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path), str(MB)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as writer:  # fmt: skip
        assert writer.stdout and writer.stdout.readline() == "half\n"
        writer.kill()
    assert storage.read("a/shard") == b"old"
    assert [file.stat().st_size for file in (tmp_path / "a").glob(".*.part")] == [MB]
    storage.sweep("a")
    assert [file.name for file in (tmp_path / "a").iterdir()] == ["shard"]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_an_upload_that_is_ended_in_the_middle_is_no_half_object(s3: S3Server, how) -> None:
    size, begun, go_on = 40 * MB, threading.Event(), threading.Event()

    def trouble(method: str, path: str) -> None:
        if "partNumber=2" in path:
            begun.set()
            go_on.wait(20)

    s3.trouble = trouble
    name = how.name
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, s3.uri(f"killed/{name}"), str(size)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as writer:  # fmt: skip
        assert writer.stdin
        writer.stdin.write("\n")
        writer.stdin.flush()
        assert begun.wait(20)
        writer.send_signal(how)
        if how == signal.SIGKILL:
            writer.wait()
        go_on.set()
    assert writer.returncode != 0
    whole = Storage(s3.uri(f"killed/{name}")).read("a/shard")
    assert whole is None if how == signal.SIGKILL else whole == bytes(size)


def test_a_part_that_is_refused_leaves_no_object(s3: S3Server) -> None:
    storage = Storage(s3.uri("bucket/refused"))
    s3.trouble = fails(99, 403, "partNumber=2")
    with pytest.raises(UserError, match="s3://bucket/refused/shard: cannot write: access denied"):
        storage.write("shard", bytes(25 * MB))
    assert not storage.exists("shard")


@pytest.mark.parametrize("status", [503, 500, RESET])
def test_an_object_store_that_fails_once_is_asked_again(s3: S3Server, status) -> None:
    storage = Storage(s3.uri(f"bucket/once{status}"))
    for what in ("POST", "PUT", "uploadId="):
        s3.trouble = fails(1, status, what)
        storage.write("a/b", b"1")
    for ask in (
        lambda: storage.read("a/b") == b"1",
        lambda: storage.names("a") == ["b"],
        lambda: storage.exists("a/b"),
        lambda: storage.delete_file("a/b") is None,
        lambda: storage.delete_folder("a") is None,
    ):
        s3.trouble = fails(1, status)
        assert ask()


def test_a_bucket_that_is_missing_is_named(s3: S3Server) -> None:
    with pytest.raises(UserError, match="s3://none/set/a: cannot write: no such bucket; make it"):
        Storage(s3.uri("none/set")).write("a", b"1")


@pytest.mark.parametrize("ask", ["write", "read", "names", "exists", "open"])
def test_keys_that_are_refused_are_not_shown_and_the_error_says_where_they_come_from(
    s3: S3Server, monkeypatch, ask
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    s3.strict = True
    storage = Storage(s3.uri("bucket/set"))
    with pytest.raises(UserError, match="keys are looked for in AWS_ACCESS_KEY_ID") as refused:
        if ask == "open":
            with storage.open("a"):
                pass
        else:
            getattr(storage, ask)("a", *([b"1"] if ask == "write" else []))
    assert "hush" not in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "none is set" not in str(refused.value)


def test_keys_that_are_not_set_are_said_to_be(s3: S3Server, monkeypatch, tmp_path) -> None:
    s3.strict = True
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(UserError, match="AWS_ACCESS_KEY_ID, .* of which none is set"):
        Storage(s3.uri("bucket/set")).read("a")


def test_keys_in_an_address_are_refused_and_not_shown() -> None:
    with pytest.raises(UserError, match="keys belong in the environment") as refused:
        Storage("s3://KEYID:hush@bucket/set?region=us-east-1")
    assert "hush" not in str(refused.value) and "KEYID" not in str(refused.value)


def test_a_full_disk_is_one_line_and_leaves_no_half_file(small_disk: Path) -> None:
    storage = Storage(str(small_disk))
    storage.write("a/kept", b"1")
    with pytest.raises(UserError, match=r"a/shard: cannot write: No space left .*; make room"):
        storage.write("a/shard", bytes(MB))
    with (
        pytest.raises(UserError, match="No space left"),  # found out only when it is synced
        storage.replace("a/shard") as stream,
    ):
        for _ in range(1024):
            stream.write(bytes(1024))
    assert [file.name for file in (small_disk / "a").iterdir()] == ["kept"]
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(UserError, match=r"a/other: cannot write: Read-only .* name a place"):
        storage.write("a/other", b"1")


def test_a_full_folder_for_temporary_files_is_told_apart_from_the_store(
    s3: S3Server, small_disk: Path, monkeypatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(small_disk))
    storage = Storage(s3.uri("bucket/gathered"))
    with pytest.raises(UserError, match=r"disk, where uploads are gathered: cannot write: No spa"):
        storage.write("a", bytes(MB))
    assert not storage.exists("a")


def test_a_limit_on_the_size_of_files_is_told(tmp_path) -> None:
    code = (
        "import sys\n"
        "from auricle.pipeline.engine.storage import Storage\n"
        "from auricle.schemas.errors import UserError\n"
        f"try: Storage({str(tmp_path)!r}).write('a/shard', bytes({MB}))\n"
        "except UserError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (MB // 2, MB // 2)),
    )  # fmt: skip
    assert os.strerror(errno.EFBIG) in done.stdout and "ulimit" in done.stdout, done.stderr
    assert list((tmp_path / "a").iterdir()) == []


def test_a_rename_whose_answer_was_lost_counts_as_done(tmp_path) -> None:
    storage = Storage(str(tmp_path))
    with storage.replace("shard") as stream:  # NFS renames, loses the answer, and asks again
        stream.write(b"1")
        next(tmp_path.glob(".*.part")).rename(tmp_path / "shard")
    assert storage.read("shard") == b"1"
    with pytest.raises(UserError, match="shard: cannot write"), storage.replace("shard") as stream:
        next(tmp_path.glob(".*.part")).unlink()


def test_a_folder_is_gone_at_once_and_what_a_killed_process_left_of_it_is_swept(tmp_path) -> None:
    storage = Storage(str(tmp_path))
    (tmp_path / ".a.1234.part").mkdir()
    (tmp_path / ".a.1234.part" / "shard").touch()
    (tmp_path / ".ab.1234.part").mkdir()
    storage.write("a/shard", b"1")
    storage.delete_folder("a")
    assert [file.name for file in tmp_path.iterdir()] == [".ab.1234.part"]


def test_a_run_into_an_object_store_and_all_that_looks_at_it(s3: S3Server, samples) -> None:
    uri = s3.uri("chain/set")
    done = auricle("run", str(samples / "system.ogg"), "--out", uri)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "exported 2 train" in done.stdout
    assert s3.uploads("chain") == 0
    for command, words in {
        ("status", uri): "captions",
        ("show", uri): "system-",
        ("errors", uri): "no errors",
        ("verify", uri): "2 of 2 clips pass",
        ("export", uri, "--format", "webdataset"): "exported 2 train",
    }.items():
        looked = CliRunner().invoke(cli, command)
        assert looked.exit_code == 0, looked.output
        assert words in looked.output
    assert "set/exports/webdataset/train/0M0-000000.tar" in s3.keys("chain")
