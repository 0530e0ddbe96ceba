"""Exports as their consumers open them: every row with its clip, its recording and its sound."""

import csv
import glob
import json
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from auricle.pipeline.export.mecat import SIDES
from auricle.schemas.errors import UserError


class Seen(NamedTuple):
    """What a reader met: a clip, the rows this is, and where its sound lies or how long it is."""

    clip: str
    recording: str | None = None
    sound: bytes | Path | None = None
    seconds: float = 0.0
    rows: int = 1


class Reader(NamedTuple):
    """Where the files of a split lie in an export, and what reads one."""

    files: tuple[str, ...]
    read: Callable[[Path, str], Iterator[Seen]]


def needed(package: str, what: str) -> Any:
    """Return a consumer's package.

    Raises:
        UserError: it is not installed.
    """
    try:
        return import_module(package)
    except ImportError:
        raise UserError(f"{what} is read with {package}: pip install {package}") from None


def _parquet(file: Path, _: str) -> Iterator[Seen]:
    for row in _rows("parquet", file):
        yield Seen(row["clip_id"], row["recording_id"], row["audio"]["bytes"])


def _ctc_or_instruct(file: Path, _: str) -> Iterator[Seen]:
    if file.suffix == ".parquet":
        for row in _rows("parquet", file):
            yield Seen(Path(row["audio"]["path"]).stem, None, row["audio"]["bytes"])
    else:
        for told in _json_lines(file):
            _say_something(told["conversation"])
            yield _in_file(file, told["audio"])


def _webdataset(file: Path, _: str) -> Iterator[Seen]:
    opened = needed("webdataset", "a WebDataset").WebDataset(
        str(file), shardshuffle=False, empty_check=False
    )
    for sample in opened:
        told = json.loads(sample["json"])
        yield Seen(told["clip_id"], told["recording_id"], sample["flac"])


def _mecat(file: Path, split: str) -> Iterator[Seen]:
    """Yield a clip for its line in the list, and once for each of its captions and questions."""
    if file.suffix == ".csv":
        with file.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines, strict=True):
                if row["split"] == SIDES[split]:
                    yield Seen(
                        row["key"], row["recording_id"], None, float(row["duration"]), rows=0
                    )
        return
    asked = file.parent.parent.name == "qa"
    for told in _json_lines(file):
        ((key, _),) = told.items()
        yield Seen(key[: -len("_hhhhhhhh")] if asked else key)


def _mdl(file: Path, _: str) -> Iterator[Seen]:
    for row in _rows("csv", file):
        if row["prediction"] is None or row["audio"] is None:
            raise ValueError(f"a row without audio or prediction: {row}")
        yield _in_file(file, row["audio"])


def _swift(file: Path, _: str) -> Iterator[Seen]:
    for told in _json_lines(file):
        _say_something(told["messages"])
        yield _in_file(file, told["audios"][0])


def _nemo(file: Path, _: str) -> Iterator[Seen]:
    for told in _json_lines(file):
        place = file.parent / told["audio_filepath"]
        yield Seen(told["clip_id"], told["recording_id"], place)


def _lhotse(file: Path, _: str) -> Iterator[Seen]:
    for cut in needed("lhotse", "a Lhotse export").CutSet.from_jsonl_lazy(file):
        place = cut.with_recording_path_prefix(file.parent).recording.sources[0].source
        yield Seen(cut.id, cut.custom["source_recording_id"], Path(place))


READERS: Mapping[str, Reader] = {
    "parquet": Reader(("{split}-*.parquet",), _parquet),
    "webdataset": Reader(("{split}/*.tar",), _webdataset),
    "mecat": Reader(("clips.csv", "caption/{side}/*.jsonl", "qa/{side}/*.jsonl"), _mecat),
    "mdl": Reader(("{split}.csv",), _mdl),
    "swift": Reader(("{split}.jsonl",), _swift),
    "nemo": Reader(("{split}/captions.jsonl", "{split}/asr.jsonl"), _nemo),
    "lhotse": Reader(("{split}/cuts.jsonl.gz",), _lhotse),
    "meralion": Reader(("ctc/{split}-*.parquet", "instruct/{split}.jsonl"), _ctc_or_instruct),
}
"""By format. A split is `train` or `benchmark`, a side MECAT's name for it."""


def files(folder: Path, name: str, split: str) -> list[Path]:
    """Return the files of a split that are there, in order."""
    patterns = [p.format(split=split, side=SIDES.get(split)) for p in READERS[name].files]
    return [path for pattern in patterns for path in sorted(folder.glob(pattern))]


def _rows(kind: str, file: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file by the `datasets` library, sound as bytes, one batch in memory."""
    datasets = needed("datasets", f"a {kind} file")
    opened = datasets.load_dataset(
        kind, data_files=glob.escape(str(file)), split="train", streaming=True
    )
    if kind == "parquet":
        opened = opened.cast_column("audio", datasets.Audio(decode=False))
    yield from opened


def _json_lines(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8", newline="\n") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield json.loads(line)
            except json.JSONDecodeError as error:
                raise ValueError(f"line {number} is no JSON: {error}") from None


def _say_something(messages: list[dict[str, str]]) -> None:
    if [message["role"] for message in messages] != ["user", "assistant"]:
        raise ValueError(f"not a question and an answer: {messages}")


def _in_file(manifest: Path, path: str) -> Seen:
    return Seen(Path(path).stem, None, manifest.parent / path)
