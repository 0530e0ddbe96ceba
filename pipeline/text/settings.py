"""Settings: the surroundings that a sound usually belongs to."""

SETTINGS: dict[str, tuple[str, ...]] = {
    "an outdoor place": (
        "Wind", "Rustling leaves", "Thunder", "Thunderstorm", "Rain", "Rain on surface",
        "Raindrop", "Bird", "Bird vocalization, bird call, bird song", "Chirp, tweet", "Squawk",
        "Crow", "Caw", "Owl", "Hoot", "Cricket", "Frog", "Croak", "Helicopter", "Aircraft",
        "Fixed-wing aircraft, airplane", "Propeller, airscrew", "Lawn mower", "Chainsaw",
        "Fireworks", "Firecracker", "Wind chime", "Clip-clop",
    ),
    "a stream or river": ("Stream", "Waterfall", "Rowboat, canoe, kayak"),
    "the seaside": ("Ocean", "Waves, surf", "Foghorn"),
    "open water": ("Motorboat, speedboat", "Ship", "Sailboat, sailing ship"),
    "a farm": (
        "Moo", "Cattle, bovinae", "Oink", "Pig", "Bleat", "Sheep", "Goat", "Cluck",
        "Chicken, rooster", "Crowing, cock-a-doodle-doo", "Turkey", "Gobble",
        "Livestock, farm animals, working animals", "Fowl",
    ),
    "a street": (
        "Traffic noise, roadway noise", "Vehicle horn, car horn, honking", "Car passing by",
        "Police car (siren)", "Ambulance (siren)", "Fire engine, fire truck (siren)",
        "Emergency vehicle", "Truck", "Bus", "Motorcycle", "Skidding", "Tire squeal", "Car alarm",
    ),
    "a racetrack": ("Race car, auto racing",),
    "a railway": (
        "Train", "Rail transport", "Train horn", "Train whistle", "Railroad car, train wagon",
        "Train wheels squealing", "Subway, metro, underground",
    ),
    "a kitchen": (
        "Frying (food)", "Dishes, pots, and pans", "Cutlery, silverware", "Chopping (food)",
        "Microwave oven", "Blender", "Boiling", "Sizzle",
    ),
    "a bathroom": (
        "Toilet flush", "Bathtub (filling or washing)", "Toothbrush", "Electric toothbrush",
        "Hair dryer", "Electric shaver, electric razor",
    ),
    "a home": (
        "Vacuum cleaner", "Doorbell", "Ding-dong", "Alarm clock", "Tick-tock", "Purr", "Meow",
        "Water tap, faucet", "Sink (filling or washing)", "Cupboard open or close",
        "Drawer open or close", "Sewing machine", "Baby cry, infant cry",
    ),
    "a desk or office": (
        "Typing", "Computer keyboard", "Typewriter", "Printer", "Writing",
    ),
    "a workshop or building site": (
        "Hammer", "Jackhammer", "Sawing", "Filing (rasp)", "Sanding", "Power tool", "Drill",
    ),
    "a place with an audience": ("Applause", "Cheering", "Crowd"),
    "a busy indoor gathering": ("Hubbub, speech noise, speech babble", "Chatter"),
    "a playground or school": ("Children playing", "Children shouting"),
    "a church or town square": ("Church bell",),
    "a sports hall": ("Basketball bounce",),
}  # fmt: skip

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

_BY_LABEL = {label: setting for setting, labels in SETTINGS.items() for label in labels}


def setting_of(label: str) -> str | None:
    """Return where a sound usually belongs, or None where it says nothing."""
    return _BY_LABEL.get(label)
