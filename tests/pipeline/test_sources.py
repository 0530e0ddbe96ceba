import csv
import json
import os
import tracemalloc

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auricle.pipeline.sources import (
    check_unique,
    clip_id,
    describe,
    discover,
    path_to_text,
    text_to_path,
)
from auricle.schemas.arrow import from_table, to_table
from auricle.schemas.clip import Source
from auricle.schemas.errors import UserError


def touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def found(source, **kwargs):
    """The paths below the folder of the test, in the order found."""
    return [os.path.relpath(item.path, source) for item in discover(str(source), **kwargs)]


def manifest(folder, text, name="manifest.csv"):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


def refused(source, *words, **kwargs):
    with pytest.raises(UserError) as caught:
        list(discover(str(source), **kwargs))
    assert all(word in str(caught.value) for word in words), str(caught.value)


# Ids


@pytest.mark.parametrize(
    ("start", "end", "key"),
    [
        (166.48, 176.48, "wo8sFEF7sWM_166_48_176_48"),
        (6.0, 16.0, "wo8sFEF7sWM_6_0_16"),
        (15.549499999999998, 25.549499999999998, "wo8sFEF7sWM_15_549499999999998_25_5495"),
        (200.2525, 210.2525, "wo8sFEF7sWM_200_2525_210_252"),
        (0.0, 10.0, "wo8sFEF7sWM_0_0_10"),
    ],
)
def test_clip_ids_follow_the_rule_of_mecat(start, end, key):
    assert clip_id("wo8sFEF7sWM", start, end) == key


def test_the_dots_of_a_recording_id_stay():
    assert clip_id("talk.v2", 1.5, 2.5) == "talk.v2_1_5_2_5"


def test_ids_by_path_are_a_slug_and_a_hash_and_stay_when_the_folder_moves(tmp_path):
    names = ["Ein Café/Take 1!.wav", "Ein Café/Take 1!.mp3", "日本語.wav", "x" * 90 + ".wav"]
    for folder in ("here", "there"):
        touch(tmp_path / folder, *names)
    here = [item.recording_id for item in discover(str(tmp_path / "here"))]
    assert here == [item.recording_id for item in discover(str(tmp_path / "there"))]
    assert len(set(here)) == 4
    slugs = [name.rpartition("-")[0] for name in here]
    assert slugs == ["take-1", "take-1", "x" * 40, ""]
    assert all(len(name.rpartition("-")[2]) == 16 for name in here)


def test_the_id_of_a_file_is_the_same_with_and_without_a_manifest(tmp_path):
    touch(tmp_path, "a/b.wav")
    plain = [item.recording_id for item in discover(str(tmp_path))]
    manifest(tmp_path, f"path\n./a/b.wav\n{tmp_path}/a/b.wav\n")
    assert [item.recording_id for item in discover(str(tmp_path))] == plain * 2


def test_ids_by_stem_are_the_file_name(tmp_path):
    touch(tmp_path, "dir/wo8sFEF7sWM.m4a", "two words.wav", "a.b.wav")
    ids = [item.recording_id for item in discover(str(tmp_path), "stem")]
    assert ids == ["a.b", "wo8sFEF7sWM", "two words"]


@pytest.mark.parametrize("rule", ["path", "stem"])
def test_no_name_puts_a_slash_or_a_control_character_into_an_id(tmp_path, rule):
    touch(tmp_path, "line\nbreak.wav", "tab\tbed\x7f.wav", "sep\u2028.wav", "deep/er.wav")
    (tmp_path / os.fsdecode(b"caf\xe9.wav")).write_bytes(b"x")
    for item in discover(str(tmp_path), rule):
        text = clip_id(item.recording_id, 0.0, 10.0)
        assert text.isprintable() and "/" not in text


# Paths as text


