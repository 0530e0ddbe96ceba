"""Real clips of the listening set for the tests of single experts."""

from collections.abc import Callable

import pytest
from fakes import DEV

from auricle.experts.base import Heard
from auricle.experts.sound import decode_flac, resample

RATE = 16_000


@pytest.fixture(scope="session")
def dev_clip() -> Callable[[str], Heard]:
    """Read the first 10 s of a file of the listening set, mono at 16 kHz; skip without the set."""

    def read(path: str) -> Heard:
        if not DEV.is_dir():
            pytest.skip(f"the listening set is not at {DEV}")
        waveform, rate = decode_flac((DEV / path).read_bytes())
        mono = waveform.mean(axis=1) if waveform.ndim == 2 else waveform
        return Heard(path, resample(mono, rate, RATE)[: 10 * RATE], RATE)

    return read
