import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile
from fakes import within

from auricle.experts.sound import decode_flac
from auricle.pipeline.ingest import cut, group
from auricle.pipeline.sources import discover
from auricle.pipeline.stage_settings import IngestSettings
from auricle.schemas.arrow import from_table, to_table
from auricle.schemas.clip import Clip, Recording, Signal, Source

DEV = Path(__file__).resolve().parents[3] / "shared" / "data" / "dev"
needs_dev = pytest.mark.skipif(not DEV.is_dir(), reason="../shared/data/dev is not here")
SETTINGS = IngestSettings()


def noise(seconds, rate=48_000, channels=1, level=0.1):
    shape = int(seconds * rate), channels
    return (level * np.random.default_rng(0).standard_normal(shape)).astype(np.float32)


def wav(path, samples, rate=48_000, subtype="PCM_16"):
    soundfile.write(path, samples, rate, subtype)
    return Source(recording_id="rec", path=str(path))


def cut_all(source, settings=SETTINGS) -> tuple[list[Clip], list[Signal], Recording]:
    *pairs, recording = cut(source, settings)
    assert isinstance(recording, Recording)
    return [clip for clip, _ in pairs], [signal for _, signal in pairs], recording


def lengths(source, settings=SETTINGS):
    return [clip.duration for clip in cut_all(source, settings)[0]]


def test_a_recording_becomes_clips_that_follow_each_other(tmp_path):
    clips, signals, recording = cut_all(wav(tmp_path / "a.wav", noise(25.5, channels=2)))
    assert [(clip.start, clip.duration) for clip in clips] == [(0, 10), (10, 10), (20, 5.5)]
    assert [c.clip_id for c in clips] == ["rec_0_0_10", "rec_10_0_20", "rec_20_0_25_5"]
    assert [s.clip_id for s in signals] == [c.clip_id for c in clips]
    assert all((s.sample_rate, s.channels) == (48_000, 2) for s in signals)
    for clip in clips:
        waveform, rate = decode_flac(clip.audio)
        assert (rate, clip.sample_rate, len(waveform)) == (16_000, 16_000, clip.duration * 16_000)
    assert recording == Recording(
        recording_id="rec",
        path=str(tmp_path / "a.wav"),
        clips=3,
        decoded_seconds=25.5,
        container="wav",
        codec="pcm_s16le",
        sample_rate=48_000,
        channels=2,
        bytes=(tmp_path / "a.wav").stat().st_size,
    )


def test_the_sound_of_a_clip_is_the_sound_of_the_file(tmp_path):
    rate = 48_000
    time = np.arange(12 * rate) / rate
    chirp = (0.5 * np.sin(2 * np.pi * (300 + 50 * time) * time)).astype(np.float32)
    clips, _, _ = cut_all(wav(tmp_path / "a.wav", chirp))
    waveform, _ = decode_flac(clips[1].audio)
    later = 10 + np.arange(2 * 16_000) / 16_000
    expected = 0.5 * np.sin(2 * np.pi * (300 + 50 * later) * later)
    np.testing.assert_allclose(waveform[200:-200], expected[200:-200], atol=2e-3)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (10, [10]),
        (10.5, [10]),
        (11, [10, 1]),
        (20.999, [10, 10]),
        (0.5, [0.5]),
        (0.02, [0.02]),
        (1 / 48_000, [1 / 48_000]),
    ],
)
def test_short_ends_are_left_and_short_recordings_are_kept(tmp_path, seconds, expected):
    assert lengths(wav(tmp_path / "a.wav", noise(seconds))) == expected


def test_clips_have_the_length_that_is_set(tmp_path):
    source = wav(tmp_path / "a.wav", noise(7))
    settings = IngestSettings(clip_seconds=2.5, min_seconds=2.0, sample_rate=8_000)
    clips, _, _ = cut_all(source, settings)
    assert [(clip.start, clip.duration) for clip in clips] == [(0, 2.5), (2.5, 2.5), (5, 2)]
    assert decode_flac(clips[0].audio)[1] == 8_000
    third = IngestSettings(clip_seconds=1 / 3, min_seconds=0)
    thirds = lengths(wav(tmp_path / "b.wav", noise(30, 16_000), 16_000), third)
    assert (len(thirds), set(thirds)) == (90, {5333 / 16_000, 5334 / 16_000})


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 44_100, 96_000])
def test_every_rate_ends_as_clips_of_the_set_rate(tmp_path, rate):
    clips, _, recording = cut_all(wav(tmp_path / "a.wav", noise(10, rate), rate))
    assert recording.sample_rate == rate
    assert len(decode_flac(clips[0].audio)[0]) == 160_000