@pytest.mark.parametrize(
    "name",
    [
        b"plain.wav",
        b"caf\xe9.wav",
        b"\xff\xfe\x80",
        b"line\nbreak.wav",
        b"quote'\"double.wav",
        "naïve – 日本語 🎵.wav".encode(),
        b"back\\slash.wav",
        rb"really \xe9 in the name.wav",
        rb"\x5cxe9",
        b"both \\xe9 and \xe9 and \\\xe9.wav",
    ],
)
def test_a_path_survives_as_text_that_arrow_holds(tmp_path, name):
    path = os.fsencode(tmp_path) + b"/" + name
    with open(path, "wb") as file:  # noqa: PTH123 (a path in bytes)
        file.write(b"here")
    (item,) = discover(str(tmp_path))
    (again,) = from_table(Source, to_table(Source, [item]))
    with open(text_to_path(again.path), "rb") as file:  # noqa: PTH123
        assert file.read() == b"here"
    assert os.fsencode(text_to_path(again.path)) == path


def test_ordinary_paths_are_written_as_they_are():
    for path in ["/a b/ü.wav", r"/a\b.wav", "/x\\", "/\\x4", "/\\xZZ"]:
        assert path_to_text(path) == path
        assert text_to_path(path) == path


def test_escapes_make_no_two_paths_one():
    paths = [os.fsdecode(p) for p in (b"\xe9", rb"\xe9", rb"\x5cxe9", b"\\\xe9", b"\\\\xe9")]
    assert len({path_to_text(p) for p in paths}) == len(paths)
    assert [text_to_path(path_to_text(p)) for p in paths] == paths


# Folders, patterns, files


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path):
    touch(tmp_path, "b.wav", "a/z.mp3", "a/b/c.flac", "c", "B.wav", "a.wav")
    assert found(tmp_path) == ["B.wav", "a/b/c.flac", "a/z.mp3", "a.wav", "b.wav", "c"]


def test_hidden_files_and_what_lies_beside_sound_are_passed_over(tmp_path):
    touch(tmp_path, "a.wav", ".b.wav", ".git/c.wav", "a.txt", "a.info.JSON", "a.jpg", "d.rttm")
    assert found(tmp_path) == ["a.wav"]


def test_linked_folders_are_followed_once_and_without_loops(tmp_path):
    touch(tmp_path / "data", "one/a.wav", "two/b.wav")
    touch(tmp_path / "else", "c.wav")
    (tmp_path / "data/one/up").symlink_to(tmp_path / "data")
    (tmp_path / "data/self").symlink_to("self")
    (tmp_path / "data/three").symlink_to(tmp_path / "else")
    (tmp_path / "data/two/again").symlink_to(tmp_path / "data/one")
    (tmp_path / "data/gone.wav").symlink_to(tmp_path / "nowhere")
    names = ["gone.wav", "one/a.wav", "self", "three/c.wav", "two/b.wav"]
    assert found(tmp_path / "data") == names


def test_pipes_and_broken_links_are_listed_to_be_reported_later(tmp_path):
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "gone.wav").symlink_to(tmp_path / "nowhere")
    assert found(tmp_path) == ["gone.wav", "pipe.wav"]


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*.wav", ["a.wav"]),
        ("*/*.wav", ["x/b.wav"]),
        ("**/*.wav", ["a.wav", "x/b.wav", "x/y/c.wav"]),
        ("x/**", ["x/b.wav", "x/d.mp3", "x/y/c.wav"]),
        ("**/y/*", ["x/y/c.wav"]),
        ("?/[!b]*.*", ["x/d.mp3"]),
        ("{tmp}/x/*.wav", ["x/b.wav"]),
    ],
)
def test_patterns_find_what_they_match(tmp_path, monkeypatch, pattern, names):
    touch(tmp_path, "a.wav", "x/b.wav", "x/d.mp3", "x/y/c.wav", "x/.h/e.wav", "x/note.txt")
    monkeypatch.chdir(tmp_path)
    items = list(discover(pattern.format(tmp=tmp_path)))
    assert [os.path.relpath(item.path, tmp_path) for item in items] == names


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(tmp_path):
    touch(tmp_path, "song [live].wav", "song l.wav")
    source = tmp_path / "song [live].wav"
    assert [item.path for item in discover(str(source))] == [str(source)]
    assert describe(str(source)) == f"{source}, one file"


