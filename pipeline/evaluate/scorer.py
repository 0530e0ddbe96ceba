"""MECAT's own scorer (https://github.com/xiaomi-research/mecat), run as it is, one value a sample.

The scorer keeps the values of single samples to itself: it returns their mean, and writes them to a
file if asked. A hook on its module hands it something else to write to. Nothing is computed here.
"""

import contextlib
import gc
import importlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
import numpy.typing as npt

from auricle.experts.torch_runtime import with_torchaudio
from auricle.pipeline.evaluate.benchmark import GROUPS, Sample
from auricle.pipeline.evaluate.detector import no_detector, remembering
from auricle.pipeline.evaluate.references import remember_references
from auricle.pipeline.evaluate.text_models import DETECTOR, TextModels, find_text_models
from auricle.pipeline.extras import install_command
from auricle.schemas.errors import UserError

METRICS = ("fense", "date", "bleu")
Values = Mapping[str, npt.NDArray[np.float64]]

_READING = ("fense", "date")
"""The metrics that read texts with models."""
_BLEU = ("Bleu_1", "Bleu_2", "Bleu_3", "Bleu_4")
_EMPTY = "."
"""What an empty prediction is scored as, since the scorer cannot take one."""
_BATCH = 32
_ROUNDED = 1e-4
"""How far the scorer's corpus figures may be from the mean: it rounds them to four places."""


@dataclass(frozen=True)
class Scores:
    """What the scorer says of the samples of one group."""

    values: Values
    """One value a sample under each figure's name, in the order of the samples."""
    corpus: Mapping[str, float]
    """The scorer's own figure for the group."""


class Scorer:
    """MECAT's scorer with its models loaded."""

    def __init__(self, metrics: Sequence[str], stand_in: bool, several: bool = False) -> None:
        """Load what the metrics need.

        Args:
            metrics: of `METRICS`.
            stand_in: allow stand-in text models.
            several: keep what is read of references, for other predictions to come.

        Raises:
            UserError: a metric that there is not, or a package or a text model is missing.
        """
        _check(metrics)
        with _quiet():
            module, date = _scorer_modules()
            self._scorer = module.BaseScorer(metrics=["bleu"])
            self._scorer.metrics = list(metrics)
            self.version = f"mecat {version('mecat')}"
            self._several = several
            self._kept: dict[str, _Kept] = {}
            self._detector: Any = None
            models = find_text_models(stand_in) if {*metrics} & {*_READING} else None
            self.stand_in = models is not None and models.stand_in
            for metric in (metric for metric in _READING if metric in metrics):
                evaluator = self._evaluator(date, metric, models)
                setattr(self._scorer, f"{metric}_scorer", evaluator)

    def score(self, group: str, samples: Sequence[Sample], texts: Sequence[str]) -> Scores:
        """Score the predictions of one group as one set."""
        texts = [text if text.strip() else _EMPTY for text in texts]
        pairs = list(zip(samples, texts, strict=True))
        if self._detector is not None:
            self._detector.wanted = {*texts}
        with _quiet(), _one_thread(), _little_garbage():
            corpus, singles, _, _ = self._scorer.run_group_evaluation(
                group_name=_name(group),
                gts={s.key: [{"caption": text} for text in s.references] for s, _ in pairs},
                res={s.key: [{"caption": text}] for s, text in pairs},
                raw_data=[
                    {"id": s.key, "prediction": text, "references": [*s.references]}
                    for s, text in pairs
                ],
                headers=["Group", "Samples"],
            )
        values: dict[str, npt.NDArray[np.float64]] = {}
        for metric, kept in self._kept.items():
            found = kept.taken()
            values[metric] = np.array([found[sample.key] for sample in samples], float)
        for name in _BLEU if "bleu" in self._scorer.metrics else ():
            values[name.lower()] = np.array([singles[i][name] for i in range(len(pairs))], float)
        told = {name.lower(): float(figure) for name, figure in corpus.items()}
        for name, single in values.items():
            if abs(single.mean() - told[name]) > _ROUNDED:
                raise RuntimeError(
                    f"{self.version}: {name} of {group} is {told[name]}, but the mean of its "
                    f"samples is {single.mean()}"
                )
        return Scores(values, told)

    def _evaluator(self, date: Any, metric: str, models: TextModels | None) -> Any:
        """Return what the scorer would make for a metric, with the encoder from where it lies."""
        assert models is not None
        with no_detector(date) if models.stand_in else contextlib.nullcontext():
            evaluator = date.DATEEvaluator(
                batch_size=_BATCH,
                sbert_model=str(models.encoder),
                echecker_model=DETECTOR,
                return_type=metric,
            )
        if not models.stand_in:
            self._detector = self._detector or remembering(evaluator.date_model.echecker)
            evaluator.date_model.echecker = self._detector
        if self._several:
            remember_references(evaluator.date_model)
        kept = self._kept[metric] = _Kept()

        def hand(_: Any, args: Any, given: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
            return args, {**given, "dataframe": kept}

        evaluator.date_model.register_forward_pre_hook(hand, with_kwargs=True)
        return evaluator


class _Kept:
    """Stands for the data frame that the scorer adds a row a sample to."""

    def __init__(self) -> None:
        self._rows: dict[str, float] = {}

    @property
    def loc(self) -> "_Kept":
        return self

    def __len__(self) -> int:
        return len(self._rows)

    def __setitem__(self, _: int, row: Sequence[Any]) -> None:
        key, _, _, similarity, _, date = row
        self._rows[key] = float(similarity if date is None else date)

    def taken(self) -> dict[str, float]:
        rows, self._rows = self._rows, {}
        return rows


def _check(metrics: Sequence[str]) -> None:
    unknown = [metric for metric in metrics if metric not in METRICS]
    if unknown or not metrics:
        raise UserError(f"metrics: {', '.join(unknown) or 'none'}; there are {', '.join(METRICS)}")


def _name(group: str) -> str:
    """Return the name by which the scorer tells which subtask a group is."""
    if group not in GROUPS:
        return f"qa_{group}_default"
    field, _ = GROUPS[group]
    kind = group.partition("_")[0]
    return f"caption_{field}_{kind if kind in ('pure', 'mixed') else 'default'}"


def _scorer_modules() -> tuple[Any, Any]:
    try:
        with_torchaudio()
        with _one_thread():
            modules = importlib.import_module("mecat.scorer"), importlib.import_module("mecat.DATE")
        from loguru import logger
    except ModuleNotFoundError as error:
        missing = (error.name or "mecat").partition(".")[0]
        raise UserError(f"evaluate needs {missing}: {install_command('mecat')}") from None
    logger.disable("mecat")
    return modules


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Have torch use one thread, which importing the scorer would leave the process with."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@contextlib.contextmanager
def _little_garbage() -> Iterator[None]:
    """Spare what is loaded from the scorer's many full collections, at a third of a second each."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the scorer's progress bars off the terminal."""
    with contextlib.redirect_stderr(io.StringIO()):
        yield
