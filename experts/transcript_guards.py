"""Guards against text that a recogniser writes but nobody says."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from auricle.schemas.annotation import RejectedText, Span, Word


class Draft(NamedTuple):
    """A segment as the recogniser wrote it; its words keep their spaces."""

    words: tuple[Word, ...]
    mean_log_probability: float
    no_speech_probability: float
    compression_ratio: float


def guard(
    drafts: Sequence[Draft], speech: Sequence[Span]
) -> tuple[list[Draft], tuple[RejectedText, ...]]:
    """Return what is left."""
    return list(drafts), ()