def test_paths_are_absolute(tmp_path, monkeypatch):
    touch(tmp_path, "d/a.wav")
    monkeypatch.chdir(tmp_path)
    for source in ("d", "d/*.wav", "d/a.wav", "."):
        assert [item.path for item in discover(source)] == [str(tmp_path / "d/a.wav")]


def test_a_folder_is_listed_when_the_stream_gets_there(tmp_path, monkeypatch):
    touch(tmp_path, *(f"{folder}/{file}.wav" for folder in "abcdef" for file in "xyz"))
    listed = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: listed.append(path) or scandir(path))
    stream = discover(str(tmp_path))
    for _ in range(4):
        next(stream)
    assert [path.rpartition("/")[2] for path in listed] == [tmp_path.name, "a", "b"]


# Manifests


def test_a_csv_manifest_names_excerpts_and_what_is_known_of_them(tmp_path):
    source = manifest(
        tmp_path,
        "path,recording_id,start,duration,licence,title,description,uploader,views,empty,a note\n"
        'a.m4a,wo8sFEF7sWM,166.48,10,CC BY 3.0,"Q, and ""A""",,someone,12,,"two\nlines"\n'
        "a.m4a,wo8sFEF7sWM,15.549499999999998,,,,,,,,\n",
    )
    first, second = discover(source)
    assert first == Source(
        recording_id="wo8sFEF7sWM",
        path=str(tmp_path / "a.m4a"),
        start=166.48,
        duration=10.0,
        license="CC BY 3.0",
        title='Q, and "A"',
        uploader="someone",
        extra='{"a note": "two\\nlines", "views": "12"}',
    )
    assert (second.start, second.duration, second.extra) == (15.549499999999998, None, None)


def test_the_three_kinds_of_manifest_say_the_same(tmp_path):
    rows = [
        {"path": "a.wav", "recording_id": "A", "start": 1.5, "duration": 2.0, "license": "CC0"},
        {"path": "sub/ü.wav", "recording_id": None, "start": None, "duration": None},
    ]
    names = ["path", "recording_id", "start", "duration", "license"]
    with (tmp_path / "m.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)
    manifest(tmp_path, "\n\n".join(map(json.dumps, rows)), "m.jsonl")
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "m.parquet")
    read = [list(discover(str(tmp_path / f"m{end}"))) for end in (".csv", ".jsonl", ".parquet")]
    assert read[0] == read[1] == read[2]
    assert [item.path for item in read[0]] == [str(tmp_path / r["path"]) for r in rows]


def test_further_columns_keep_their_json_types(tmp_path):
    row = {"path": "a.wav", "n": 3, "tags": ["x", None], "deep": {"b": 1}, "none": None, "s": ""}
    source = manifest(tmp_path, json.dumps(row), "m.jsonl")
    (item,) = discover(source)
    assert item.extra == '{"deep": {"b": 1}, "n": 3, "tags": ["x", null]}'


def test_parquet_extras_that_json_lacks_are_left_out_or_written_as_text(tmp_path):
    table = pa.table(
        {
            "path": ["a.wav"],
            "start": [float("nan")],
            "when": pa.array([0], pa.timestamp("s")),
            "audio": [b"\x00\x01"],
            "score": [float("nan")],
        }
    )
    pq.write_table(table, tmp_path / "m.parquet")
    (item,) = discover(str(tmp_path / "m.parquet"))
    assert (item.start, item.extra) == (0.0, '{"when": "1970-01-01 00:00:00"}')


def test_a_folder_with_a_manifest_is_read_through_it(tmp_path):
    touch(tmp_path, "a.wav", "b.wav")
    manifest(tmp_path, "path\nb.wav\n")
    assert found(tmp_path) == ["b.wav"]
    assert describe(str(tmp_path)) == f"{tmp_path}/manifest.csv, a CSV manifest"


def test_bytes_that_are_not_utf_8_name_the_file_they_stand_for(tmp_path):
    (tmp_path / "manifest.csv").write_bytes(b"path,title\ncaf\xe9.wav,ol\xe9\n")
    (item,) = discover(str(tmp_path))
    assert os.fsencode(text_to_path(item.path)).endswith(b"/caf\xe9.wav")
    assert to_table(Source, [item]).num_rows == 1