def test_an_excerpt_keeps_the_time_and_the_key_of_the_file(tmp_path):
    wav(tmp_path / "a.wav", noise(40, 8_000), 8_000)
    start = 15.549499999999998
    source = Source(
        recording_id="49jP8QgKfH4", path=str(tmp_path / "a.wav"), start=start, duration=10.0
    )
    (clip,), _, recording = cut_all(source)
    assert clip.clip_id == "49jP8QgKfH4_15_549499999999998_25_5495"
    assert (clip.start, clip.duration) == (start, 10.0)
    assert (recording.start, recording.duration) == (start, 10.0)


def test_a_long_excerpt_is_cut_from_its_start(tmp_path):
    wav(tmp_path / "a.wav", noise(40, 8_000), 8_000)
    source = Source(recording_id="r", path=str(tmp_path / "a.wav"), start=6.0, duration=15.0)
    clips, _, _ = cut_all(source)
    assert [clip.clip_id for clip in clips] == ["r_6_0_16", "r_16_0_21"]


def test_what_the_manifest_says_stays_on_the_recording(tmp_path):
    wav(tmp_path / "a.wav", noise(1))
    source = Source(
        recording_id="r", path=str(tmp_path / "a.wav"), license="CC0", title="t", extra='{"a": 1}'
    )
    _, _, recording = cut_all(source)
    assert (recording.license, recording.title, recording.extra) == ("CC0", "t", '{"a": 1}')


def test_opposite_phases_survive_the_mix(tmp_path):
    left = noise(2)
    clips, signals, _ = cut_all(wav(tmp_path / "a.wav", np.hstack([left, -left])))
    waveform, _ = decode_flac(clips[0].audio)
    assert signals[0].mixdown == "loudest"
    assert np.sqrt(np.mean(waveform**2)) > 0.03


