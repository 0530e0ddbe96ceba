"""Make the goldens of evidence anew: what `lite` hears in sample clips and mixes, and its words.

    python tests/pipeline/text/make_goldens.py             words anew, from the stored rows
    python tests/pipeline/text/make_goldens.py --listen    rows anew too (a minute or two)

The experts need YAMNet: `auricle models fetch yamnet`, or AURICLE_MODELS. Read the difference
before it is committed: a golden is right when each line is true of the clip.
"""

import csv
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from rich.console import Console
from scipy.signal import butter, sosfilt

sys.path.insert(0, str(Path(__file__).parents[2]))
from real_clips import GOLDENS, real_clips  # noqa: E402

from auricle.experts.base import Waveform  # noqa: E402
from auricle.experts.sound import resample  # noqa: E402
from auricle.pipeline.config import load_config  # noqa: E402
from auricle.pipeline.dataset import Dataset  # noqa: E402
from auricle.pipeline.decode import open_sound  # noqa: E402
from auricle.pipeline.tables import TABLES  # noqa: E402
from auricle.pipeline.testimonies import testimonies  # noqa: E402
from auricle.pipeline.text.evidence import gather, render  # noqa: E402
from auricle.pipeline.text.testimony import Testimony  # noqa: E402
from auricle.schemas.base import Row  # noqa: E402

SAMPLES = Path(__file__).parents[3] / "samples"
RATE, SECONDS = 16_000, 10
SEED = 0


@dataclass(frozen=True)
class Layer:
    """An excerpt of a sample in a mix: from where, how loud (dBFS, RMS), and when it begins."""

    sample: str
    level: float
    start: float = 0.0
    seconds: float = SECONDS
    at: float = 0.0


@dataclass(frozen=True)
class Mix:
    """A clip that is made: layers over each other, noise (dBFS, RMS), perhaps a narrow band."""

    title: str
    description: str
    layers: tuple[Layer, ...] = ()
    noise: float | None = None
    band: tuple[float, float] | None = None


PLAIN = {
    "000-nothing": "nothing.flac",
    "00A-weather": "campaign-weather.ogg",
    "00A-lumberjack": "lumberjack.ogg",
    "00A-pasture": "pasture.mp4",
    "0M0-tabla": "tabla-loop.opus",
    "0M0-chronicles": "chronicles.mp3",
    "0M0-system": "system.ogg",
    "S00-novel": "novel-reading.flac",
    "S00-french": "tentative-de-connexion.ogg",
    "S00-russian": "menyu-konferentsii.opus",
    "S0A-outdoors": "reading-outdoors.ogg",
    "SM0-italian": "messaggio-di-attesa.wav",
}
"""Clips that are the first ten seconds of a sample, as it is."""

NOVEL, SWITCHBOARD = "novel-reading.flac", "company-switchboard.opus"
FRENCH, SPANISH, RUSSIAN = (
    "tentative-de-connexion.ogg",
    "felicidades.ogg",
    "menyu-konferentsii.opus",
)
RAIN, AXE, SHEEP = "campaign-weather.ogg", "lumberjack.ogg", "pasture.mp4"
TABLA, STRINGS, PIANO = "tabla-loop.opus", "chronicles.mp3", "system.ogg"

MIXES = {
    "000-faint-noise": Mix("Take 4", "Nothing happens here.", noise=-74),
    "000-low-rumble": Mix("Empty room", "", noise=-50, band=(50, 600)),
    "0MA-strings-in-rain": Mix(
        "Rainy overture 🌧",
        "Strings, with rain behind them.",
        (Layer(STRINGS, -21), Layer(RAIN, -28)),
    ),
    "0MA-strings-then-axe": Mix(
        'Workshop "live" [2/3]',
        "More at https://example.org/workshop",
        (Layer(STRINGS, -26, 0, 5), Layer(AXE, -28, 4, 5, 5)),
    ),
    "0MA-piano-then-sheep": Mix(
        "Piano & friends", "", (Layer(PIANO, -24, 0, 5), Layer(SHEEP, -21, 2, 5, 5))
    ),
    "S00-two-voices": Mix(
        "A man, then a woman",
        "Chapter 1 and a greeting.",
        (Layer(NOVEL, -22, 0, 5.2), Layer(SWITCHBOARD, -20, 0, 4.4, 5.6)),
    ),
    "S00-telephone": Mix(
        "Voicemail +49 30 1234567",
        "Left on the answering machine.",
        (Layer(SPANISH, -22),),
        noise=-42,
        band=(300, 3400),
    ),
    "S0A-french-in-rain": Mix("Annonce sous la pluie", "", (Layer(FRENCH, -20), Layer(RAIN, -28))),
    "S0A-axe-then-greeting": Mix(
        "Out of office", "", (Layer(AXE, -30, 4, 5.5), Layer(SWITCHBOARD, -24, 10, 4.2, 5.5))
    ),
    "SM0-greeting-over-piano": Mix(
        "Bienvenue | Welcome", "On hold.", (Layer(SWITCHBOARD, -20), Layer(PIANO, -25))
    ),
    "SM0-novel-over-strings": Mix(
        "Audiobook trailer", "", (Layer(NOVEL, -21, 0, 6, 3.5), Layer(STRINGS, -29))
    ),
    "SMA-novel-strings-rain": Mix(
        "Evening reading", "", (Layer(NOVEL, -20), Layer(STRINGS, -25), Layer(RAIN, -30))
    ),
    "SMA-spanish-piano-sheep": Mix(
        "En el campo",
        "Una felicitación.",
        (Layer(SPANISH, -20, 0, 5.5), Layer(PIANO, -25), Layer(SHEEP, -21, 2, 5, 5)),
    ),
    "SMA-french-then-tabla-then-axe": Mix(
        "Trois choses",
        "",
        (Layer(FRENCH, -21, 0, 4), Layer(TABLA, -26, 0, 3, 4), Layer(AXE, -30, 4, 3, 7)),
    ),
}  # fmt: skip


