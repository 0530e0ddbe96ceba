"""What the labels of a manifest mean in the pipeline's own words."""

from collections.abc import Mapping

from auricle.schemas.audioset import LABELS, branch, descendants

_KNOWN = frozenset(LABELS)


def domain_code(labels: Mapping[str, str]) -> str | None:
    """Return the domain that a row's labels say, for example S0A; None when they leave it open.

    S is `has_speech`. M and A are the branches of `audioset_label`: music and singing are M, other
    sounds A, and background (noise, hum, rooms) neither. A row is left open when

    - its labels name music and nobody noted whether there is a voice in it;
    - it has no labels, unless it was derived from others: then `has_speech` alone decides.
    """
    names = names_in(labels.get("audioset_label", ""))
    speech = labels.get("has_speech", "")
    kinds = {branch(name) for name in names if name in _KNOWN}
    music = bool(kinds & {"music", "singing"}) or labels.get("sound_class") == "music"
    if not names and (not speech or labels.get("derived", "no") in ("", "no")):
        return None
    if not speech and (music or "speech" in kinds):
        return None
    letters = (speech == "yes", music, "sound" in kinds)
    return "".join(letter if on else "0" for letter, on in zip("SMA", letters, strict=True))


def names_in(label: str) -> list[str]:
    """Return the names in a label that lists several, `|` or `/` between them."""
    return [name.strip() for name in label.replace("/", "|").split("|") if name.strip()]


def with_narrower(names: set[str]) -> set[str]:
    """Return class names with all classes below them."""
    return names.union(*(descendants(name) for name in names & _KNOWN))


GENRES = {
    "classical": frozenset({"classical"}),
    "drum and bass": frozenset({"dance", "electro", "electronic", "techno"}),
    "funk": frozenset({"funk"}),
    "hip hop": frozenset({"hip hop"}),
    "jazz": frozenset({"jazz"}),
    "pop": frozenset({"indie pop", "pop"}),
    "rock": frozenset(
        {"alternative rock", "classic rock", "hard rock", "indie rock", "progressive rock", "rock"}
    ),
}
"""What the music expert would have to say; a genre that it has no name for is not counted."""

INSTRUMENTS = {
    "cello": frozenset({"cello", "strings"}),
    "double bass": frozenset({"strings"}),
    "drum_bass_hard": frozenset({"drums"}),
    "drum_cowbell": frozenset({"drums"}),
    "drum_cymbal_open": frozenset({"drums"}),
    "drum_snare_hard": frozenset({"drums"}),
    "drums": frozenset({"drums"}),
    "flute": frozenset({"flute"}),
    "guit_e_slide": frozenset({"guitar"}),
    "guitar": frozenset({"guitar"}),
    "harp": frozenset({"harp"}),
    "harpsichord": frozenset({"harpsichord"}),
    "mridangam": frozenset({"drums"}),
    "orchestra": frozenset({"strings"}),
    "piano": frozenset({"piano"}),
    "sitar": frozenset({"sitar"}),
    "strings": frozenset({"cello", "strings", "violin"}),
    "violin": frozenset({"strings", "violin"}),
    "winds": frozenset({"flute"}),
}
"""The same for instruments."""
