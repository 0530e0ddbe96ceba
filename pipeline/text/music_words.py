"""Music words: the labels of AudioSet and of music taggers as plain English, by kind."""

import re

GENRES = {
    "pop music": "pop", "pop": "pop", "hip hop music": "hip-hop", "hip-hop": "hip-hop",
    "hip hop": "hip-hop", "rock music": "rock", "rock": "rock", "heavy metal": "heavy metal",
    "metal": "metal", "hard rock": "hard rock", "punk rock": "punk rock", "punk": "punk",
    "grunge": "grunge", "progressive rock": "progressive rock", "progressive": "progressive",
    "classic rock": "classic rock", "indie rock": "indie rock", "indie pop": "indie pop",
    "alternative rock": "alternative rock", "alternative": "alternative rock", "indie": "indie",
    "rock and roll": "rock and roll", "psychedelic rock": "psychedelic rock",
    "rhythm and blues": "rhythm and blues", "rnb": "rhythm and blues", "soul music": "soul",
    "soul": "soul", "reggae": "reggae", "country": "country", "swing music": "swing",
    "bluegrass": "bluegrass", "funk": "funk", "folk music": "folk", "folk": "folk",
    "middle eastern music": "Middle Eastern", "jazz": "jazz", "disco": "disco",
    "classical music": "classical", "classical": "classical", "classic": "classical",
    "opera": "operatic", "electronic music": "electronic", "electronic": "electronic",
    "electronica": "electronic", "electro": "electro", "house music": "house", "house": "house",
    "techno": "techno", "dubstep": "dubstep", "drum and bass": "drum and bass",
    "electronic dance music": "electronic dance", "dance": "dance", "dance music": "dance",
    "ambient music": "ambient", "ambient": "ambient", "trance music": "trance",
    "music of latin america": "Latin American", "salsa music": "salsa", "flamenco": "flamenco",
    "blues": "blues", "music for children": "children's", "new-age music": "new-age",
    "new age": "new-age", "music of africa": "African", "afrobeat": "Afrobeat",
    "christian music": "Christian", "gospel music": "gospel", "music of asia": "Asian",
    "carnatic music": "Carnatic", "music of bollywood": "Bollywood", "indian": "Indian",
    "ska": "ska", "traditional music": "traditional", "independent music": "indie",
    "video game music": "video game", "christmas music": "Christmas", "wedding music": "wedding",
    "soundtrack music": "soundtrack", "theme music": "theme", "experimental": "experimental",
    "easy listening": "easy-listening", "chillout": "chill-out", "lullaby": "lullaby",
    "r&b": "rhythm and blues", "indian music": "Indian", "acoustic": "acoustic",
    "chill-out": "chill-out",
}  # fmt: skip

INSTRUMENTS = {
    "guitar": "guitar", "electric guitar": "electric guitar", "bass guitar": "bass guitar",
    "acoustic guitar": "acoustic guitar", "steel guitar, slide guitar": "slide guitar",
    "tapping (guitar technique)": "guitar", "strum": "strummed guitar", "banjo": "banjo",
    "sitar": "sitar", "mandolin": "mandolin", "zither": "zither", "ukulele": "ukulele",
    "plucked string instrument": "plucked strings", "keyboard (musical)": "keyboard",
    "piano": "piano", "electric piano": "electric piano", "organ": "organ",
    "electronic organ": "electronic organ", "hammond organ": "organ",
    "synthesizer": "synthesizer", "synth": "synthesizer", "sampler": "sampled sounds",
    "harpsichord": "harpsichord", "percussion": "percussion", "drum kit": "drums",
    "drum machine": "drum machine", "drum": "drums", "drums": "drums", "beat": "drums",
    "beats": "drums", "snare drum": "snare drum", "rimshot": "snare drum",
    "drum roll": "drum rolls", "bass drum": "bass drum", "timpani": "timpani", "tabla": "tabla",
    "cymbal": "cymbals", "hi-hat": "hi-hat", "wood block": "wood block",
    "tambourine": "tambourine", "rattle (instrument)": "rattles", "maraca": "maracas",
    "gong": "gong", "tubular bells": "tubular bells", "mallet percussion": "mallet percussion",
    "marimba, xylophone": "marimba or xylophone", "glockenspiel": "glockenspiel",
    "vibraphone": "vibraphone", "steelpan": "steelpan", "orchestra": "orchestra",
    "brass instrument": "brass", "french horn": "French horn", "trumpet": "trumpet",
    "trombone": "trombone", "bowed string instrument": "bowed strings",
    "string section": "strings", "strings": "strings", "violin, fiddle": "violin",
    "violin": "violin", "pizzicato": "plucked strings", "cello": "cello",
    "double bass": "double bass", "bass": "bass",
    "wind instrument, woodwind instrument": "woodwinds", "flute": "flute",
    "saxophone": "saxophone", "clarinet": "clarinet", "harp": "harp", "harmonica": "harmonica",
    "accordion": "accordion", "bagpipes": "bagpipes", "didgeridoo": "didgeridoo",
    "shofar": "shofar", "theremin": "theremin", "singing bowl": "singing bowl",
    "scratching (performance technique)": "turntable scratching", "cowbell": "cowbell",
    "jingle bell": "jingle bells", "tuning fork": "tuning fork",
    "change ringing (campanology)": "change-ringing bells",
}  # fmt: skip

