"""What CLAP is asked about music: labels, the words that stand for them, and the sentences.

Labels are those of `music_labels` where both have one.
"""

from typing import NamedTuple


class Question(NamedTuple):
    """Labels that are weighed against each other, or each against what is always true.

    A prompt is a template with the phrase of a label in it; the vectors of a label's prompts are
    averaged. With `against`, a label is weighed against these sentences alone, so that several may
    be true; without, the labels share one belief. Labels in `silent` only take their share of it.
    """

    templates: tuple[str, ...]
    phrases: dict[str, str]
    against: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()


def _same(labels: str) -> dict[str, str]:
    return {label: label for label in labels.split(", ")}


GENRES = Question(
    ("This audio is a {} song.", "{} music"),
    _same(
        "pop, rock, jazz, blues, country, folk, soul, funk, disco, reggae, ska, punk, metal, "
        "hard rock, classic rock, progressive rock, psychedelic rock, alternative rock, "
        "indie rock, indie pop, grunge, hip hop, house, techno, dubstep, drum and bass, ambient, "
        "new age, electronic, experimental, classical, opera, bluegrass, flamenco, "
        "easy listening, afrobeat, lullaby"
    )
    | {
        "R&B": "rhythm and blues",
        "Indian music": "Indian classical",
        "music of Latin America": "Latin American",
        "Middle Eastern music": "Middle Eastern",
        "swing music": "swing",
        "trance music": "trance",
        "gospel music": "gospel",
        "salsa music": "salsa",
        "soundtrack music": "film soundtrack",
        "video game music": "video game",
        "Christmas music": "Christmas",
        "music for children": "children's",
        "traditional music": "traditional",
    },
)
INSTRUMENTS = Question(
    ("This audio contains the sound of {}.", "music with {}"),
    {
        "accordion": "an accordion",
        "acoustic guitar": "an acoustic guitar",
        "bagpipes": "bagpipes",
        "banjo": "a banjo",
        "bass guitar": "a bass guitar",
        "cello": "a cello",
        "clarinet": "a clarinet",
        "double bass": "a double bass",
        "drum machine": "a drum machine",
        "drums": "a drum kit",
        "electric guitar": "an electric guitar",
        "electric piano": "an electric piano",
        "flute": "a flute",
        "French horn": "a French horn",
        "harmonica": "a harmonica",
        "harp": "a harp",
        "harpsichord": "a harpsichord",
        "mandolin": "a mandolin",
        "orchestra": "an orchestra",
        "organ": "an organ",
        "percussion": "percussion",
        "piano": "a piano",
        "saxophone": "a saxophone",
        "sitar": "a sitar",
        "steelpan": "a steelpan",
        "strings": "a string section",
        "synthesizer": "a synthesizer",
        "tabla": "a tabla",
        "trombone": "a trombone",
        "trumpet": "a trumpet",
        "ukulele": "a ukulele",
        "vibraphone": "a vibraphone",
        "violin": "a violin",
    },
    against=("This audio is music.", "music"),
)
MOODS = Question(
    ("This audio is a {} song.", "{} music"),
    {
        "angry music": "angry",
        "exciting music": "exciting",
        "funny music": "playful and funny",
        "happy": "happy",
        "mellow": "mellow",
        "party": "festive party",
        "relaxed": "calm and relaxing",
        "sad": "sad",
        "scary music": "dark and scary",
        "tender music": "tender and romantic",
    },
    against=("This audio is a song.", "music"),
)
VOCALS = Question(
    ("This audio is music with {}.",),
    {
        "choir": "a choir singing",
        "female vocals": "a woman singing",
        "male vocals": "a man singing",
        "child singing": "a child singing",
        "rapping": "a rapper rapping",
        "instrumental": "instruments only and no singing",
    },
    silent=("instrumental",),
)
ERAS = Question(
    ("This audio is a song from the {}.",),
    {
        "1950s": "fifties",
        "1960s": "sixties",
        "1970s": "seventies",
        "1980s": "eighties",
        "1990s": "nineties",
        "2000s": "two thousands",
        "2010s": "twenty tens",
    },
)
