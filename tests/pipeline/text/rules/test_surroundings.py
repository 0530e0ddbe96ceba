import pytest

from auricle.pipeline.text.fact import Fact, Kind
from auricle.pipeline.text.facts import Facts
from auricle.pipeline.text.rules.draft import three
from auricle.pipeline.text.rules.surroundings import surroundings

SPEECH = Fact("speech", "speech", "", "someone speaking", 0.9, id="E1")
ALONE: dict[Kind, str] = {
    "setting": "a farm",
    "place": "a small room",
    "echo": "an echo",
    "noise": "a steady hum",
    "overload": "heavily overloaded and harsh",
    "band": "narrow, as over a telephone",
    "indistinct": "",
    "level": "quiet",
    "dynamics": "at a steady volume",
    "silence": "with long silences",
    "clarity": "clear",
    "noise_floor": "strong",
    "silent": "near",
}


@pytest.mark.parametrize("kind", ALONE)
@pytest.mark.parametrize("heard", [(), (SPEECH,)], ids=["nothing heard", "speech heard"])
@pytest.mark.parametrize("clip", range(20))
def test_a_single_fact_is_enough_for_three_variants(
    kind: Kind, heard: tuple[Fact, ...], clip: int
) -> None:
    fact = Fact(kind, "environment", ALONE[kind], f"the fact of {kind}", 0.7, id="E2")
    facts = Facts(f"clip{clip}", 10.0, "S00", (*heard, fact))
    assert len(three(surroundings(facts, f"clip{clip}"))) == 3