MOODS = {
    "happy music": "happy", "happy": "happy", "funny music": "playful", "sad music": "sad",
    "sad": "sad", "tender music": "tender", "exciting music": "exciting",
    "angry music": "angry", "scary music": "eerie", "mellow": "mellow", "chill": "relaxed",
    "relaxed": "relaxed", "party": "festive", "soft": "soft", "quiet": "quiet", "loud": "loud",
}  # fmt: skip

SINGERS = {
    "singing": "someone", "choir": "a choir", "choral": "a choir", "yodeling": "a yodeler",
    "chant": "voices", "male singing": "a man", "female singing": "a woman",
    "child singing": "a child", "synthetic singing": "a synthetic voice", "rapping": "someone",
    "humming": "someone", "female": "a woman", "female vocal": "a woman",
    "female vocals": "a woman", "female voice": "a woman", "woman": "a woman",
    "female vocalist": "a woman", "female vocalists": "a woman", "male": "a man",
    "male vocal": "a man", "male vocals": "a man", "male voice": "a man", "man": "a man",
    "male vocalist": "a man", "male vocalists": "a man", "vocal": "someone",
    "vocals": "someone", "voice": "someone", "vocal music": "someone", "song": "someone",
    "a capella": "someone", "mantra": "someone",
}  # fmt: skip

SINGING = {"rapping": ("rapping", "raps"), "humming": ("humming", "hums"),
           "chant": ("chanting", "chant"), "mantra": ("chanting", "chants"),
           "yodeling": ("yodeling", "yodels")}  # fmt: skip

INSTRUMENTAL = frozenset({"instrumental", "no vocals", "no vocal", "no voice", "no singing"})

ERAS = {
    "60s": "sixties", "1960s": "sixties", "70s": "seventies", "1970s": "seventies",
    "80s": "eighties", "1980s": "eighties", "90s": "nineties", "1990s": "nineties",
    "00s": "two-thousands", "2000s": "two-thousands",
}  # fmt: skip

TEMPOS = {"slow": "slow", "fast": "fast", "medium": "moderate", "moderate": "moderate"}


def key(label: str) -> str:
    """Return a label as the tables spell it."""
    return re.sub(r"\s+", " ", label.replace("_", " ")).strip().lower()


SOLO = frozenset({
    "guitar", "acoustic guitar", "electric guitar", "slide guitar", "piano", "electric piano",
    "violin", "cello", "flute", "harp", "harpsichord", "organ", "synthesizer", "accordion",
    "harmonica", "sitar", "banjo", "saxophone", "trumpet", "clarinet", "ukulele", "mandolin",
    "vibraphone", "keyboard",
})  # fmt: skip
"""Instruments that music is named after: `piano music`."""

PLURAL_INSTRUMENTS = frozenset({
    "drums", "strings", "bowed strings", "plucked strings", "woodwinds", "brass", "cymbals",
    "percussion", "mallet percussion", "timpani", "tubular bells", "rattles", "maracas",
    "drum rolls", "jingle bells", "bagpipes", "sampled sounds", "change-ringing bells",
    "turntable scratching",
})  # fmt: skip
"""Instruments that take no article."""

MASS_INSTRUMENTS = frozenset({"percussion", "brass", "mallet percussion", "turntable scratching"})
"""Instruments without an article that take a singular verb."""
