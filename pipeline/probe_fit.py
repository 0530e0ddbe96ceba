"""A linear head on vectors that stay as they are, and how well it does on groups it never saw."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from auricle.experts.probe import Head

Vectors = NDArray[np.float64]
Classes = NDArray[np.int64]


class Held(NamedTuple):
    """How the head does on what it was not fitted on; `baseline` always says the largest class."""

    accuracy: float
    balanced_accuracy: float
    baseline: float
    folds: int


def fit(vectors: Vectors, classes: Classes, labels: tuple[str, ...], l2: float) -> Head:
    """Return multinomial logistic regression, [N, values] and [N] to a head.

    Each value is brought to mean 0 and spread 1 first; the head undoes that, so it takes vectors
    as they are. `l2` is the strength of the penalty on squared weights (the inverse of
    scikit-learn's C). Solved by L-BFGS; the problem has one optimum, so nothing is random.
    """
    from scipy.optimize import minimize

    middle, spread = vectors.mean(axis=0), vectors.std(axis=0)
    spread = np.where(spread > 1e-9, spread, 1.0)
    x, wanted = (vectors - middle) / spread, np.eye(len(labels))[classes]

    def loss(flat: Vectors) -> tuple[float, Vectors]:
        weights = flat.reshape(len(labels), -1)
        logits = x @ weights[:, :-1].T + weights[:, -1]
        logits -= logits.max(axis=1, keepdims=True)
        norm = np.log(np.exp(logits).sum(axis=1, keepdims=True))
        error = np.exp(logits - norm) - wanted
        slope = np.c_[error.T @ x + l2 * weights[:, :-1], error.sum(axis=0)]
        value = -((logits - norm) * wanted).sum() + l2 / 2 * (weights[:, :-1] ** 2).sum()
        return float(value), slope.ravel()

    start = np.zeros(len(labels) * (x.shape[1] + 1))
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 500})
    solved = found.x.reshape(len(labels), -1)
    weights = solved[:, :-1] / spread
    return Head(labels, weights, solved[:, -1] - weights @ middle)


def held_out(
    vectors: Vectors,
    classes: Classes,
    groups: Classes,
    labels: tuple[str, ...],
    l2: float,
    folds: int = 5,
) -> tuple[Held, float]:
    """Return how heads fitted without a group do on it, and the temperature that suits them.

    Groups ([N] numbers) are dealt to folds, largest first, each to the smallest fold. The
    temperature makes the probabilities of the unseen rows as likely as it can (Guo et al., On
    calibration of modern neural networks, ICML 2017).
    """
    fold = _deal(groups, folds)
    logits = np.zeros((len(vectors), len(labels)))
    for number in range(fold.max() + 1):
        unseen = fold == number
        head = fit(vectors[~unseen], classes[~unseen], labels, l2)
        logits[unseen] = head.logits(vectors[unseen])
    right = logits.argmax(axis=1) == classes
    by_class = [right[classes == index].mean() for index in np.unique(classes)]
    held = Held(
        accuracy=float(right.mean()),
        balanced_accuracy=float(np.mean(by_class)),
        baseline=float(np.bincount(classes).max() / len(classes)),
        folds=int(fold.max()) + 1,
    )
    return held, _temperature(logits, classes)


def _deal(groups: Classes, folds: int) -> Classes:
    """Return the fold of each row."""
    names, sizes = np.unique(groups, return_counts=True)
    filled, of_group = np.zeros(min(folds, len(names)), np.int64), {}
    for name, size in sorted(zip(names, sizes, strict=True), key=lambda pair: (-pair[1], pair[0])):
        of_group[name] = int(filled.argmin())
        filled[of_group[name]] += size
    return np.array([of_group[group] for group in groups])


def _temperature(logits: Vectors, classes: Classes) -> float:
    from scipy.optimize import minimize_scalar

    def surprise(power: float) -> float:
        scaled = logits / np.exp(power)
        scaled -= scaled.max(axis=1, keepdims=True)
        chosen = scaled[np.arange(len(classes)), classes]
        return float((np.log(np.exp(scaled).sum(axis=1)) - chosen).mean())

    found: Any = minimize_scalar(surprise, bounds=(-3.0, 3.0), method="bounded")
    return float(np.exp(found.x))
