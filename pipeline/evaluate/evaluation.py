"""A scored set of predictions: figures for the whole, by category, domain and difficulty."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from auricle.pipeline.evaluate.benchmark import (
    CODES,
    DIFFICULTIES,
    GROUPS,
    QA_CATEGORIES,
    Benchmark,
    Sample,
    Task,
    by_group,
    read_benchmark,
)
from auricle.pipeline.evaluate.intervals import Figure, Part, figures
from auricle.pipeline.evaluate.predictions import Matched, match, read_predictions
from auricle.pipeline.evaluate.scorer import Scorer, Values

By = Literal["overall", "category", "domain", "difficulty"]

WEIGHTS: Mapping[str, float] = {
    "content_long": 0.32,
    "content_short": 0.08,
    "pure_speech": 0.12,
    "mixed_speech": 0.12,
    "pure_music": 0.06,
    "mixed_music": 0.06,
    "pure_sound": 0.02,
    "mixed_sound": 0.02,
    "environment": 0.2,
}
"""The shares of MECAT's groups in its overall figure for captions."""


@dataclass(frozen=True)
class Line:
    """The figures of one part of the samples."""

    by: By
    name: str
    category: str | None
    """Of the samples, where a domain is told by category."""
    samples: int
    recordings: int
    figures: Mapping[str, Figure]


@dataclass(frozen=True)
class Evaluation:
    """What the scorer says of a set of predictions, and of how much of the benchmark."""

    name: str
    benchmark: str
    task: Task
    scorer: str
    stand_in: bool
    """Whether stand-in text models were used: then the figures compare with nothing."""
    metrics: tuple[str, ...]
    lines: tuple[Line, ...]
    scored: int
    missing: int
    unknown: int
    seed: int
    samples: tuple[Sample, ...]
    values: Values
    """One value a sample, in the order of `samples`."""

    def line(self, by: By, name: str, category: str | None = None) -> Line:
        """Return the line of a part; a KeyError if nothing of it was scored."""
        for line in self.lines:
            if (line.by, line.name, line.category) == (by, name, category):
                return line
        raise KeyError(name)


def evaluate(
    benchmark: str,
    predictions: Sequence[str],
    task: Task,
    metrics: Sequence[str],
    allow_missing: bool = False,
    seed: int = 0,
    stand_in: bool = False,
) -> Evaluation:
    """Score prediction files against the test side of a benchmark.

    Args:
        benchmark: the folder, of the form that MECAT is published in.
        predictions: one file for everything or, for captions, up to six in the order long, short,
            speech, music, sound, environment.
        task: caption or qa.
        metrics: of fense, date, bleu.
        allow_missing: leave out samples without a prediction, and predictions without a sample.
        seed: of the bootstrap.
        stand_in: allow other text models where the scorer's are lacking; the figures then compare
            with nothing.

    Raises:
        UserError: something of it is not there, not of its form, or does not fit together.
    """
    references = read_benchmark(benchmark, task)
    read = read_predictions(predictions, task)
    matched = match(references, read, allow_missing)
    name = " ".join(Path(file).name for file in predictions)
    return score(name, references, matched, Scorer(metrics, stand_in), seed)


def score(
    name: str, benchmark: Benchmark, matched: Matched, scorer: Scorer, seed: int
) -> Evaluation:
    """Score predictions for a benchmark, each group as the set that MECAT makes of it."""
    texts = dict(zip(matched.samples, matched.texts, strict=True))
    groups = by_group(matched.samples)
    scores = [
        scorer.score(group, samples, [texts[sample] for sample in samples])
        for group, samples in groups.items()
    ]
    values = {
        metric: np.concatenate([one.values[metric] for one in scores])
        for metric in scores[0].values
    }
    ordered = tuple(sample for samples in groups.values() for sample in samples)
    return Evaluation(
        name=name,
        benchmark=benchmark.folder,
        task=benchmark.task,
        scorer=scorer.version,
        stand_in=scorer.stand_in,
        metrics=tuple(values),
        lines=tuple(_lines(ordered, values, benchmark.task, seed)),
        scored=len(ordered),
        missing=matched.missing,
        unknown=matched.unknown,
        seed=seed,
        samples=ordered,
        values=values,
    )


def _lines(samples: Sequence[Sample], values: Values, task: Task, seed: int) -> Iterator[Line]:
    asked = list(_asked(samples, task))
    found = figures(
        np.stack([*values.values()], axis=1),
        [sample.recording for sample in samples],
        [parts for *_, parts in asked],
        seed,
    )
    for (by, name, category, parts), of in zip(asked, found, strict=True):
        inside = {i for part in parts for i in part.samples.tolist()}
        recordings = {samples[i].recording for i in inside}
        figure = dict(zip(values, of, strict=True))
        yield Line(by, name, category, len(inside), len(recordings), figure)


def _asked(
    samples: Sequence[Sample], task: Task
) -> Iterator[tuple[By, str, str | None, list[Part]]]:
    """Yield the parts that have samples: the categories, the overall figure, the rest."""
    groups = np.array([sample.group for sample in samples])
    domains = np.array([sample.domain for sample in samples])
    weights = WEIGHTS if task == "caption" else dict.fromkeys(QA_CATEGORIES, 1 / len(QA_CATEGORIES))
    there = {group: np.flatnonzero(groups == group) for group in weights if group in groups}
    for group, inside in there.items():
        yield "category", group, None, [Part(inside)]
    if there.keys() == weights.keys():
        yield (
            "overall",
            f"score_{task}",
            None,
            [Part(inside, weights[group]) for group, inside in there.items()],
        )
    for code in CODES:
        of_domain = np.flatnonzero(domains == code)
        if task == "qa" and len(of_domain):
            yield "domain", code, None, [Part(of_domain)]
        for group in there if task == "caption" else ():
            if code in GROUPS[group][1] and (groups[of_domain] == group).any():
                yield "domain", code, group, [Part(of_domain[groups[of_domain] == group])]
    difficulties = np.array([sample.difficulty or "" for sample in samples])
    for difficulty in DIFFICULTIES:
        if difficulty in difficulties:
            yield "difficulty", difficulty, None, [Part(np.flatnonzero(difficulties == difficulty))]
