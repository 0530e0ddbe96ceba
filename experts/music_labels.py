"""What musicnn's tags mean: the fifty tags of each model, and the labels that they stand for.

Several tags may say the same ("woman", "female voice"), in one model or in both.
"""


def _tags(names: str) -> tuple[str, ...]:
    return tuple(names.split(";"))


MTT_TAGS = _tags(
    "guitar;classical;slow;techno;strings;drums;electronic;rock;fast;piano;ambient;beat;violin;"
    "vocal;synth;female;indian;opera;male;singing;vocals;no vocals;harpsichord;loud;quiet;flute;"
    "woman;male vocal;no vocal;pop;soft;sitar;solo;man;classic;choir;voice;new age;dance;"
    "male voice;female vocal;beats;harp;cello;no voice;weird;country;metal;female voice;"
    "choral"
)
"""MagnaTagATune: what players of a listening game wrote of 30-s excerpts; in output order."""

MSD_TAGS = _tags(
    "rock;pop;alternative;indie;electronic;female vocalists;dance;00s;alternative rock;jazz;"
    "beautiful;metal;chillout;male vocalists;classic rock;soul;indie rock;Mellow;electronica;80s;"
    "folk;90s;chill;instrumental;punk;oldies;blues;hard rock;ambient;acoustic;experimental;"
    "female vocalist;guitar;Hip-Hop;70s;party;country;easy listening;sexy;catchy;funk;electro;"
    "heavy metal;Progressive rock;60s;rnb;indie pop;sad;House;happy"
)
"""Million Song Dataset: what listeners of a radio site filed songs under; in output order."""

Labels = dict[str, tuple[str, ...]]

GENRES: Labels = {
    "acoustic": ("acoustic",),
    "alternative rock": ("alternative", "alternative rock"),
    "ambient": ("ambient",),
    "blues": ("blues",),
    "chill-out": ("chillout",),
    "classic rock": ("classic rock",),
    "classical": ("classical", "classic"),
    "country": ("country",),
    "dance": ("dance",),
    "easy listening": ("easy listening",),
    "electro": ("electro",),
    "electronic": ("electronic", "electronica"),
    "experimental": ("experimental",),
    "folk": ("folk",),
    "funk": ("funk",),
    "hard rock": ("hard rock",),
    "hip hop": ("Hip-Hop",),
    "house": ("House",),
    "Indian music": ("indian",),
    "indie": ("indie",),
    "indie pop": ("indie pop",),
    "indie rock": ("indie rock",),
    "jazz": ("jazz",),
    "metal": ("metal", "heavy metal"),
    "new age": ("new age",),
    "opera": ("opera",),
    "pop": ("pop",),
    "progressive rock": ("Progressive rock",),
    "punk": ("punk",),
    "R&B": ("rnb",),
    "rock": ("rock",),
    "soul": ("soul",),
    "techno": ("techno",),
}
INSTRUMENTS: Labels = {
    "cello": ("cello",),
    "drums": ("drums",),
    "flute": ("flute",),
    "guitar": ("guitar",),
    "harp": ("harp",),
    "harpsichord": ("harpsichord",),
    "piano": ("piano",),
    "sitar": ("sitar",),
    "strings": ("strings",),
    "synthesizer": ("synth",),
    "violin": ("violin",),
}
MOODS: Labels = {
    "happy": ("happy",),
    "loud": ("loud",),
    "mellow": ("Mellow",),
    "party": ("party",),
    "quiet": ("quiet",),
    "relaxed": ("chill",),
    "sad": ("sad",),
    "soft": ("soft",),
}
VOCALS: Labels = {
    "choir": ("choir", "choral"),
    "female vocals": (
        "female",
        "woman",
        "female vocal",
        "female voice",
        "female vocalist",
        "female vocalists",
    ),
    "male vocals": ("male", "man", "male vocal", "male voice", "male vocalists"),
    "singing": ("vocal", "vocals", "voice", "singing"),
}
ERAS: Labels = {
    "1960s": ("60s",),
    "1970s": ("70s",),
    "1980s": ("80s",),
    "1990s": ("90s",),
    "2000s": ("00s",),
}
TEMPOS: Labels = {"fast": ("fast",), "slow": ("slow",)}

NO_VOCALS = ("no vocals", "no vocal", "no voice", "instrumental")
"""Tags that deny singing: a vocal label has to beat them."""

UNUSED = ("beat", "beats", "solo", "oldies", "weird", "beautiful", "sexy", "catchy")
"""Opinions, and tags that say too little."""
