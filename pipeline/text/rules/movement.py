"""Movement: tempo, beat and key of the music, in sentences of their own."""

from auricle.pipeline.text.english import choose, shuffled
from auricle.pipeline.text.facts import Facts
from auricle.pipeline.text.rules.draft import Draft, facts_of

BEATS = {"steady": "with a steady beat", "free": "without a steady beat"}
"""The beat as a phrase to hang on a sentence."""
PACES = {"moderate": "mid-tempo"}
"""A tempo as an adjective, where the word itself is none."""


def movement(facts: Facts, key: str) -> list[Draft]:
    """Return how the music moves and in which key it is, in the key's order."""
    tempo, beat, tonic = facts.one("tempo"), facts.one("beat"), facts.one("key")
    found = []
    if beat is not None and beat.sure:
        if tempo is not None and tempo.sure and beat.value == "steady":
            form = choose(
                f"{key}/beat",
                ("the music keeps a steady beat at a {} tempo", "a steady beat at a {} tempo"),
            )
            found.append(Draft(form.format(tempo.value), facts_of(beat, tempo)))
        else:
            form = choose(f"{key}/beat", ("the music moves {}", "the music goes on {}"))
            found.append(Draft(form.format(BEATS[beat.value]), (beat,)))
    if tonic is not None and tonic.sure:
        form = choose(f"{key}/key", ("the music is in {}", "the piece is in {}"))
        found.append(Draft(form.format(tonic.value), (tonic,)))
    return shuffled(f"{key}/movement", found)