def test_a_broken_surrogate_in_a_title_is_escaped(tmp_path):
    source = manifest(tmp_path, '{"path": "a.wav", "title": "\\ud800", "x": "\\udfff"}', "m.jsonl")
    assert to_table(Source, list(discover(source))).num_rows == 1


def test_many_rows_are_not_held(tmp_path):
    with (tmp_path / "m.csv").open("w") as file:
        file.write("path,start,description\n")
        for i in range(5000):
            file.write(f"{i}.wav,{i},{'text ' * 800}\n")
    tracemalloc.start()
    assert sum(1 for _ in discover(str(tmp_path / "m.csv"))) == 5000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8e6  # the text alone is 20 MB


# What the user can mend


def test_what_is_not_there_is_said(tmp_path):
    refused(tmp_path / "none", "none", "no such file or folder")
    refused(tmp_path / "*.wav", "*.wav", "matches no sound file")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", "empty", "holds no sound file")
    refused(manifest(tmp_path, "path\n"), "has no rows")


def test_a_manifest_without_a_path_column_is_refused(tmp_path):
    refused(manifest(tmp_path, "file,start\na.wav,0\n"), "manifest.csv", "path", "file, start")
    refused(manifest(tmp_path, "", "m.csv"), "no column `path`")
    pq.write_table(pa.table({"file": ["a"]}), tmp_path / "m.parquet")
    refused(tmp_path / "m.parquet", "path", "file")
    refused(manifest(tmp_path, '{"file": "a.wav"}', "m.jsonl"), "line 1", "no path")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("a.wav,abc,,", ["start", "'abc'"]),
        ("a.wav,nan,,", ["start", "'nan'"]),
        ("a.wav,-1,,", ["start", "'-1'"]),
        ("a.wav,0,inf,", ["duration", "'inf'"]),
        ("a.wav,0,0,", ["duration", "above 0"]),
        (",0,1,", ["no path"]),
        ("a.wav,0,1,a/b", ["recording_id", "'a/b'"]),
        ("a.wav,0,1,a,b,c", ["6 cells", "4 columns"]),
    ],
)
def test_a_bad_value_is_named_with_its_row(tmp_path, row, words):
    text = f"path,start,duration,recording_id\nfine.wav,0,1,x\n{row}\n"
    refused(manifest(tmp_path, text), "manifest.csv, line 3", *words)


def test_bad_json_and_bad_parquet_are_named(tmp_path):
    refused(manifest(tmp_path, '{"path": "a"}\n{"path"', "m.jsonl"), "m.jsonl, line 2")
    refused(manifest(tmp_path, "[1]", "m.jsonl"), "line 1", "object")
    refused(manifest(tmp_path, '{"path": "a", "start": true}', "m.jsonl"), "start is True")
    refused(manifest(tmp_path, "not parquet", "m.parquet"), "m.parquet", "Parquet")


def test_two_rows_with_one_id_and_start_are_both_named(tmp_path):
    text = "path,recording_id,start\na.wav,x,0\nb.wav,x,5\nc.wav,x,5.0\n"
    with pytest.raises(UserError) as caught:
        check_unique(manifest(tmp_path, text))
    for word in ("number 2", "b.wav", "number 3", "c.wav", "'x'", "5.0"):
        assert word in str(caught.value)


def test_two_files_with_one_stem_are_both_named(tmp_path):
    touch(tmp_path, "a/x.wav", "b/x.mp3", "b/y.wav")
    assert check_unique(str(tmp_path)) == 3
    with pytest.raises(UserError) as caught:
        check_unique(str(tmp_path), "stem")
    assert "a/x.wav" in str(caught.value) and "b/x.mp3" in str(caught.value)


def test_excerpts_of_one_recording_are_unique_by_their_start(tmp_path):
    source = manifest(tmp_path, "path,start\na.wav,0\na.wav,10\na.wav,20\n")
    assert check_unique(source) == 3
    assert len({item.recording_id for item in discover(source)}) == 1
