"""A probe over vectors of two numbers, as the contract test has them."""

from pathlib import Path
from typing import Any

import numpy as np

from auricle.experts.probe import Head, ProbeCard, write_probe


def probe(folder: Path, embedding: str | None = None, temperature: float = 1.0) -> dict[str, Any]:
    """Write a probe that says `en` of vectors that point up, else `de`; return the settings."""
    labels = ("de", "en")
    head = Head(labels, np.array([[0.0, -4.0], [0.0, 4.0]]), np.zeros(2))
    card = ProbeCard(
        column="language",
        labels=labels,
        counts=(5, 7),
        groups=6,
        dimensions=2,
        embedding=embedding,
        provenance=None,
        l2=10.0,
        temperature=temperature,
        held_out_by="recording_id",
        folds=5,
        accuracy=0.9,
        balanced_accuracy=0.9,
        baseline=0.6,
    )
    write_probe(folder, card, head)
    return {"model": str(folder)}
