"""Made voices: glottal pulses through a vocal tract, with all that is unsteady in them known."""

import numpy as np

from auricle.experts.base import Waveform

RATE = 16_000
_FINER = 8  # pulses are placed to an eighth of a sample
_FORMANTS = ((600, 80), (1100, 90), (2500, 120), (3500, 150))  # Hz: middle and width


def held(
    pitch: float = 120.0,
    seconds: float = 3.0,
    jitter: float = 0.0,
    shimmer: float = 0.0,
    noise: float | None = None,
    seed: int = 0,
) -> Waveform:
    """Return a held vowel at 16 kHz with a peak of .5.

    `jitter` and `shimmer` are the mean change of one period or amplitude to the next, as a share;
    `noise` is the ratio of harmonics to white noise in dB.
    """
    from scipy import signal

    rng = np.random.default_rng(seed)
    count = int(seconds * pitch)
    # Two independent normal numbers differ by 2 / sqrt(pi) of their deviation in the mean.
    lengths = (1 + jitter * np.sqrt(np.pi) / 2 * rng.normal(size=count)) / pitch
    heights = 1 + shimmer * np.sqrt(np.pi) / 2 * rng.normal(size=count)
    pulses = np.zeros(round(seconds * RATE) * _FINER)
    at = np.round(np.cumsum(lengths) * RATE * _FINER).astype(int)
    inside = at < len(pulses)
    pulses[at[inside]] = heights[inside]
    sound = signal.resample_poly(pulses, 1, _FINER)
    sound = signal.lfilter([1.0], [1.0, -1.9, 0.9025], sound)  # the glottis: -12 dB an octave
    sound = signal.lfilter([1.0, -1.0], [1.0, -0.99], sound)  # the lips
    for middle, width in _FORMANTS:
        radius = np.exp(-np.pi * width / RATE)
        sound = signal.lfilter(
            [1.0], [1.0, -2 * radius * np.cos(2 * np.pi * middle / RATE), radius**2], sound
        )
    sound -= sound.mean()
    if noise is not None:
        sound = sound + rng.normal(0, sound.std() * 10 ** (-noise / 20), len(sound))
    return (0.5 * sound / np.abs(sound).max()).astype(np.float32)


def syllables(rate: float, seconds: float = 4.0, pitch: float = 120.0) -> Waveform:
    """Return a vowel that swells and fades `rate` times a second."""
    time = np.arange(round(seconds * RATE)) / RATE
    swell = 0.02 + 0.98 * np.sin(np.pi * rate * time) ** 2
    return (held(pitch, seconds) * swell).astype(np.float32)
