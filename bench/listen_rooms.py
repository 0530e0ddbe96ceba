"""What labelled recordings say of tempo, rooms and noise."""

from collections.abc import Iterator, Sequence
from statistics import median

from listen_rows import Figure, Listened, share

TOLERANCE = 0.04
"""How far a tempo may be off, as a share."""


def tempo(rows: Sequence[Listened]) -> Iterator[Figure]:
    """Yield how often the tempo is right, and right but for halves, doubles and thirds."""
    told = [
        ([float(bpm) for bpm in row.label("tempo_bpm").split("|")], row.tempo)
        for row in rows
        if row.label("tempo_bpm")
    ]
    exact = share(said is not None and any(_near(said, t) for t in true) for true, said in told)
    yield Figure("tempo, within 4 %", *exact)
    octave = share(
        said is not None
        and any(_near(said * factor, t) for t in true for factor in (1, 2, 1 / 2, 3, 1 / 3))
        for true, said in told
    )
    yield Figure("tempo, octaves allowed", *octave)


def reverb(rows: Sequence[Listened]) -> Iterator[Figure]:
    """Yield the median relative error of RT60, of the rows where it was heard, and how many."""
    told = [(float(row.label("rt60_s")), row.rt60) for row in rows if row.label("rt60_s")]
    errors = [abs(said - true) / true for true, said in told if said is not None]
    yield Figure("RT60, answered", *share(said is not None for _, said in told))
    yield Figure("RT60, median relative error", median(errors) if errors else None, len(errors))


def noise(rows: Sequence[Listened]) -> Iterator[Figure]:
    """Yield the median error of the signal-to-noise ratio in dB, where it was heard."""
    told = [(float(row.label("snr_db")), row.snr) for row in rows if row.label("snr_db")]
    errors = [abs(said - true) for true, said in told if said is not None]
    yield Figure("SNR, answered", *share(said is not None for _, said in told))
    yield Figure("SNR, median error, dB", median(errors) if errors else None, len(errors))


SCORES = (tempo, reverb, noise)


def _near(said: float, true: float) -> bool:
    return abs(said - true) <= TOLERANCE * true
