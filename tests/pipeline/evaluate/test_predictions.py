"""Prediction files are read whole or refused, and matched to the benchmark key by key."""

import json

import pytest

from auricle.pipeline.evaluate.benchmark import Benchmark, Sample
from auricle.pipeline.evaluate.predictions import match, read_file, read_predictions
from auricle.schemas.errors import UserError

TEXTS = {
    "a1": 'He says "stop", twice.',
    "b2": "None",
    "c3": "日本語の歌, und ein Äffchen",
}
FORMS = {
    "p.csv": "\n".join(
        f'"{key}","{text.replace(chr(34), chr(34) * 2)}"' for key, text in TEXTS.items()
    ),
    "p.jsonl": "\n".join(json.dumps({key: text}) for key, text in TEXTS.items()),
    "p.json": json.dumps(TEXTS),
    "nested.jsonl": "\n".join(json.dumps({k: {"score": 1, "long": t}}) for k, t in TEXTS.items()),
    "nested.json": json.dumps({k: {"long": t, "short": "x"} for k, t in TEXTS.items()}),
    "tab.txt": "\n".join(f"{key}\t{text}" for key, text in TEXTS.items()),
    "space.txt": "\n".join(f"{key} {text}" for key, text in TEXTS.items()),
}


@pytest.fixture
def file(tmp_path):
    def write(name: str, content: str) -> str:
        (tmp_path / name).write_text(content, "utf-8")
        return str(tmp_path / name)

    return write


@pytest.mark.parametrize("name", FORMS)
def test_every_form_gives_the_same_texts(file, name: str) -> None:
    assert read_file(file(name, FORMS[name])) == TEXTS


@pytest.mark.parametrize("ending", ["\r\n", "\n\n"])
def test_ends_of_lines_and_blank_lines_do_not_matter(file, ending: str) -> None:
    for name in ("p.csv", "p.jsonl", "tab.txt"):
        assert read_file(file(name, "\ufeff" + FORMS[name].replace("\n", ending))) == TEXTS


def test_a_text_of_several_lines_survives_in_csv(file) -> None:
    assert read_file(file("p.csv", '"a","one\ntwo"\n')) == {"a": "one\ntwo"}


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("p.csv", '"a","b"\n"c","d","e"\n', "p.csv:2: 3 columns"),
        ("p.csv", '"a","b', "not CSV"),
        ("p.csv", '"a","b"\n"a","c"\n', "p.csv:2: a is there twice"),
        ("p.jsonl", '{"a": "b"}\n{"c": \n', "p.jsonl:2: not JSON"),
        ("p.jsonl", '{"a": "b"}\n{"a": "c"}\n', "p.jsonl:2: a is there twice"),
        ("p.json", '{"a": "b", "a": "c"}', "a is there twice"),
        ("p.json", '["a"]', "the form is"),
        ("p.json", '{"a": {"score": 1}}', "a has no text"),
        ("p.json", "{}", "no predictions"),
        ("p.txt", "a\n", "p.txt:1: a line is a key, a tab and the text"),
        ("p.tsv", "a\tb\n", "ends in .csv, .jsonl, .json, .txt"),
    ],
)
def test_a_file_that_is_not_of_its_form_is_refused_with_the_line(file, name, content, told) -> None:
    with pytest.raises(UserError) as error:
        read_file(file(name, content))
    assert told in str(error.value)


def test_a_missing_file_is_told(tmp_path) -> None:
    with pytest.raises(UserError, match=r"none\.csv: cannot read: No such file"):
        read_file(str(tmp_path / "none.csv"))


def test_one_file_is_for_every_kind_and_several_are_in_their_order(file) -> None:
    one = file("one.json", '{"k": "one"}')
    two = file("two.json", '{"k": "two"}')
    assert {*map(str, read_predictions([one], "caption"))} == {
        *("long", "short", "speech", "music", "sound", "environment")
    }
    both = read_predictions([one, two], "caption")
    assert both == {"long": {"k": "one"}, "short": {"k": "two"}}
    with pytest.raises(UserError, match="7 files; caption takes one to 6"):
        read_predictions([one] * 7, "caption")
    with pytest.raises(UserError, match="2 files; qa takes one to 1"):
        read_predictions([one, two], "qa")


def benchmark(*keys: str) -> Benchmark:
    samples = tuple(
        Sample(key, group, field, "S00", key, ("x",) * 3)
        for key in keys
        for group, field in (("content_long", "long"), ("pure_speech", "speech"))
    )
    return Benchmark("bench", "caption", samples, frozenset(keys))


def test_a_key_that_the_benchmark_has_not_is_counted_and_named() -> None:
    given = {"long": {"a": "1", "b": "2", **dict.fromkeys(("w", "x", "y", "z"), "?")}}
    with pytest.raises(UserError, match=r"4 of 6 keys are not in bench \(w, x, y, \.\.\.\)"):
        match(benchmark("a", "b"), given, allow_missing=False)
    matched = match(benchmark("a", "b"), given, allow_missing=True)
    assert (matched.texts, matched.missing, matched.unknown) == (("1", "2"), 0, 4)


def test_a_sample_without_a_prediction_is_counted_and_named() -> None:
    given = {"long": {"a": "1"}, "speech": {"a": "1", "b": "2"}}
    with pytest.raises(UserError, match=r"1 of 4 samples have none, of 1 keys \(b\)"):
        match(benchmark("a", "b"), given, allow_missing=False)
    matched = match(benchmark("a", "b"), given, allow_missing=True)
    assert (len(matched.samples), matched.missing, matched.unknown) == (3, 1, 0)


def test_kinds_of_caption_that_are_not_predicted_are_not_missing() -> None:
    matched = match(benchmark("a"), {"long": {"a": "1"}}, allow_missing=False)
    assert [sample.group for sample in matched.samples] == ["content_long"]


def test_predictions_of_another_benchmark_are_refused_even_if_missing_ones_are_allowed() -> None:
    with pytest.raises(UserError, match="none is of a sample in bench"):
        match(benchmark("a"), {"long": {"z": "1"}}, allow_missing=True)
