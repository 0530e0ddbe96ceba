"""One real run over the sample clips, shared by the tests that look at its results."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in jobs of a shell's background
    signal.signal(signal.SIGINT, signal.default_int_handler)  # Ctrl-C is tested in child processes

settings.register_profile("steady", derandomize=True)  # the same examples in every run
settings.load_profile("steady")

ROOT = Path(__file__).parents[1]

FROM_TEXTS = ("scores", "prints", "duplicates", "verdicts", "splits", "exports")
"""What is made from the texts of a dataset: its folders, for tests that write texts anew."""

_WEIGHTS = ROOT.parent / "shared" / "models"
if _WEIGHTS.is_dir():  # weights that no package carries, where they lie beside the repository
    os.environ.setdefault("AURICLE_MODELS", str(_WEIGHTS))


def auricle(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in its own process, as a user would."""
    return subprocess.run(
        [sys.executable, "-m", "auricle.pipeline.cli", *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environment},
        timeout=900,
    )


@pytest.fixture(scope="session")
def samples() -> Path:
    """The sample clips of the repo."""
    return ROOT / "samples"


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, samples: Path) -> Path:
    """The dataset that the README's command makes of the sample clips; one for all workers."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    out = shared / "demo" / "set"
    with FileLock(shared / "demo.lock"):
        if not (shared / "demo.done").exists():
            done = auricle("run", str(samples), "--out", str(out))
            assert done.returncode == 0, done.stdout + done.stderr
            (shared / "demo.done").touch()
    return out
