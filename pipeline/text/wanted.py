"""What is wanted of a question before it is written."""

from typing import NamedTuple

from auricle.schemas.text import Difficulty, QACategory


class Wanted(NamedTuple):
    """A question's kind. `polar` is None for an open one, else whether its answer is yes."""

    category: QACategory
    difficulty: Difficulty
    polar: bool | None = None
