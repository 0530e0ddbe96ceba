"""Kinds of place, whether they lie indoors, and the sounds that usually belong to them."""

from typing import Literal, NamedTuple

Where = Literal["indoors", "outdoors", "vehicle"]


class Place(NamedTuple):
    """A kind of place. `where` is None where it may be either; `sounds` are AudioSet labels."""

    name: str
    where: Where | None
    sounds: tuple[str, ...] = ()


ROOMS: dict[str, Place] = {
    "Inside, small room": Place("a small room", "indoors"),
    "Inside, large room or hall": Place("a large room or hall", "indoors"),
    "Inside, public space": Place("an indoor public space", "indoors"),
    "Outside, urban or manmade": Place("an outdoor urban place", "outdoors"),
    "Outside, rural or natural": Place("the open countryside", "outdoors"),
}
"""The AudioSet labels that name a place themselves."""

PLACES: tuple[Place, ...] = (
    Place("an outdoor place", "outdoors", (
        "Wind", "Rustling leaves", "Thunder", "Thunderstorm", "Rain", "Rain on surface",
        "Raindrop", "Bird", "Bird vocalization, bird call, bird song", "Chirp, tweet", "Squawk",
        "Crow", "Caw", "Owl", "Hoot", "Cricket", "Frog", "Croak", "Helicopter", "Aircraft",
        "Fixed-wing aircraft, airplane", "Propeller, airscrew", "Lawn mower", "Chainsaw",
        "Fireworks", "Firecracker", "Wind chime", "Clip-clop",
    )),
    Place("a stream or river", "outdoors", ("Stream", "Waterfall", "Rowboat, canoe, kayak")),
    Place("the seaside", "outdoors", ("Ocean", "Waves, surf", "Foghorn")),
    Place("open water", "outdoors", (
        "Motorboat, speedboat", "Ship", "Sailboat, sailing ship",
    )),
    Place("a farm", "outdoors", (
        "Moo", "Cattle, bovinae", "Oink", "Pig", "Bleat", "Sheep", "Goat", "Cluck",
        "Chicken, rooster", "Crowing, cock-a-doodle-doo", "Turkey", "Gobble",
        "Livestock, farm animals, working animals", "Fowl",
    )),
    Place("a street", "outdoors", (
        "Traffic noise, roadway noise", "Vehicle horn, car horn, honking", "Car passing by",
        "Police car (siren)", "Ambulance (siren)", "Fire engine, fire truck (siren)",
        "Emergency vehicle", "Truck", "Bus", "Motorcycle", "Skidding", "Tire squeal", "Car alarm",
    )),
    Place("a racetrack", "outdoors", ("Race car, auto racing",)),
    Place("a railway", None, (
        "Train", "Rail transport", "Train horn", "Train whistle", "Railroad car, train wagon",
        "Train wheels squealing", "Subway, metro, underground",
    )),
    Place("a kitchen", "indoors", (
        "Frying (food)", "Dishes, pots, and pans", "Cutlery, silverware", "Chopping (food)",
        "Microwave oven", "Blender", "Boiling", "Sizzle",
    )),
    Place("a bathroom", "indoors", (
        "Toilet flush", "Bathtub (filling or washing)", "Toothbrush", "Electric toothbrush",
        "Hair dryer", "Electric shaver, electric razor",
    )),
    Place("a home", "indoors", (
        "Vacuum cleaner", "Doorbell", "Ding-dong", "Alarm clock", "Tick-tock", "Purr", "Meow",
        "Water tap, faucet", "Sink (filling or washing)", "Cupboard open or close",
        "Drawer open or close", "Sewing machine", "Baby cry, infant cry",
    )),
    Place("a desk or office", "indoors", (
        "Typing", "Computer keyboard", "Typewriter", "Printer", "Writing",
    )),
    Place("a workshop or building site", None, (
        "Hammer", "Jackhammer", "Sawing", "Filing (rasp)", "Sanding", "Power tool", "Drill",
    )),
    Place("a place with an audience", None, ("Applause", "Cheering", "Crowd")),
    Place("a busy indoor gathering", "indoors", (
        "Hubbub, speech noise, speech babble", "Chatter",
    )),
    Place("a playground or school", None, ("Children playing", "Children shouting")),
    Place("a church or town square", None, ("Church bell",)),
    Place("a sports hall", "indoors", ("Basketball bounce",)),
)  # fmt: skip
"""Places that their sounds tell of."""
