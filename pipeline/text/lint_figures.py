"""What the lint finds, as numbers: figures of captions, figures of questions, and examples."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Lengths:
    """How many words texts have, parted by white space."""

    mean: float
    median: int
    p95: int


@dataclass(frozen=True)
class CaptionFigures:
    """One group of captions. All but counts and lengths are shares of the captions, 0 to 1.

    `alike` is the share of a clip's sets of variants that hold the same caption twice, articles,
    case and punctuation apart. `repeated` is the share of captions whose string, but for case,
    occurs again in the group.
    """

    captions: int
    words: Lengths
    short: float
    vocabulary: int
    expert_talk: float
    raw_numbers: float
    noise_claims: float
    temporal_words: float
    order_words: float
    repeated: float
    alike: float
    absences: float
    nones: float
    blank: float
    quotes: float
    non_latin: float


@dataclass(frozen=True)
class Usual:
    """The most frequent difficulty of a category's questions, and its share of them."""

    difficulty: str
    share: float


@dataclass(frozen=True)
class QAFigures:
    """One group of question-answer pairs. Shares are of the pairs, 0 to 1, if nothing else is said.

    `no` is the share of no among the answers that say yes or no. `told` is how often a guess from
    the category alone would name the difficulty; `cramers_v` is the association of the two, from
    0 for independent to 1 for fully tied. What cannot be told of the group is null.
    """

    pairs: int
    repeated_questions: float
    repeated_answers: float
    yes_no: float
    no: float | None
    categories: dict[str, float]
    difficulties: dict[str, float]
    usual: dict[str, Usual]
    told: float | None
    cramers_v: float | None
    question_words: Lengths
    answer_words: Lengths
    expert_talk: float
    raw_numbers: float


@dataclass(frozen=True)
class Example:
    """A text with a defect: where it stands and what was found in it."""

    clip_id: str
    where: str
    text: str
    found: tuple[str, ...]


@dataclass(frozen=True)
class Frequent:
    """A string that occurs often, in lower case, and how often."""

    text: str
    times: int


@dataclass(frozen=True)
class CaptionLint:
    """Captions in all, by category and by domain.

    `whole` are the captions that speak of the whole clip: long, environment, and those of sources
    that know no categories. Talk, noise and time are looked for there first.
    """

    clips: int
    all: CaptionFigures
    whole: CaptionFigures | None
    categories: dict[str, CaptionFigures]
    domains: dict[str, CaptionFigures]
    whole_domains: dict[str, CaptionFigures]
    examples: dict[str, tuple[Example, ...]]
    frequent: tuple[Frequent, ...]


@dataclass(frozen=True)
class QALint:
    """Questions and answers in all and by domain."""

    clips: int
    all: QAFigures
    domains: dict[str, QAFigures]
    examples: dict[str, tuple[Example, ...]]
    frequent_questions: tuple[Frequent, ...]
    frequent_answers: tuple[Frequent, ...]


@dataclass(frozen=True)
class LintReport:
    """All that was found in one set of texts; null where it holds no such texts."""

    target: str
    captions: CaptionLint | None
    qa: QALint | None

    @property
    def clips(self) -> int:
        """How many clips were read."""
        return max((part.clips for part in (self.captions, self.qa) if part), default=0)

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON can hold it, shares rounded to five decimals."""
        return {name: _rounded(value) for name, value in asdict(self).items()}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 5)
    if isinstance(value, Mapping):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(each) for each in value]
    return value
