"""What stands where the scorer asks its detector of broken sentences."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any


@contextlib.contextmanager
def no_detector(date: Any) -> Iterator[None]:
    """Have the scorer's module make evaluators that find no sentence broken."""
    import torch

    class NoDetector(torch.nn.Module):
        def __init__(self, *_: Any, **__: Any) -> None:
            super().__init__()

        def forward(self, sentences: Sequence[str], **_: Any) -> Any:
            return torch.ones(len(sentences))

    real, date.RefinedErrorChecker = date.RefinedErrorChecker, NoDetector
    try:
        yield
    finally:
        date.RefinedErrorChecker = real


def remembering(detector: Any) -> Any:
    """Return a detector that is asked once for a sentence, and only for those in `wanted`.

    The scorer asks it about references too, at a second for a few sentences on a CPU, and makes no
    use of the answer; FENSE and DATE ask about the same predictions.
    """
    import torch

    class Remembering(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.detector = detector
            self.wanted: set[str] = set()
            self.known: dict[str, float] = {}

        def forward(self, sentences: Sequence[str], batch_size: int = 32) -> Any:
            new = [s for s in dict.fromkeys(sentences) if s in self.wanted and s not in self.known]
            if new:
                asked = new * 2 if len(new) == 1 else new  # a single one is cut shorter than many
                self.known.update(
                    zip(asked, self.detector(asked, batch_size).tolist(), strict=True)
                )
            return torch.tensor([self.known.get(s, 1.0) for s in sentences])

    return Remembering()
