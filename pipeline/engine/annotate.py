"""One expert over some clips: one row a clip, whatever goes wrong with some of them."""

import sys
from collections.abc import Sequence
from typing import Any

from auricle.experts.base import Expert, Heard
from auricle.schemas.base import Row
from auricle.schemas.errors import UserError

_NO_ROOM = ("out of memory", "failed to allocate memory", "cuda_error_out_of_memory")
"""How torch, CTranslate2 and onnxruntime say that the GPU's memory is full."""


def annotate_each(expert: Expert[Any], clips: Sequence[Heard], fits: dict[str, int]) -> list[Row]:
    """Return one row a clip.

    If some clips raise, they are tried in halves until the culprit is alone. If they do not fit
    into the GPU's memory, half as many are tried, and `fits` remembers, by role, how many do.
    """
    most = fits.get(expert.role, len(clips))
    if len(clips) > most > 0:
        parts = [clips[i : i + most] for i in range(0, len(clips), most)]
        return [row for part in parts for row in annotate_each(expert, part, fits)]
    try:
        return _annotate(expert, clips) if clips else []
    except UserError:
        raise
    except Exception as error:  # whatever it is, it becomes the culprit's row
        full = lacks_room(error)
        if len(clips) == 1:
            reason = "gpu_out_of_memory" if full else "expert_failed"
            detail = f"{type(error).__name__}: {error}"
            return [expert.record.failed(clips[0].clip_id, reason, detail)]
    half = (len(clips) + 1) // 2
    if full:
        fits[expert.role] = half
        _let_go()
    return annotate_each(expert, clips[:half], fits) + annotate_each(expert, clips[half:], fits)


def lacks_room(error: Exception) -> bool:
    """Tell whether an error means that the GPU's memory is full."""
    return not isinstance(error, MemoryError) and any(
        words in str(error).lower() for words in _NO_ROOM
    )


def _annotate(expert: Expert[Any], clips: Sequence[Heard]) -> list[Row]:
    rows = list(expert.annotate(clips))
    if [row.clip_id for row in rows] != [clip.clip_id for clip in clips]:
        raise AssertionError(f"{expert.role} ({expert.backend}) broke its contract: one row a clip")
    return rows


def _let_go() -> None:
    """Give the blocks that torch keeps in reserve back to the GPU."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
