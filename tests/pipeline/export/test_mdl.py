"""The CSV for mdl-toolkit opens with `Dataset.from_csv`, which the toolkit uses."""

from pathlib import Path
from typing import Any

import exports
import pytest

from auricle.pipeline.export import mdl
from auricle.pipeline.export.flac import safe_name

FOLDER = Path("exports/mdl")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("mdl")
    assert exports.write(mdl, root)["train"] == (8, 74, 16.0)
    return root


@pytest.fixture(scope="module")
def rows(root: Path) -> list[dict[str, Any]]:
    datasets = pytest.importorskip("datasets")
    opened = datasets.Dataset.from_csv(str(root / FOLDER / "train.csv"), cache_dir=root / "cache")
    assert opened.column_names == ["audio", "prediction", "system_prompt", "user_prompt"]
    return list(opened)


def test_every_text_comes_back_as_it_was(rows: list[dict[str, Any]]) -> None:
    given = [turn for row in exports.rows_of(exports.splits()["train"]) for turn in mdl.turns(row)]
    read = [(row["user_prompt"], row["prediction"]) for row in rows]
    plain = {"None": "None.", "N/A": "N/A."}
    assert read == [(ask, plain.get(text, text)) for ask, text in given]


def test_the_system_prompt_is_left_to_the_toolkit(rows: list[dict[str, Any]]) -> None:
    assert {row["system_prompt"] for row in rows} == {None}


def test_paths_lead_from_the_folder_of_the_csv_to_the_same_sound(
    root: Path, rows: list[dict[str, Any]]
) -> None:
    given = {
        exports.samples(row["audio"]["bytes"]).tobytes()
        for row in exports.rows_of(exports.splits()["train"])
    }
    paths = {row["audio"] for row in rows}
    assert len(paths) == 8
    assert {exports.samples(root / FOLDER / path).tobytes() for path in paths} == given


def test_a_clip_gives_what_it_has_with_the_models_prompts() -> None:
    clip = exports.rows_of(exports.splits()["train"])[0]
    asked = [ask for ask, _ in mdl.turns(clip)]
    assert asked == [
        "Write a general audio caption",
        "What is happening in this audio? Provide a brief caption within 15 words.",
        *["What is happening in this audio? Provide a detailed caption within 1-2 sentences."] * 2,
        *["What is the speech content can be heard in this audio?"] * 2,
        "What is the acoustic environment and recording quality of this audio?",
        *[f"What <audio> is it, {exports.HARD}? Answer with 1-2 sentences"] * 2,
    ]


def test_a_clip_without_texts_is_not_counted(tmp_path: Path) -> None:
    row = exports.rows_of(exports.splits()["train"])[0]
    row |= dict.fromkeys(["caption", *mdl.PROMPTS, "qa"])
    counts = exports.write(mdl, tmp_path, {"train": [exports.table([row])], "benchmark": []})
    assert counts["train"] == (0, 0, 0.0)


def test_a_file_of_the_same_size_is_left_and_a_cut_one_is_written_again(tmp_path: Path) -> None:
    exports.write(mdl, tmp_path)
    first, second = sorted((tmp_path / "exports" / "flac" / "train").rglob("*.flac"))[:2]
    before = first.stat().st_mtime_ns, second.read_bytes()
    second.write_bytes(before[1][:-1])
    exports.write(mdl, tmp_path)
    assert (first.stat().st_mtime_ns, second.read_bytes()) == before


def test_an_object_store_gets_the_same_files(tmp_path: Path) -> None:
    exports.write(mdl, tmp_path)
    store = exports.object_store("mdl")
    mdl.write(store, mdl.FOLDER, exports.splits())
    mdl.write(store, mdl.FOLDER, exports.splits())
    paths = [path for path in (tmp_path / "exports").rglob("*") if path.is_file()]
    assert len(paths) == 12 + 3
    for path in paths:
        assert store.read(path.relative_to(tmp_path).as_posix()) == path.read_bytes()


def test_names_of_files_are_safe_and_never_shared() -> None:
    ids = ["a", "a.b", "a-b", "a/b", "a b", "Ä", "ä", "x" * 90, "x" * 91, "x" * 92, "..", "a~b"]
    names = [safe_name(each) for each in ids]
    assert len(set(names)) == len(ids)
    assert all(len(name) <= 90 and name.isascii() and not set(name) & set("./ ") for name in names)
    assert [names[0], names[2], names[7]] == ["a", "a-b", "x" * 90]
    assert names[1] == safe_name("a.b") != safe_name(names[1])
