"""Lists of video ids and times, read beside a folder of downloads."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from containers import ingest, sound

from auricle.pipeline.lists import Store
from auricle.pipeline.sources import describe, discover
from auricle.schemas.errors import UserError

AUDIOSET = """\
# Segments csv created Sun Mar  5 10:54:31 2017
# num_ytids=3, num_segs=3, num_unique_labels=2, num_positive_labels=3
# YTID, start_seconds, end_seconds, positive_labels
--PJHxphWEs, 30.000, 40.000, "/m/09x0r,/t/dd00088"
-0DLPzsiXXE, 0.000, 8.500, "/m/04rlf"
-ABSENT_id_, 5.000, 15.000, "/m/04rlf"
"""


@pytest.fixture
def store(tmp_path):
    folder = tmp_path / "store"
    (folder / "--").mkdir(parents=True)
    (folder / "-0").mkdir()
    (folder / "--" / "--PJHxphWEs.flac").write_bytes(sound(45))
    (folder / "-0" / "-0DLPzsiXXE_0.wav").write_bytes(sound(8.5, "WAV"))
    (folder / "-0" / "-0DLPzsiXXE.info.json").write_text("{}")
    return folder


def listed(path, text):
    path.write_text(text)
    return path


def test_a_list_of_audioset_finds_whole_files_and_cut_ones(tmp_path, store):
    segments = listed(tmp_path / "segments.csv", AUDIOSET)
    made = ingest(segments, tmp_path / "set", store=str(store))
    whole, cut, absent = made.recordings
    assert (whole.recording_id, whole.start, whole.duration) == ("--PJHxphWEs", 30, 10)
    assert (whole.offset, whole.status, whole.decoded_seconds) == (0, "ok", 10)
    assert whole.extra == '{"positive_labels": "/m/09x0r,/t/dd00088"}'
    assert (cut.start, cut.duration, cut.status, cut.decoded_seconds) == (0, 8.5, "ok", 8.5)
    assert (absent.status, absent.reason) == ("error", "missing_file")
    assert absent.detail == f"no file for -ABSENT_id_ in the store {store}"
    assert [clip.clip_id for clip in made.clips] == ["--PJHxphWEs_30_0_40", "-0DLPzsiXXE_0_0_8_5"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("acav.csv", "ytid,start,end,title,license\nwo8sFEF7sWM,30,40,T,CC BY\n"),
        ("acav.tsv", "videoID\tstart\tlicense\ttitle\nwo8sFEF7sWM\t30.0\tCC BY\tT\n"),
        (
            "list.jsonl",
            '{"youtube_id": "wo8sFEF7sWM", "start": 30, "title": "T", "license": "CC BY"}',
        ),
    ],
)
def test_forms_of_a_list_say_the_same(tmp_path, name, text):
    (tmp_path / "store").mkdir()
    (item,) = discover(str(listed(tmp_path / name, text)), store=str(tmp_path / "store"))
    assert (item.recording_id, item.start, item.duration) == ("wo8sFEF7sWM", 30, 10)
    assert (item.title, item.license, item.extra) == ("T", "CC BY", None)
    assert describe(str(tmp_path / name)).endswith("list of ids")


def test_a_list_in_parquet_and_one_without_names_of_columns(tmp_path):
    (tmp_path / "store").mkdir()
    told = {"videoID": ["wo8sFEF7sWM"], "start": [30.0], "end": [40.0]}
    pq.write_table(pa.table(told), tmp_path / "acav.parquet")
    listed(tmp_path / "acav.csv", "wo8sFEF7sWM,30,40\n")
    listed(tmp_path / "vggsound.csv", 'wo8sFEF7sWM,30,"playing, the harp",train\n')
    for name, extra in [
        ("acav.parquet", None),
        ("acav.csv", None),
        ("vggsound.csv", '{"label": "playing, the harp", "split": "train"}'),
    ]:
        (item,) = discover(str(tmp_path / name), store=str(tmp_path / "store"))
        assert (item.start, item.duration, item.extra) == (30, 10, extra)


@pytest.mark.parametrize(
    ("name", "offset"),
    [
        ("wo8sFEF7sWM.m4a", 0),
        ("deep/er/wo8sFEF7sWM.webm", 0),
        ("A title [wo8sFEF7sWM].opus", 0),
        ("wo8sFEF7sWM_30.mp4", 30),
        ("wo8sFEF7sWM_000030.mp4", 30),
        ("wo8sFEF7sWM_30.0_40.0.flac", 30),
        ("wo8sFEF7sWM_30_000_40_000.flac", 30),
    ],
)
def test_downloads_are_found_as_people_name_them(tmp_path, name, offset):
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_bytes(b"x")
    (tmp_path / "wo8sFEF7sW0_30.mp4").write_bytes(b"x")
    (tmp_path / "wo8sFEF7sWM.part").write_bytes(b"x")
    (tmp_path / "wo8sFEF7sWM_31.mp4").write_bytes(b"x")
    assert Store(str(tmp_path)).find("wo8sFEF7sWM", 30.0, 10.0) == (str(tmp_path / name), offset)


def test_a_cut_file_is_taken_before_the_whole_video(tmp_path):
    for name in ("v.mp4", "v_15_5.flac"):
        (tmp_path / name).write_bytes(b"x")
    store = Store(str(tmp_path))
    assert store.find("v", 15.5, 10.0) == (str(tmp_path / "v_15_5.flac"), 15.5)
    assert store.find("v", 16.0, 10.0) == (str(tmp_path / "v.mp4"), 0)
    assert store.find("w", 0.0, None) == (str(tmp_path / "w.*"), 0)


def test_what_was_missing_joins_when_it_has_come(tmp_path, store):
    segments = listed(tmp_path / "segments.csv", AUDIOSET)
    ingest(segments, tmp_path / "set", store=str(store))
    again = ingest(segments, tmp_path / "set", store=str(store))
    assert (again.listed.sources, again.listed.new) == (3, 0)
    (store / "-ABSENT_id_.flac").write_bytes(sound(20))
    for expected in (1, 0):
        more = ingest(segments, tmp_path / "set", store=str(store))
        assert (more.listed.new, len(more.clips)) == (expected, 3)
    assert more.recordings[-1].recording_id == "-ABSENT_id_"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ytid,start\nwo8sFEF7sWM,soon\n", ["line 2", "'soon'"]),
        ("ytid,start,end\nwo8sFEF7sWM,9,9\n", ["line 2", "above 0"]),
        ("ytid,start\n,9\n", ["line 2", "no video id"]),
        ("ytid,start\nwo8sFEF7sWM,9,8,7\n", ["line 2", "4 cells"]),
    ],
)
def test_a_bad_row_is_named(tmp_path, text, words):
    with pytest.raises(UserError) as caught:
        list(discover(str(listed(tmp_path / "l.csv", text)), store=str(tmp_path)))
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_a_list_asks_for_a_store(tmp_path):
    path = listed(tmp_path / "l.csv", AUDIOSET)
    with pytest.raises(UserError, match=r"set ingest\.store"):
        list(discover(str(path)))
    with pytest.raises(UserError, match="no such folder; set ingest.store"):
        list(discover(str(path), store=str(tmp_path / "none")))
