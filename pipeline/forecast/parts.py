"""What a forecast is asked, and what it is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Wanted:
    """The run that is asked about: so many clips, or so many hours of recordings.

    Without `cpus` it has one worker, which goes through one stage after the other. Prices are in
    USD for an hour of one processor and of one GPU. `speeds` are clips a second of one worker.
    """

    clips: int | None = None
    hours: float | None = None
    cpus: float | None = None
    gpus: float = 0.0
    cpu_price: float | None = None
    gpu_price: float | None = None
    speeds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Cost:
    """What one stage takes.

    Workers do it, a model's server answers it, or the driver does it once at the end. `measured`
    is how many clips were, None where the speed is stated; `seconds` are of one worker for a clip,
    None where nothing is known; `spread` is half of the 95 % interval as a share of them. `cpus`
    and `gpus` are what one worker holds, and the hours what all of them hold together.
    """

    stage: str
    by: Literal["workers", "server", "driver"]
    measured: int | None = None
    seconds: float | None = None
    spread: float | None = None
    cpus: float = 0.0
    gpus: float = 0.0
    cpu_hours: float = 0.0
    gpu_hours: float = 0.0
    gigabytes: float | None = None


@dataclass(frozen=True)
class Tokens:
    """What a model takes for the texts of a stage.

    `measured_with` is the sample's model. `usd` is None without a price, `latency` (mean seconds of
    a request) without a journal.
    """

    stage: str
    model: str
    measured_with: str
    requests: float
    prompt: float
    completion: float
    spread: float | None
    latency: float | None
    usd: float | None


@dataclass(frozen=True)
class Bound:
    """A time that a run cannot end before: how it comes about, and what would halve it.

    `mostly` is the stage that has the largest share of it, and `share` how much that is.
    """

    name: str
    hours: float
    spread: float | None
    arithmetic: str
    half: str
    mostly: str | None = None
    share: float | None = None


@dataclass(frozen=True)
class Clock:
    """How long a run takes: the largest of the bounds, and what the driver does after it.

    `half` names all that must change for half of the time.
    """

    bounds: Sequence[Bound]
    after: float
    hours: float
    bottleneck: Bound
    half: Sequence[str]


@dataclass(frozen=True)
class Forecast:
    """What a run takes, stage by stage, and what is taken for granted.

    `usd_machines` is the rent of the whole cluster for the time of the run; where no cluster is
    named, the price of the hours that workers hold.
    """

    clips: int
    sample_clips: int | None
    sample_recordings: int | None
    cpus: float | None
    gpus: float
    stages: Sequence[Cost]
    tokens: Sequence[Tokens]
    time: Clock
    cpu_hours: float
    gpu_hours: float
    cpu_spread: float | None
    gpu_spread: float | None
    gigabytes: float | None
    usd_tokens: float | None
    usd_machines: float | None
    notes: Sequence[str]