def listen(folder: Path) -> Iterator[Testimony]:
    """Yield what the experts of `lite` say of each clip, as an ordinary run has it."""
    from auricle.pipeline.run import run

    manifest = folder / "manifest.csv"
    with manifest.open("w", encoding="utf-8", newline="") as file:
        columns = ("path", "recording_id", "duration", "title", "description")
        rows = csv.DictWriter(file, columns)
        rows.writeheader()
        rows.writerows(_plain())
        rows.writerows(_made(folder))
    config = load_config(None, {"source": str(manifest)})
    data = Dataset(str(folder / "set"))
    run(data, config, Console(stderr=True), ("ingest", "annotate"))
    for shard in data.shards("clips"):
        yield from testimonies(data, shard, ("signal", *config.roles()))


def _plain() -> Iterator[dict[str, str]]:
    with (SAMPLES / "manifest.csv").open(encoding="utf-8", newline="") as file:
        told = {row["path"]: row for row in csv.DictReader(file)}
    for name, sample in PLAIN.items():
        yield {
            "path": str(SAMPLES / sample),
            "recording_id": name,
            "duration": str(SECONDS),
            "title": told[sample]["title"],
            "description": told[sample]["description"],
        }


def _made(folder: Path) -> Iterator[dict[str, str]]:
    for name, mix in MIXES.items():
        path = folder / f"{name}.wav"
        soundfile.write(path, mixed(mix), RATE)
        told = {"title": mix.title, "description": mix.description}
        yield {"path": str(path), "recording_id": name, "duration": str(SECONDS), **told}


def mixed(mix: Mix) -> Waveform:
    """Return a mix as mono samples."""
    sound = np.zeros(RATE * SECONDS, np.float32)
    for layer in mix.layers:
        heard = _excerpt(layer)
        first = round(RATE * layer.at)
        heard = heard[: len(sound) - first]
        sound[first : first + len(heard)] += heard
    if mix.noise is not None:
        rng = np.random.default_rng(SEED)
        sound += rng.normal(0, 10 ** (mix.noise / 20), len(sound)).astype(np.float32)
    if mix.band is not None:
        sos = butter(8, mix.band, "bandpass", fs=RATE, output="sos")
        sound = sosfilt(sos, sound).astype(np.float32)
    assert np.abs(sound).max() < 1, f"{mix.title} is overloaded"
    return sound


def _excerpt(layer: Layer) -> Waveform:
    with open_sound(str(SAMPLES / layer.sample), layer.start, layer.seconds) as sound:
        blocks = list(sound)
        heard = resample(np.concatenate(blocks).mean(axis=1), sound.sample_rate, RATE)
    rms = float(np.sqrt(np.mean(heard**2)))
    fade = np.minimum(1, np.arange(len(heard)) / (0.02 * RATE)).astype(np.float32)
    return heard * fade * fade[::-1] * np.float32(10 ** (layer.level / 20) / rms)


def stored(said: Testimony) -> Testimony:
    """Return a testimony under its short name: the recording has but one clip."""
    name = said.recording.recording_id
    rows = {
        field: row.model_copy(update={"clip_id": name})
        for field, row in vars(said).items()
        if isinstance(row, Row)
    }
    return Testimony(name, said.duration, said.recording, **rows)


def to_json(said: Testimony) -> str:
    """Return a testimony as JSON, one row a line, with numbers of four places."""
    recording = said.recording.model_dump(include={"recording_id", "title", "description"})
    rows = {
        name: _rounded(row.model_dump(mode="json", exclude_defaults=True, exclude={"clip_id"}))
        for name in TABLES
        if isinstance(row := getattr(said, name, None), Row)
    }
    head = {"clip_id": said.clip_id, "duration": round(said.duration, 4), "recording": recording}
    lines = [f"{_compact(name)}: {_compact(row)}" for name, row in rows.items()]
    told = ",\n".join(lines)
    return f'{_compact(head)[:-1]}, "rows": {{\n{told}\n}}}}\n'


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "))


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return value


def main() -> None:
    """Write the goldens."""
    if "--listen" in sys.argv:
        with tempfile.TemporaryDirectory() as folder:
            heard = [stored(said) for said in listen(Path(folder))]
        _empty("*.json")
        for said in heard:
            _write(f"{said.clip_id}.json", to_json(said))
    _empty("*.txt")
    for clip_id, said in real_clips().items():
        _write(f"{clip_id}.txt", render(gather(said)) + "\n")


def _empty(pattern: str) -> None:
    for path in GOLDENS.glob(pattern):
        path.unlink()


def _write(name: str, text: str) -> None:
    (GOLDENS / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
