"""What is decided about a clip: whether it is in, and on which side."""

from typing import Annotated, Literal

from auricle.schemas.base import Row, about


class Verdict(Row):
    """Whether a clip belongs in the dataset, with every reason against it."""

    passed: bool | None = None
    against: Annotated[tuple[str, ...], about("every reason why it is out")] = ()


class Split(Row):
    """Which side a clip is on. All clips of a recording are on the same side."""

    split: Literal["train", "benchmark"] | None = None
    group: Annotated[str | None, about("what was kept together: the recording id")] = None
