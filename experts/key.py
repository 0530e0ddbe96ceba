"""Key and mode, by signal processing: spectral peaks folded into pitch classes.

Peaks of a long window, placed between its bins, stand for tones; their tuning is measured and taken
out. The pitch-class profile is compared with those of the 24 keys (Krumhansl's way).
"""

from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from auricle.experts.base import Waveform

Tonic = Literal["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"]
Mode = Literal["major", "minor"]
TONICS: tuple[Tonic, ...] = get_args(Tonic)
MODES: tuple[Mode, ...] = get_args(Mode)

_WINDOW = 0.5  # seconds: tells semitones apart from 150 Hz up
_STEP = 0.125
_LOWEST, _HIGHEST = 150.0, 2000.0  # Hz; a bass is heard by its overtones
_FLATTER = 0.75  # exponent of a peak's amplitude
_C0 = 440 * 2 ** (-57 / 12)  # Hz

_MAJOR = (0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400)
_MINOR = (0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330)
"""How often each step above the tonic is heard (Temperley, Music and Probability, 2007, from the
pieces of Kostka and Payne). Krumhansl's and Albrecht's profiles were right less often here."""
_TEMPLATES = np.array([np.roll(mode, tonic) for mode in (_MAJOR, _MINOR) for tonic in range(12)])
_LEAST_FIT = 0.65
_SURE = 0.7

Floats = NDArray[np.float64]


class Key(NamedTuple):
    """The key that fits best; None for tonic and mode where nothing tells it from the next.

    `fit` is the correlation with the key's profile: noise, drums and speech reach .6, pieces with
    chords have more than .7. `confidence` is a belief that tonic and mode are right.
    """

    tonic: Tonic | None
    mode: Mode | None
    fit: float
    confidence: float


def key(waveform: Waveform, sample_rate: int) -> Key:
    """Return the key of a piece, or that it has none to be heard."""
    pitches = pitch_classes(waveform, sample_rate)
    if pitches is None or not pitches.std():
        return Key(None, None, 0.0, 0.0)
    fits = np.corrcoef(pitches, _TEMPLATES)[0, 1:]
    best, second = np.argsort(-fits, kind="stable")[:2]
    fit, margin = float(fits[best]), float(fits[best] - fits[second])
    confidence = 1 - 0.6 * float(np.exp(-margin / 0.1)) if fit > _LEAST_FIT else 0.0
    if confidence < _SURE:
        return Key(None, None, fit, confidence)
    mode, tonic = divmod(int(best), 12)
    return Key(TONICS[tonic], MODES[mode], fit, confidence)


def pitch_classes(waveform: Waveform, sample_rate: int) -> Floats | None:
    """Return how strong each pitch class is, [12] from C, of sum 1; None where no tone is heard.

    The tuning is measured first, so that a piece a quarter tone off keeps its key.
    """
    hertz, weight = _peaks(waveform, sample_rate)
    if not len(hertz):
        return None
    pitch = 12 * np.log2(hertz / _C0)
    turn = np.sum(weight * np.exp(2j * np.pi * pitch))
    steps = np.round(pitch - np.angle(turn) / (2 * np.pi)).astype(int)
    # By the square root a tone that many voices double does not outweigh the scale.
    classes: Floats = np.sqrt(np.bincount(steps % 12, weight, minlength=12))
    classes /= classes.sum()
    return classes


def _peaks(waveform: Waveform, sample_rate: int) -> tuple[Floats, Floats]:
    """Return frequency and weight of the spectral peaks of all windows.

    A window's weights are relative to its strongest peak, and the window counts as much as the
    square root of its level: a loud stroke is not the whole piece.
    """
    size = round(_WINDOW * sample_rate)
    if len(waveform) < size:
        return np.zeros(0), np.zeros(0)
    frames = sliding_window_view(waveform, size)[:: round(_STEP * sample_rate)]
    spectrum = np.abs(np.fft.rfft(frames * np.hanning(size).astype(np.float32)))
    first, last = round(_LOWEST * _WINDOW), round(_HIGHEST * _WINDOW)
    near = np.log(np.maximum(spectrum[:, first - 1 : last + 2], 1e-9))
    left, middle, right = near[:, :-2], near[:, 1:-1], near[:, 2:]
    row, column = np.nonzero((middle > left) & (middle >= right))
    below, at, above = left[row, column], middle[row, column], right[row, column]
    offset = 0.5 * (below - above) / (below - 2 * at + above)
    loudest = middle.max(axis=1)
    weight = np.exp(_FLATTER * (at - loudest[row])) * np.exp(0.5 * (loudest[row] - loudest.max()))
    return (first + column + offset) / _WINDOW, weight
