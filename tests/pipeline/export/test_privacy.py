"""What of people's words leaves: all, masked, or none, in every export and in the report."""

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from conftest import auricle

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.export.privacy import Rule, private_clip
from auricle.pipeline.export.privacy_names import names_in, names_in_title
from auricle.pipeline.report.clip import clip_data
from auricle.pipeline.stage_settings import PrivacySettings


@pytest.mark.parametrize(
    "said, language, names",
    [
        ("And Mr. John Dashwood had leisure.", "en", {"John", "Dashwood"}),
        ("He met Anna in Paris. They talked.", "en", {"Anna", "Paris"}),
        ("I'm sure that I saw Tom's friend on Monday.", "en", {"Tom"}),
        ("The Dog", "en", {"Dog"}),
        ("Miss the bus, the Lord of the rings.", "en", set()),
        ('He said, "You may go, Tom."', "en", {"Tom"}),
        ("¿Conoce a María?", "es", {"María"}),
        ("Der Hund ist im Haus, sagt Herr Meier.", "de", {"Meier"}),
        ("nothing here at all", "en", set()),
        ("", None, set()),
    ],
)
def test_finds_names_by_capitals_inside_a_sentence_and_after_titles(
    said: str, language: str | None, names: set[str]
) -> None:
    assert names_in(said, language) == names


def test_finds_names_in_titles_and_uploaders() -> None:
    told = "An evening with Maria Callas\nEMI"
    assert names_in_title(told, "A woman sings.") == {"Maria", "Callas", "EMI"}


def test_ordinary_words_of_a_title_are_no_names() -> None:
    told = "The Sound Of Rain In The Kitchen\nBob Smith"
    assert names_in_title(told, "Rain is heard in a kitchen.") == {"Bob", "Smith"}


def test_masks_names_numbers_and_addresses_and_nothing_else() -> None:
    rule = Rule(False, frozenset({"Anna"}))
    said = "Anna, not Annabel, in 2019: call 0171 555-1234, a.b@c.org, www.x.org or @anna."
    assert rule(said) == (
        "[name], not Annabel, in 2019: call [number], [address], [address] or [address]."
    )


@pytest.mark.parametrize(
    "said, left",
    [
        ("(555) 123-4567 or +49 (0) 30 1234567", "[number] or [number]"),
        ("hum at 16000 Hz for 12.3 s in 1813", "hum at 16000 Hz for 12.3 s in 1813"),
        ('She says "see https://x.org/a." twice.', 'She says "see [address]." twice.'),
        ("Visit example.com, write to a@b.org. Bye.", "Visit [address], write to [address]. Bye."),
        ("ANNA is loud.", "[name] is loud."),
    ],
)
def test_masks_whole_numbers_and_addresses_and_leaves_the_text_around_them(
    said: str, left: str
) -> None:
    assert Rule(False, frozenset({"Anna"}))(said) == left


@pytest.mark.parametrize(
    "text, left",
    [
        ('A man says "good morning".', None),
        ("A man says 'good morning'.", None),
        ("A man says „guten Morgen“.", None),
        ("A man says I am here to talk.", None),
        ("The dogs' bark is like the cats' meow.", "The dogs' bark is like the cats' meow."),
        ("Anna is a@b.org.", "[name] is [address]."),
        ("A man speaks.", "A man speaks."),
    ],
)
def test_drop_leaves_out_what_repeats_the_words_and_masks_the_rest(
    text: str, left: str | None
) -> None:
    rule = Rule(True, frozenset({"Anna"}), "Good morning, Anna. I am here to talk.")
    assert rule(text) == left


def test_an_answer_that_is_what_was_said_is_left_out_without_quotes() -> None:
    rule = Rule(True, frozenset(), "Hello there.")
    assert rule("Hello there!") is None
    assert rule("Hello.") == "Hello."


@pytest.fixture
def copy(demo: Path, tmp_path: Path) -> Path:
    shutil.copytree(demo, tmp_path / "set")
    return tmp_path / "set"


def export(folder: Path, transcripts: str) -> list[dict[str, Any]]:
    settings = yaml.safe_load((folder / "dataset.yaml").read_text())
    settings["privacy"]["transcripts"] = transcripts
    (folder / "dataset.yaml").write_text(yaml.safe_dump(settings))
    done = auricle("export", str(folder))
    assert done.returncode == 0, done.stderr
    files = sorted((folder / "exports" / "parquet").glob("*.parquet"))
    return [row for file in files for row in pq.read_table(file).to_pylist()]


def texts(row: dict[str, Any]) -> list[str]:
    kinds = ("short", "long", "speech", "music", "sound", "environment")
    captions = [text for kind in kinds for text in row[kind] or ()]
    return captions + [pair[part] for pair in row["qa"] for part in ("question", "answer")]


def test_an_export_with_dropped_transcripts_holds_no_word_that_was_said(copy: Path) -> None:
    before = {row["clip_id"]: row for row in export(copy, "keep")}
    assert any('"' in text for row in before.values() for text in texts(row))
    after = export(copy, "drop")
    assert {row["clip_id"] for row in after} == set(before)
    assert any(texts(row) for row in after)
    for row in after:
        assert row["transcript"] is None
        assert not any('"' in text for text in texts(row))
        assert row["caption"] == (row["long"] or [None])[0]
    card = (copy / "exports" / "parquet" / "README.md").read_text()
    assert "texts that quote were left out" in card


def test_an_export_with_masked_transcripts_holds_no_name_that_was_found(copy: Path) -> None:
    before = {row["clip_id"]: row for row in export(copy, "keep")}
    name = next(row for row in before.values() if "Dashwood" in (row["transcript"] or ""))
    after = {row["clip_id"]: row for row in export(copy, "mask")}
    masked = after[name["clip_id"]]
    assert "[name]" in masked["transcript"]
    assert "Dashwood" not in " ".join([masked["transcript"], *texts(masked)])
    music = next(row for row in before.values() if row["domain"] == "0M0")
    assert texts(after[music["clip_id"]]) == texts(music)


def test_a_page_is_as_private_as_an_export(demo: Path) -> None:
    data = Dataset(str(demo))
    ids = data.table("clips", 0, ["clip_id"])["clip_id"].to_pylist()
    clip = clip_data(data, next(each for each in ids if each.startswith("novel-reading")))
    assert "Dashwood" in json.dumps(clip)
    assert private_clip(clip, PrivacySettings()) == clip
    for transcripts in ("mask", "drop"):
        settings = PrivacySettings(transcripts=transcripts, titles="drop")
        told = json.dumps(private_clip(clip, settings))
        assert "Dashwood" not in told
        assert clip["recording"]["title"] not in told
