"""What the first run says of the sample clips: voices, music and rooms are told apart."""

from pathlib import Path

import pytest

from auricle.pipeline.dataset import Dataset
from auricle.schemas.text import Captions


@pytest.fixture(scope="module")
def told(demo: Path) -> dict[str, str]:
    """All texts of each sample, by the beginning of its name, in one string."""
    data, texts = Dataset(str(demo)), dict[str, str]()
    for shard in data.shards("captions"):
        for row in data.rows(Captions, shard):
            kinds = (row.short, row.long, row.speech, row.music, row.sound, row.environment)
            name = row.clip_id.rsplit("-", 1)[0]
            said = " ".join(text.text for kind in kinds for text in kind or ())
            texts[name] = f"{texts.get(name, '')} {said}"
    return texts


@pytest.mark.parametrize(
    ("sample", "who", "not_who"),
    [
        ("novel-reading", "man ", "woman "),
        ("company-switchboard", "woman ", " a man "),
        ("messaggio-di-attesa", "man ", "woman "),
    ],
)
def test_who_speaks_is_told(told: dict[str, str], sample: str, who: str, not_who: str) -> None:
    assert who in told[sample]
    assert not_who not in told[sample]


def test_a_key_is_told_of_the_piece_that_has_one_and_a_beat_of_the_loop(
    told: dict[str, str],
) -> None:
    assert "F major" in told["chronicles"]
    assert "steady beat" in told["tabla-loop"]
    assert "major" not in told["tabla-loop"]
    assert "beat" not in told["pasture"]


def test_dry_rooms_are_told_of_speech(told: dict[str, str]) -> None:
    assert "dry" in told["felicidades"] or "reverberation" in told["felicidades"]
    assert "reverberation" not in told["nothing"]
