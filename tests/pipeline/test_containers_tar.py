"""Tars of samples, as WebDataset writes them."""

import json
import tarfile
import tracemalloc

import pytest
import webdataset
from containers import ingest, sound, write_tar

from auricle.experts.sound import decode_flac
from auricle.pipeline.containers_tar import tar_members
from auricle.pipeline.recordings import of_recordings


@pytest.fixture
def shards(tmp_path):
    """Two tars as WebDataset's own writer makes them."""
    pattern = str(tmp_path / "shards" / "set-%03d.tar")
    (tmp_path / "shards").mkdir()
    with webdataset.ShardWriter(pattern, maxcount=2, verbose=0) as writer:
        for number in range(3):
            about = {"title": f"Take {number}", "license": "CC0", "views": number, "duration": 1.5}
            key = f"take-{number}"
            flac = sound(1.5, level=0.1 * (number + 1))
            writer.write({"__key__": key, "flac": flac, "json": about, "txt": f"number {number}"})
    return tmp_path / "shards"


def test_a_sample_is_a_recording_with_what_its_json_and_text_say(shards, tmp_path):
    made = ingest(shards, tmp_path / "set")
    assert [[row.kind for row in shard] for shard in made.sources] == [["tar"], ["tar"]]
    first = made.recordings[0]
    assert (first.path, first.member, first.kind) == (
        str(shards / "set-000.tar"),
        "take-0.flac",
        "tar",
    )
    assert (first.title, first.license, first.description) == ("Take 0", "CC0", "number 0")
    assert first.extra is not None and json.loads(first.extra) == {"duration": 1.5, "views": 0}
    assert [(r.status, r.clips, r.decoded_seconds) for r in made.recordings] == [("ok", 1, 1.5)] * 3
    peaks = [float(abs(decode_flac(clip.audio)[0]).max()) for clip in made.clips]
    assert peaks == pytest.approx([0.1, 0.2, 0.3], abs=2e-3)


def test_listing_reads_nothing_of_a_tar(tmp_path):
    folder = tmp_path / "shards"
    folder.mkdir()
    (folder / "a.tar").write_bytes(b"this is no tar, and nobody looks before it is its turn" * 20)
    made = ingest(folder, tmp_path / "set")
    assert made.listed.sources == 1
    (row,) = made.recordings
    assert (row.reason, row.member, row.path) == ("bad_container", None, str(folder / "a.tar"))
    assert row.detail is not None and "not a tar" in row.detail


def test_ids_stay_when_the_folder_moves_and_differ_between_tars(shards, tmp_path):
    before = ingest(shards, tmp_path / "one").ids
    shards.rename(tmp_path / "elsewhere")
    after = ingest(tmp_path / "elsewhere", tmp_path / "two").ids
    assert before == after and len(set(before)) == 3
    assert all(name.startswith("take-") for name in before)
    members = {"x.wav": sound(kind="WAV")}
    for name in ("a.tar", "b.tar"):
        write_tar(tmp_path / "same" / name, members)
    assert len(set(ingest(tmp_path / "same", tmp_path / "three").ids)) == 2


def test_ids_by_stem_are_the_keys(shards, tmp_path):
    made = ingest(shards, tmp_path / "set", recording_id="stem")
    assert made.ids == ["take-0", "take-1", "take-2"]
    assert made.clips[0].clip_id == "take-0_0_0_1_5"


def test_a_new_tar_joins_without_touching_the_old(shards, tmp_path):
    ingest(shards, tmp_path / "set")
    again = ingest(shards, tmp_path / "set")
    assert (again.listed.sources, again.listed.new, len(again.clips)) == (2, 0, 3)
    write_tar(shards / "set-002.tar", {"late.flac": sound()})
    more = ingest(shards, tmp_path / "set")
    assert (more.listed.sources, more.listed.new, len(more.clips)) == (3, 1, 4)


