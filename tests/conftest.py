"""One real run over the sample clips, shared by the tests that look at its results."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("steady", derandomize=True)  # the same examples in every run
settings.load_profile("steady")

ROOT = Path(__file__).parents[1]

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
    """The dataset that the README's command makes of the sample clips."""
    out = tmp_path_factory.mktemp("demo") / "set"
    done = auricle("run", str(samples), "--out", str(out))
    assert done.returncode == 0, done.stdout + done.stderr
    return out
