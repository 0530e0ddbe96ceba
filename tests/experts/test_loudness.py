import math

import numpy as np
import pytest

from auricle.experts.loudness import loudness


def filtered_all_in_a_row(channel: np.ndarray, rate: int) -> np.ndarray:
    """Return K-weighted sound, as a filter gives it that goes from sample to sample."""
    from pyloudnorm import IIRfilter
    from scipy import signal

    for gain, quality, hertz, kind in (
        (4.0, 1 / math.sqrt(2), 1500.0, "high_shelf"),
        (0.0, 0.5, 38.0, "high_pass"),
    ):
        stage = IIRfilter(gain, quality, hertz, rate, kind)
        channel = signal.lfilter(stage.b, stage.a, channel)
    return channel


@pytest.mark.parametrize("rate", [8000, 11_025, 44_100, 48_000, 96_000])
def test_filtering_by_blocks_gives_what_filtering_in_a_row_gives(rate: int) -> None:
    sound = np.random.default_rng(rate).normal(0, 0.1, int(0.4 * rate) + 7).astype(np.float32)
    block = filtered_all_in_a_row(sound.astype(np.float64), rate)[: int(0.4 * rate)]
    expected = 10 * math.log10(np.square(block).sum() / (0.4 * rate)) - 0.691
    assert loudness(sound[np.newaxis], rate) == pytest.approx(expected, rel=1e-6)


def test_the_end_of_a_long_sound_is_filtered_as_its_beginning() -> None:
    second = np.random.default_rng(1).normal(0, 0.1, 48_000).astype(np.float32)
    short = loudness(np.tile(second, 2)[np.newaxis], 48_000)
    assert loudness(np.tile(second, 60)[np.newaxis], 48_000) == pytest.approx(short, abs=0.02)