@pytest.mark.parametrize("part", ["sound", "header", "end"])
def test_of_a_tar_cut_short_what_came_before_stays(tmp_path, part):
    names = [f"{name}.wav" for name in "abc"]
    write_tar(tmp_path / "in" / "x.tar", dict.fromkeys(names, sound(kind="WAV")))
    whole = (tmp_path / "in" / "x.tar").read_bytes()
    third = whole.index(b"c.wav")
    keep = {"sound": third + 5000, "header": third + 100, "end": whole.rindex(b"\1") // 512 * 512}
    (tmp_path / "in" / "x.tar").write_bytes(whole[: keep[part]])
    made = ingest(tmp_path / "in", tmp_path / "set")
    *good, last = made.recordings
    assert all(row.status == "ok" for row in good) and len(good) >= 2
    assert (last.reason, last.member) == ("truncated", None)
    assert last.detail is not None and ("byte" in last.detail or "c.wav" in last.detail)
    assert len(made.clips) == len(good)


def test_a_damaged_header_is_not_taken_for_the_end(tmp_path):
    write_tar(
        tmp_path / "in" / "x.tar", dict.fromkeys(["a.wav", "b.wav", "c.wav"], sound(kind="WAV"))
    )
    whole = bytearray((tmp_path / "in" / "x.tar").read_bytes())
    at = whole.index(b"b.wav")
    whole[at + 20 : at + 200] = b"\xff" * 180
    (tmp_path / "in" / "x.tar").write_bytes(whole)
    made = ingest(tmp_path / "in", tmp_path / "set")
    assert made.reasons == [None, "bad_container"]
    assert f"byte {at}" in str(made.recordings[-1].detail)


@pytest.mark.parametrize(
    ("ending", "mode"), [("tar.gz", "w:gz"), ("tgz", "w:gz"), ("tar.xz", "w:xz")]
)
def test_packed_tars_are_read_and_damage_is_told(tmp_path, ending, mode):
    path = tmp_path / "in" / f"x.{ending}"
    write_tar(path, {f"{n}.wav": sound(kind="WAV") for n in range(3)}, mode)
    made = ingest(path, tmp_path / "set")
    assert made.reasons == [None] * 3
    path.write_bytes(path.read_bytes()[:-200])
    again = ingest(path, tmp_path / "again")
    assert again.recordings[-1].reason in ("truncated", "bad_container")


def test_what_is_wrong_with_a_sample_is_told_and_its_neighbours_survive(tmp_path):
    members = {
        "a.flac": sound(),
        "b.jpg": b"a picture",
        "b.json": b'{"title": "silent"}',
        "c.flac": b"not sound at all, by any means",
        "d.flac": sound(),
        "d.json": b"{broken",
        "e.flac": sound(),
        "e.json": b'{"recording_id": "a/b"}',
        "f.flac": b"",
        "g.flac": sound(),
    }
    write_tar(tmp_path / "in" / "x.tar", members)
    made = ingest(tmp_path / "in", tmp_path / "set")
    assert [(row.member, row.reason) for row in made.recordings] == [
        ("a.flac", None),
        ("b", "no_audio"),
        ("c.flac", "not_audio"),
        ("d.flac", "bad_metadata"),
        ("e.flac", "bad_metadata"),
        ("f.flac", "empty_file"),
        ("g.flac", None),
    ]
    assert made.recordings[1].title == "silent" and "b.jpg" in str(made.recordings[1].detail)
    assert len(made.clips) == 2


def test_video_ids_stay_and_a_second_member_with_the_same_is_an_error(tmp_path):
    cut = b'{"ytid": "wo8sFEF7sWM", "start": 30, "end": 40, "license": "%s"}'
    members = {"0.flac": sound(10), "0.json": cut % b"own", "1.flac": sound(10)}
    write_tar(tmp_path / "in" / "x.tar", {**members, "1.json": cut % b"CC0"})
    made = ingest(tmp_path / "in", tmp_path / "set")
    assert made.reasons == [None, "duplicate_id"]
    assert made.ids[0] == "wo8sFEF7sWM" and "wo8sFEF7sWM" in str(made.recordings[1].detail)
    assert of_recordings(made.data, 0, "license").to_pylist() == ["own"]
    assert [clip.clip_id for clip in made.clips] == ["wo8sFEF7sWM_30_0_40"]


def test_an_excerpt_is_cut_from_a_long_member_and_is_a_short_member(tmp_path):
    members = {
        "long.flac": sound(45),
        "long.json": b'{"start": 30, "duration": 10}',
        "short.flac": sound(10.02),
        "short.json": b'{"start_seconds": 30.0, "end_seconds": 40.0}',
        "open.flac": sound(9.9),
        "open.json": b'{"start": 5}',
        "odd.flac": sound(3),
        "odd.json": b'{"start": "the second verse", "end": 7}',
    }
    write_tar(tmp_path / "in" / "x.tar", members)
    made = ingest(tmp_path / "in", tmp_path / "set", recording_id="stem")
    told = {row.recording_id: row for row in made.recordings}
    assert [(told[k].start, told[k].offset, told[k].status) for k in ("long", "short", "open")] == [
        (30, 0, "ok"),
        (30, 30, "ok"),
        (5, 5, "ok"),
    ]
    assert [clip.clip_id for clip in made.clips][:2] == ["long_30_0_40", "short_30_0_40"]
    assert (told["odd"].start, told["odd"].decoded_seconds) == (0, 3)
    assert told["odd"].extra == '{"end": 7, "start": "the second verse"}'


def test_a_packed_folder_with_dots_in_its_names_is_read_file_by_file(tmp_path):
    members = {f"day/2024.01.{day:02d}.wav": sound(kind="WAV") for day in range(1, 10)}
    members["day/2024.01.03.json"] = b'{"title": "the third"}'
    members["day/._junk.wav"] = b"what a Mac leaves"
    write_tar(tmp_path / "in" / "x.tar", dict(sorted(members.items())))
    made = ingest(tmp_path / "in" / "x.tar", tmp_path / "set", recording_id="stem")
    assert made.ids == [f"2024.01.{day:02d}" for day in range(1, 10)]
    assert [row.title for row in made.recordings][2] == "the third"
    assert made.reasons == [None] * 9


def test_of_sound_and_video_of_one_key_the_sound_is_taken(tmp_path):
    members = {"a.mp4": b"video", "a.m4a": b"", "b.wav": sound(kind="WAV"), "b.mp4": b"video"}
    write_tar(tmp_path / "in" / "x.tar", members)
    made = ingest(tmp_path / "in", tmp_path / "set")
    assert [row.member for row in made.recordings] == ["a.m4a", "b.wav"]


def test_links_in_a_tar_are_told(tmp_path):
    (tmp_path / "in").mkdir()
    with tarfile.open(tmp_path / "in" / "x.tar", "w") as tar:
        info = tarfile.TarInfo("a.wav")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(info)
    assert ingest(tmp_path / "in", tmp_path / "set").reasons == ["not_a_file"]


def test_long_names_and_bytes_that_are_not_utf_8_are_kept(tmp_path):
    names = [
        "x" * 200 + ".wav",
        "dir/" * 40 + "y.wav",
        b"caf\xe9.wav".decode("utf-8", "surrogateescape"),
    ]
    write_tar(tmp_path / "in" / "x.tar", dict.fromkeys(names, sound(kind="WAV")))
    made = ingest(tmp_path / "in", tmp_path / "set")
    assert made.reasons == [None] * 3
    assert [row.member for row in made.recordings] == [*names[:2], r"caf\xe9.wav"]


def test_memory_holds_a_member_and_not_the_tar(tmp_path):
    write_tar(tmp_path / "x.tar", {f"{n}.wav": bytes(2_000_000) for n in range(30)})
    tracemalloc.start()
    assert sum(len(member.content or b"") for member in tar_members(str(tmp_path / "x.tar"))) == 6e7
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 15e6


def test_braces_name_tars(shards, tmp_path):
    made = ingest(f"{shards}/set-{{000..000}}.tar", tmp_path / "set")
    assert made.listed.sources == 1
    both = ingest(f"{shards}/set-{{000,001}}.tar", tmp_path / "both")
    assert both.listed.sources == 2


def test_tars_beside_sound_files_are_passed_over(shards, tmp_path):
    (shards / "a.wav").write_bytes(sound(kind="WAV"))
    made = ingest(shards, tmp_path / "set")
    assert [row.kind for row in made.recordings] == [None]
