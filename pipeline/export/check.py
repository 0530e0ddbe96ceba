"""Exports opened again as their users will: all is there, it decodes, and no side leaks."""

import io
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from auricle.pipeline.engine.storage import Storage
from auricle.pipeline.export.counts import COUNTS, read_counts
from auricle.pipeline.export.readers import READERS, Seen, files
from auricle.pipeline.export.rows import SPLITS, Count
from auricle.schemas.errors import UserError

_ROUNDING = 0.001
"""Seconds by which a clip's length and that of its sound at another rate may differ."""


class Checked(NamedTuple):
    """What was found of a split of an export; `decoded` clips were heard to their end."""

    format: str
    split: str
    clips: int
    rows: int
    seconds: float
    decoded: int


def check(folder: str, formats: Sequence[str] = ()) -> list[Checked]:
    """Open the exports of a dataset again and return what each holds.

    Each is read whole, with the library that its users have. The header of every sound is read,
    and clips 1, 2, 4, 8 ... of a split are decoded.

    Args:
        folder: a dataset, or a copy of its `exports`.
        formats: which; with none, all that are there.

    Raises:
        UserError: a file cannot be read, holds other than its `counts.json` says or shares clips or
            recordings with the other split; an export or a package is missing.
    """
    if "://" in folder:
        raise UserError(f"{folder}: only exports on a disk are checked; copy them to one")
    root = Path(folder)
    root = root / "exports" if (root / "exports").is_dir() else root
    wanted = list(formats) or [name for name in READERS if (root / name).is_dir()]
    if not wanted:
        raise UserError(f"{folder}: no exports here; make them first: auricle export")
    for name in wanted:
        if name not in READERS:
            raise UserError(f"{name}: no such format; there are {', '.join(READERS)}")
    return [checked for name in wanted for checked in _export(root / name, name)]


def _export(folder: Path, name: str) -> list[Checked]:
    """Check one export."""
    told = _told(folder)
    other: _Met | None = None
    found = []
    for split in SPLITS:
        met = _Met(other)
        read = files(folder, name, split)
        for file in read:
            _read(file, name, split, met)
        _compare(folder, read, name, split, met.count, told.get(split, Count()))
        found.append(Checked(name, split, *met.count, decoded=met.decoded))
        other = met
    return found


class _Met:
    """What was met of a split: 64 bits for every clip and recording, so that millions fit."""

    def __init__(self, other: "_Met | None") -> None:
        """Take what was met of the other split, which must not be met again."""
        self.other = other
        self.clips: set[int] = set()
        self.recordings: set[int] = set()
        self.rows = 0
        self.seconds = 0.0
        self.decoded = 0

    @property
    def count(self) -> Count:
        return Count(len(self.clips), self.rows, round(self.seconds, 3))

    def add(self, seen: Seen) -> None:
        """Count a row, and its sound where the clip is met for the first time."""
        self.rows += seen.rows
        if seen.recording is not None:
            mark = _mark(seen.recording)
            self.recordings.add(mark)
            if self.other and mark in self.other.recordings:
                raise UserError(f"recording {seen.recording} is in both splits; split again")
        mark = _mark(seen.clip)
        if mark in self.clips:
            return
        self.clips.add(mark)
        if self.other and mark in self.other.clips:
            raise UserError(f"clip {seen.clip} is in both splits; split again")
        if seen.sound is None:
            self.seconds += seen.seconds
            return
        number = len(self.clips)
        whole = number & (number - 1) == 0  # 1, 2, 4, 8 ...
        self.seconds += _seconds(seen, whole)
        self.decoded += whole


def _read(file: Path, name: str, split: str, met: _Met) -> None:
    """Read a file to its end.

    Raises:
        UserError: its reader, whichever it is, cannot; or a clip is on both sides.
    """
    try:
        for seen in READERS[name].read(file, split):
            met.add(seen)
    except UserError as error:
        raise UserError(f"{file}: {error}") from None
    except Exception as error:  # every library has its own kinds
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"{file}: cannot be read ({reason}); {_again(name)}") from error


def _seconds(seen: Seen, whole: bool) -> float:
    """Return how long a sound is by its header, having decoded it if `whole`."""
    import soundfile

    sound = seen.sound
    assert sound is not None
    if isinstance(sound, Path) and not sound.is_file():
        raise FileNotFoundError(f"{sound} is missing")

    def opened() -> Path | io.BytesIO:
        return sound if isinstance(sound, Path) else io.BytesIO(sound)

    try:
        told = soundfile.info(opened())
        if whole and (got := len(soundfile.read(opened(), dtype="int16")[0])) != told.frames:
            raise ValueError(f"{got} samples of {told.frames}")
    except (soundfile.SoundFileError, ValueError) as error:
        raise ValueError(f"the sound of {seen.clip} does not decode: {error}") from None
    return float(told.frames / told.samplerate)


def _compare(
    folder: Path, read: list[Path], name: str, split: str, found: Count, told: Count
) -> None:
    """Hold what was found against what the export wrote down."""
    where = read[0] if len(read) == 1 else f"{folder} ({split}, {len(read)} files)"
    near = abs(found.seconds - told.seconds) <= _ROUNDING * (1 + found.clips)
    if found[:2] == told[:2] and near:
        return
    differ = [
        f"{was:g} {unit}, {COUNTS} says {said:g}"
        for unit, was, said in zip(Count._fields, found, told, strict=True)
        if (not near if unit == "seconds" else was != said)
    ]
    raise UserError(f"{where}: {'; '.join(differ)}; {_again(name)}")


def _told(folder: Path) -> dict[str, Count]:
    """Return what an export wrote down when it was done."""
    path = folder / COUNTS
    try:
        return read_counts(Storage(str(folder.parent)), folder.name)
    except FileNotFoundError:
        raise UserError(
            f"{path} is missing: the export did not end; {_again(folder.name)}"
        ) from None
    except ValueError as error:
        raise UserError(f"{path}: broken ({error}); {_again(folder.name)}") from None


def _again(name: str) -> str:
    return f"delete exports/{name} and export again"


def _mark(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big")
