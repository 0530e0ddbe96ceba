"""Evidence: what the experts said of a clip, as short plain sentences with ids."""

from auricle.pipeline.text.facts import learn
from auricle.pipeline.text.testimony import Testimony
from auricle.pipeline.text.vocabulary import CERTAINTY
from auricle.schemas.text import Evidence


def gather(said: Testimony) -> tuple[Evidence, ...]:
    """Return the evidence on a clip: first what holds throughout, then in time, then the place.

    Rows that were skipped or failed say nothing. Numbers are calibrated words; titles and
    descriptions are hints at the end, and nothing may be asserted on their strength.
    """
    return tuple(fact.evidence for fact in learn(said).all)


def render(evidence: tuple[Evidence, ...]) -> str:
    """Return one line for each piece: `[E7] 2-4 s: a dog barking, quite certain`.

    Hints end without a certainty: nobody heard them, so nothing makes them more or less sure.
    """
    return "\n".join(map(_line, evidence))


def _line(piece: Evidence) -> str:
    time = sure = ""
    if piece.start is not None and piece.end is not None:
        time = f" {_seconds(piece.start)}-{_seconds(piece.end)} s:"
    if piece.topic != "source":
        sure = f", {CERTAINTY.word(piece.confidence)}"
    return f"[{piece.id}]{time} {' '.join(piece.text.split())}{sure}"


def _seconds(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
