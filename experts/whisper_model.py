"""One Whisper model a process, shared by the experts, which remembers what it heard last."""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auricle.schemas.errors import UserError

_REMEMBERED = 64  # clips: 1.5 MB each for Whisper base, and no fewer than runners batch
_SHORT = 1500  # frames of 10 ms
_MARGIN = 100


@lru_cache(maxsize=1)
def whisper(directory: Path, threads: int) -> Any:
    """Return the faster-whisper model of a folder, in 8-bit integers on the CPU.

    Raises:
        UserError: faster-whisper is not installed.
    """
    try:
        from faster_whisper import WhisperModel
    except ImportError as error:
        raise UserError(
            'language and transcript need faster-whisper: pip install "auricle[lite]"'
        ) from error
    model = WhisperModel(str(directory), device="cpu", compute_type="int8", cpu_threads=threads)
    model.encode = Encoder(model.encode)
    return model


def writer(model: Any) -> Any:
    """Return what transcribes with a model and decodes each window once (a faster-whisper pipe)."""
    from faster_whisper import BatchedInferencePipeline

    return BatchedInferencePipeline(model)


class Encoder:
    """Whisper's encoder, on a shorter window where the sound allows, with a memory.

    Whisper hears windows of 30 s, the empty rest filled up. The encoder's cost grows faster than
    the window: 15 s take a quarter of the time of 30 s. On the listening set the language is named
    as well, and the transcript loses at most five words in a thousand. (A window cut close to the
    sound makes Whisper stammer.) The memory lets the transcript use what was encoded for the
    language.
    """

    def __init__(self, encode: Callable[[NDArray[np.float32]], Any]):
        self._encode = encode
        self._recent: dict[bytes, Any] = {}

    def __call__(self, features: NDArray[np.float32]) -> Any:
        """Return the encoder's output for log-mel features, zeros after the sound.

        Their shape is [80, 3000] or, as a batch of one, [1, 80, 3000].
        """
        mel = features.reshape(features.shape[-2:])
        if not mel[:, _SHORT - _MARGIN :].any():
            mel = mel[:, :_SHORT]
        key = hashlib.blake2b(mel.tobytes(), digest_size=16).digest()
        if key not in self._recent:
            if len(self._recent) == _REMEMBERED:
                del self._recent[next(iter(self._recent))]
            self._recent[key] = self._encode(mel)
        return self._recent[key]
