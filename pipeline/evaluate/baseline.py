"""What predictions without listening reach on a benchmark, and what another reference reaches."""

import random
from collections.abc import Iterable, Iterator, Sequence

from auricle.pipeline.evaluate.benchmark import Benchmark, Sample, Task, by_group, read_benchmark
from auricle.pipeline.evaluate.evaluation import Evaluation, score
from auricle.pipeline.evaluate.predictions import Predictions, match
from auricle.pipeline.evaluate.scorer import Scorer

CONSTANT = "A recording of sounds with some background noise."
NOTHING = "None"
"""What references say where there is nothing, and so right for many speech and music captions."""


def baselines(
    benchmark: str,
    task: Task,
    metrics: Sequence[str],
    seed: int = 0,
    stand_in: bool = False,
) -> list[Evaluation]:
    """Score four predictions that need no model, from the ceiling down.

    `variant` gives the second of a clip's references, which is scored against all of them; an
    answer has one reference, and so gives itself. `shuffled` gives another clip's variant of the
    same category, `constant` one sentence for all, `nothing` the word None.

    Raises:
        UserError: as `evaluate`.
    """
    references = read_benchmark(benchmark, task)
    scorer = Scorer(metrics, stand_in, several=True)
    return [
        score(name, references, match(references, made, allow_missing=False), scorer, seed)
        for name, made in _predictions(references, seed)
    ]


def _predictions(benchmark: Benchmark, seed: int) -> Iterator[tuple[str, Predictions]]:
    yield "variant", _as_predictions((s, _variant(s)) for s in benchmark.samples)
    yield "shuffled", _as_predictions(_shuffled(benchmark.samples, seed))
    yield "constant", _as_predictions((s, CONSTANT) for s in benchmark.samples)
    yield "nothing", _as_predictions((s, NOTHING) for s in benchmark.samples)


def _variant(sample: Sample) -> str:
    return sample.references[min(1, len(sample.references) - 1)]


def _shuffled(samples: tuple[Sample, ...], seed: int) -> Iterator[tuple[Sample, str]]:
    """Yield each sample with the text of the next in a shuffled ring that is of another recording.

    Where there is no other in its group, it gets the constant sentence.
    """
    for group, members in by_group(samples).items():
        ring = sorted(members, key=lambda sample: sample.key)
        random.Random(f"{seed} {group}").shuffle(ring)
        for at, sample in enumerate(ring):
            others = (other for other in ring[at:] + ring[:at])
            other = next((o for o in others if o.recording != sample.recording), None)
            yield sample, _variant(other) if other else CONSTANT


def _as_predictions(pairs: Iterable[tuple[Sample, str]]) -> Predictions:
    made: dict[str, dict[str, str]] = {}
    for sample, text in pairs:
        made.setdefault(sample.field, {})[sample.key] = text
    return made
