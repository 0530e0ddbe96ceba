"""Logistic regression by Newton's method, for the scripts that fit small rules."""

import numpy as np
from numpy.typing import NDArray


def fit_logistic(
    values: NDArray[np.float64],
    truth: NDArray[np.bool_],
    shares: NDArray[np.float64],
    ridge: float,
) -> NDArray[np.float64]:
    """Return the weights of the columns of `values` [n, columns], the first of them constant.

    Args:
        values: what is weighed.
        truth: what is to be told.
        shares: how much each row counts.
        ridge: penalty on the squares of the weights, except that of the constant.
    """
    weights = np.zeros(values.shape[1])
    penalty = ridge * (np.arange(len(weights)) > 0)
    for _ in range(100):
        belief = 1 / (1 + np.exp(-values @ weights))
        slope = values.T @ (shares * (truth - belief)) - penalty * weights
        bend = (values.T * (shares * belief * (1 - belief))) @ values + np.diag(penalty)
        step = np.linalg.solve(bend, slope)
        weights = weights + step
        if np.abs(step).max() < 1e-8:
            break
    return weights
