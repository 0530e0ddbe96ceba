"""A real head with a dashboard and a token, on this machine."""

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest
from conftest import ROOT

TOKEN = "a-token-of-thirty-two-characters"
_AURICLE = (sys.executable, "-m", "auricle.pipeline.cli")


class Head(NamedTuple):
    """A head that answers at `address`, and how to submit to it."""

    address: str

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*_AURICLE, "submit", "--address", self.address, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=_environment() | environment,
        )

    def submit(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        started = self.start(*arguments, **environment)
        told, complained = started.communicate(timeout=120)
        return subprocess.CompletedProcess("submit", started.returncode, told, complained)

    def follow(self, job: str) -> int:
        """Follow a job that was submitted before."""
        code = "import sys, auricle.jobs.submit as s; sys.exit(s.follow(*sys.argv[1:]))"
        told = [sys.executable, "-c", code, self.address, job]
        return subprocess.run(told, env=_environment(), timeout=60).returncode

    def jobs(self) -> str:
        """Return all that the dashboard tells of its jobs."""
        request = Request(f"{self.address}/api/jobs/", headers={"authorization": f"Bearer {TOKEN}"})
        with urlopen(request, timeout=10) as answer:
            return str(answer.read(), "utf-8")


@pytest.fixture(scope="session")
def head() -> Iterator[Head]:
    if importlib.util.find_spec("aiohttp_cors") is None:
        pytest.skip('the dashboard needs: pip install "ray[default]"')
    folder = tempfile.mkdtemp(prefix="ray", dir="/tmp")  # sockets want a short path
    ports = dict(zip(("gcs", "dashboard", "agent", "client"), _free_ports(4), strict=True))
    log = Path(folder, "head.log")
    with log.open("w") as out:
        ray = subprocess.Popen(
            [
                *("ray", "start", "--head", "--block", "--num-cpus=2", f"--temp-dir={folder}"),
                *("--include-dashboard=true", "--dashboard-host=127.0.0.1"),
                f"--port={ports['gcs']}",
                f"--dashboard-port={ports['dashboard']}",
                f"--dashboard-agent-listen-port={ports['agent']}",
                f"--ray-client-server-port={ports['client']}",
                *("--object-store-memory=100000000", "--disable-usage-stats"),
            ],
            stdout=out,
            stderr=out,
            env=_environment(),
        )
    try:
        address = f"http://127.0.0.1:{ports['dashboard']}"
        _await(lambda: _answers(address) or ray.poll() is not None)
        assert ray.poll() is None, log.read_text()
        yield Head(address)
    finally:
        ray.terminate()
        ray.wait(timeout=60)
        shutil.rmtree(folder, ignore_errors=True)


def _environment() -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": TOKEN}


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _answers(address: str) -> bool:
    try:
        with urlopen(f"{address}/api/version", timeout=5):
            return True
    except HTTPError:
        return True
    except (URLError, OSError):
        return False


def _await(happened: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.2)