def test_a_truncated_recording_is_an_error_with_its_clips(tmp_path):
    source = wav(tmp_path / "a.wav", noise(30))
    data = (tmp_path / "a.wav").read_bytes()
    (tmp_path / "a.wav").write_bytes(data[: len(data) // 2])
    clips, _, recording = cut_all(source)
    assert (recording.status, recording.reason) == ("error", "truncated")
    assert (recording.clips, len(clips)) == (2, 2)
    assert "15.00 of 30.00" in (recording.detail or "")


def test_samples_that_are_not_numbers_are_told_and_not_kept(tmp_path):
    samples = noise(2)
    samples[5] = np.nan
    clips, signals, recording = cut_all(wav(tmp_path / "a.wav", samples, subtype="FLOAT"))
    assert (recording.status, len(clips)) == ("ok", 1)
    assert "1 samples were not numbers" in (recording.detail or "")
    assert signals[0].status == "ok"


def test_samples_over_full_scale_are_clipped_in_the_clip_and_measured(tmp_path):
    samples = noise(1, 16_000, level=1.0)
    clips, signals, _ = cut_all(wav(tmp_path / "a.wav", samples, 16_000, "FLOAT"))
    assert signals[0].peak > 6
    waveform, _ = decode_flac(clips[0].audio)
    np.testing.assert_allclose(waveform, np.clip(samples[:, 0], -1, 1), atol=1e-4)


def test_an_error_has_the_size_of_the_file_and_no_clips(tmp_path):
    (tmp_path / "a.wav").write_text("no sound")
    clips, _, recording = cut_all(Source(recording_id="r", path=str(tmp_path / "a.wav")))
    assert (clips, recording.status, recording.reason) == ([], "error", "not_audio")
    assert (recording.bytes, recording.codec, recording.decoded_seconds) == (8, None, 0)


def test_a_file_whose_name_is_not_utf_8_is_found_again(tmp_path):
    name = os.fsdecode(b"caf\xe9\n.flac")
    soundfile.write(tmp_path / "a.flac", noise(2), 48_000)
    (tmp_path / "a.flac").rename(tmp_path / name)
    (source,) = discover(str(tmp_path))
    (source,) = from_table(Source, to_table(Source, [source]))
    clips, _, recording = cut_all(source)
    assert recording.status == "ok"
    assert clips[0].clip_id.isprintable()


def test_rows_are_the_same_each_time_and_arrow_holds_them(tmp_path):
    source = wav(tmp_path / "a.wav", noise(12, channels=2))
    first, second = cut_all(source), cut_all(source)
    assert first == second
    for record, rows in ((Clip, first[0]), (Signal, first[1]), (Recording, [first[2]])):
        assert from_table(record, to_table(record, rows)) == rows


def test_no_more_than_a_clip_is_held(tmp_path):
    source = wav(tmp_path / "a.wav", noise(150, channels=2))
    next(iter(cut(source, SETTINGS)))  # what is imported and cached once
    tracemalloc.start()
    for _ in cut(source, SETTINGS):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 25e6  # ten seconds take 3.8 MB; all of it would take 58


# Shards


def sources_of(tmp_path, *seconds):
    made = []
    for i, length in enumerate(seconds):
        wav(tmp_path / f"{i}.wav", np.zeros(int(length * 8_000)), 8_000)
        made.append(Source(recording_id=f"r{i}", path=str(tmp_path / f"{i}.wav")))
    return made


def ids(shards):
    return [[item.recording_id for item in shard] for shard in shards]


def test_shards_hold_about_as_many_clips_as_asked(tmp_path):
    sources = sources_of(tmp_path, 25, 5, 0.2, 30, 10.5, 10)
    shards = list(group(sources, IngestSettings(shard_clips=4)))
    assert ids(shards) == [["r0", "r1"], ["r2", "r3"], ["r4", "r5"]]
    assert [item for shard in shards for item in shard] == sources
    assert shards == list(group(iter(sources), IngestSettings(shard_clips=4)))


def test_what_a_group_expects_is_what_cut_makes(tmp_path):
    for source in sources_of(tmp_path, 0.1, 0.99, 1, 9.5, 10, 10.9, 11, 20, 29.99, 30, 31):
        made = len(cut_all(source)[0])
        filler = Source(recording_id="x", path="none", duration=10.0)
        full = IngestSettings(shard_clips=made + 1)
        assert len(list(group([source, filler], full))) == 1, source
        if made > 1:
            less = IngestSettings(shard_clips=made)
            assert len(list(group([source, filler], less))) == 2, source


def test_a_recording_is_never_split(tmp_path):
    sources = sources_of(tmp_path, 100, 10)
    assert ids(group(sources, IngestSettings(shard_clips=2))) == [["r0"], ["r1"]]
    excerpts = [
        Source(recording_id=name, path="none", start=10.0 * i, duration=10.0)
        for name in "ab"
        for i in range(3)
    ]
    assert ids(group(excerpts, IngestSettings(shard_clips=2))) == [["a"] * 3, ["b"] * 3]


def test_files_that_cannot_be_opened_count_as_one_clip(tmp_path):
    missing = [Source(recording_id=f"r{i}", path=str(tmp_path / f"no{i}")) for i in range(5)]
    assert [len(shard) for shard in group(missing, IngestSettings(shard_clips=2))] == [2, 2, 1]
    assert list(group([], SETTINGS)) == []


# Real files


HARD = sorted(p for p in (DEV / "hard").rglob("*") if p.is_file()) if DEV.is_dir() else []


@needs_dev
@pytest.mark.parametrize("path", HARD, ids=lambda path: path.name.encode("unicode_escape").decode())
def test_every_hard_file_ends_as_clips_or_as_a_typed_error(path):
    with within(20):
        clips, signals, recording = cut_all(Source(recording_id="r", path=str(path)))
    assert recording.status == ("error" if recording.reason else "ok")
    assert recording.clips == len(clips) == len(signals)
    assert clips or recording.reason
    for clip in clips:
        waveform, rate = decode_flac(clip.audio)
        assert np.isfinite(waveform).all()
        assert abs(len(waveform) / rate - clip.duration) < 0.001
    for record, rows in ((Clip, clips), (Signal, signals), (Recording, [recording])):
        assert to_table(record, rows).num_rows == len(rows)


@needs_dev
def test_healthy_recordings_of_the_listening_set_are_ok_and_as_long_as_labelled():
    sources = [item for item in discover(str(DEV)) if "/hard/" not in item.path][::9]
    settings = IngestSettings(clip_seconds=60)
    assert len(sources) > 90
    for source in sources:
        _, _, recording = cut_all(source, settings)
        assert (recording.status, recording.detail) == ("ok", None), source.path
        assert f'"sample_rate": "{recording.sample_rate}"' in (source.extra or "")
