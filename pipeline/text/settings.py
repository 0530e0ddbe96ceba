"""Settings: the surroundings that a sound usually belongs to."""

from auricle.experts.places import PLACES

SETTINGS: dict[str, tuple[str, ...]] = {place.name: place.sounds for place in PLACES}
"""The sounds of each setting."""

WHERE: dict[str, str] = {
    "an outdoor place": "outdoors",
    "a stream or river": "beside a stream or river",
    "the seaside": "by the sea",
    "open water": "on the water",
    "a farm": "on a farm",
    "a street": "on a street",
    "a racetrack": "at a racetrack",
    "a railway": "near a railway",
    "a kitchen": "in a kitchen",
    "a bathroom": "in a bathroom",
    "a home": "in a home",
    "a desk or office": "at a desk",
    "a workshop or building site": "in a workshop or on a building site",
    "a place with an audience": "before an audience",
    "a busy indoor gathering": "at a busy gathering",
    "a playground or school": "at a playground or school",
    "a church or town square": "near a church or town square",
    "a sports hall": "in a sports hall",
}
"""A setting behind its preposition."""
