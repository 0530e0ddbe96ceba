import os
import resource
import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from fakes import within

from auricle.pipeline.decode import NotSound, open_sound, probe_seconds
from auricle.pipeline.ffmpeg import Damage, open_track
from auricle.pipeline.files import File

DEV = Path(__file__).resolve().parents[3] / "shared" / "data" / "dev"
needs_dev = pytest.mark.skipif(not DEV.is_dir(), reason="../shared/data/dev is not here")

# Name of the file, encoder, and how many samples its padding may add at the end.
CODED = [
    ("a.m4a", "aac", 1024),
    ("a.mp4", "aac", 1024),
    ("alac.m4a", "alac", 0),
    ("opus.mp4", "libopus", 960),
    ("a.mp3", "libmp3lame", 0),
    ("a.opus", "libopus", 0),
    ("opus.webm", "libopus", 0),
    ("a.mka", "aac", 1024),
    ("mp3.mkv", "libmp3lame", 0),
    ("a.aac", "aac", 2048),
    ("a.ts", "aac", 2048),
    ("a.avi", "libmp3lame", 2304),
    ("a.caf", "pcm_s16le", 0),
]
PLAIN = [("a.wav", "PCM_16"), ("a.flac", "PCM_16"), ("a.aiff", "PCM_24"), ("f.wav", "FLOAT")]


def sweep(seconds, rate=48_000, channels=1):
    time = np.arange(int(seconds * rate)) / rate
    tone = np.sin(2 * np.pi * (200 + 30 * time) * time) * 0.3
    noise = np.random.default_rng(0).standard_normal(len(time)) * 0.02
    return np.repeat((tone + noise).astype(np.float32)[:, None], channels, 1)


def write_coded(path, codec, samples, rate=48_000, video=False, **options):
    """Write sound, with a picture track before it where asked, through FFmpeg."""
    layout = "mono" if samples.shape[1] == 1 else "stereo"
    kind = {".aac": "adts"}.get(Path(path).suffix)
    with av.open(str(path), "w", format=kind, options=options) as container:
        if video:
            pictures = container.add_stream("mpeg4", rate=10)
            pictures.width = pictures.height = 64
            pictures.pix_fmt = "yuv420p"
        if len(samples):
            stream = container.add_stream(codec, rate=rate, layout=layout)
            resampler = av.AudioResampler(stream.format, layout, rate)
        if video:
            for i in range(20):
                frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), i, np.uint8), "rgb24")
                container.mux(pictures.encode(frame))
            container.mux(pictures.encode(None))
        if not len(samples):
            return
        for i in range(0, len(samples), 4800):
            part = np.ascontiguousarray(samples[i : i + 4800].T)
            frame = av.AudioFrame.from_ndarray(part, "fltp", layout)
            frame.sample_rate, frame.pts, frame.time_base = rate, i, Fraction(1, rate)
            for piece in resampler.resample(frame):
                container.mux(stream.encode(piece))
        for piece in [*resampler.resample(None), None]:
            container.mux(stream.encode(piece))


def write_vorbis(path, samples, rate=48_000):
    with soundfile.SoundFile(path, "w", rate, samples.shape[1], "VORBIS", format="OGG") as file:
        for i in range(0, len(samples), 4096):  # libsndfile overflows its stack on long writes
            file.write(samples[i : i + 4096])


def read(path, start=0.0, duration=None):
    with open_sound(str(path), start, duration) as sound:
        blocks = list(sound)
    empty = np.empty((0, sound.channels), np.float32)
    return np.concatenate([empty, *blocks]), sound


def reason(path, **kwargs):
    try:
        return read(path, **kwargs)[1].outcome()[0]
    except NotSound as error:
        assert error.detail
        return error.reason


def detail(path, **kwargs):
    return read(path, **kwargs)[1].outcome()[1]


# What is healthy


@pytest.mark.parametrize(("name", "subtype"), PLAIN)
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_plain_files_come_back_sample_by_sample(tmp_path, name, subtype, channels):
    samples = sweep(3, channels=channels)
    soundfile.write(tmp_path / name, samples, 48_000, subtype)
    again, sound = read(tmp_path / name)
    assert sound.outcome() == (None, None)
    np.testing.assert_allclose(again, samples, atol=1 / 32767)
    assert (sound.sample_rate, sound.channels, sound.declared) == (48_000, channels, 3.0)
    assert sound.container == Path(name).suffix[1:]
    assert sound.size == (tmp_path / name).stat().st_size


@pytest.mark.parametrize(("name", "codec", "padding"), CODED)
@pytest.mark.parametrize("channels", [1, 2])
def test_coded_files_are_whole_and_not_called_truncated(tmp_path, name, codec, padding, channels):
    write_coded(tmp_path / name, codec, sweep(7.77, channels=channels))
    again, sound = read(tmp_path / name)
    assert sound.outcome() == (None, None)
    assert 0 <= len(again) - int(7.77 * 48_000) <= padding + 4
    assert (again.shape[1], again.dtype) == (channels, np.float32)
    assert 0.15 < np.sqrt(np.mean(again**2)) < 0.25


def test_codecs_and_containers_are_named(tmp_path):
    soundfile.write(tmp_path / "a.wav", sweep(0.1), 48_000, "ULAW")
    soundfile.write(tmp_path / "a.aiff", sweep(0.1), 48_000, "PCM_24")
    write_coded(tmp_path / "a.mp3", "libmp3lame", sweep(1))
    write_vorbis(tmp_path / "a.ogg", sweep(1))
    names = [read(tmp_path / f"a.{end}")[1].codec for end in ("wav", "aiff", "mp3", "ogg")]
    assert names == ["pcm_mulaw", "pcm_s24be", "mp3", "vorbis"]


def test_the_sound_of_a_video_is_read(tmp_path):
    write_coded(tmp_path / "v.mp4", "aac", sweep(5), video=True)
    again, sound = read(tmp_path / "v.mp4")
    assert sound.outcome() == (None, None)
    assert len(again) / 48_000 == pytest.approx(5, abs=0.05)


def test_the_contents_count_and_not_the_name(tmp_path):
    soundfile.write(tmp_path / "a.wav", sweep(1), 48_000)
    (tmp_path / "a.wav").rename(tmp_path / "a.mp3")
    write_coded(tmp_path / "b.mp3", "libmp3lame", sweep(1))
    (tmp_path / "b.mp3").rename(tmp_path / "b")
    assert read(tmp_path / "a.mp3")[1].container == "wav"
    assert read(tmp_path / "b")[1].container == "mp3"


def ogg_pages(data):
    """Split an Ogg file into its pages."""
    starts = [at for at in range(len(data)) if data.startswith(b"OggS\0", at)]
    return [data[at:end] for at, end in zip(starts, [*starts[1:], len(data)], strict=True)]


def as_ffmpeg_reads(path):
    damage = Damage()
    with File(str(path)) as file, open_track(file, "", damage) as track:
        return np.concatenate(list(track.read(0))), damage.packets


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_vorbis_is_what_ffmpeg_makes_of_it(tmp_path, channels):
    samples = sweep(7.77, 44_100, channels) * np.arange(1, channels + 1, dtype=np.float32) / 6
    write_vorbis(tmp_path / "a.ogg", samples, 44_100)
    again, sound = read(tmp_path / "a.ogg")
    assert (sound.container, sound.codec, sound.outcome()) == ("ogg", "vorbis", (None, None))
    assert (sound.declared, len(again)) == (pytest.approx(7.77, abs=1e-4), len(samples))
    np.testing.assert_allclose(again, as_ffmpeg_reads(tmp_path / "a.ogg")[0], atol=1e-5)


@pytest.mark.parametrize("fault", ["bits", "a page lost", "no last page", "two files", "noise"])
def test_vorbis_that_is_not_whole_is_left_to_ffmpeg(tmp_path, fault):
    write_vorbis(tmp_path / "a.ogg", sweep(20))
    data = (tmp_path / "a.ogg").read_bytes()
    pages = ogg_pages(data)
    middle = len(pages) // 2
    spoiled = bytearray(pages[middle])
    spoiled[200:260] = bytes(60)
    made = {
        "bits": [*pages[:middle], spoiled, *pages[middle + 1 :]],
        "a page lost": [*pages[:middle], *pages[middle + 1 :]],
        "no last page": pages[:-1],
        "two files": [data, data],
        "noise": [data, b"noise"],
    }
    (tmp_path / "b.ogg").write_bytes(b"".join(made[fault]))
    again, sound = read(tmp_path / "b.ogg")
    expected, damaged = as_ffmpeg_reads(tmp_path / "b.ogg")
    np.testing.assert_array_equal(again, expected)
    assert (sound.outcome()[1] is None) == (not damaged)


# Starts and lengths


@pytest.mark.parametrize(("name", "codec", "padding"), CODED)
def test_an_excerpt_is_exact_to_the_sample(tmp_path, name, codec, padding):
    write_coded(tmp_path / name, codec, sweep(24))
    whole, _ = read(tmp_path / name)
    for start in (0.5, 3.21, 7.3, 12.3456789, 21.987):
        part, _ = read(tmp_path / name, start, 1.5)
        first = round(start * 48_000)
        assert len(part) == 72_000
        np.testing.assert_allclose(part, whole[first : first + 72_000], atol=1e-4)


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg"])
def test_an_excerpt_of_a_plain_file_is_exact_to_the_sample(tmp_path, name):
    write = write_vorbis if name == "a.ogg" else soundfile.write
    write(tmp_path / name, sweep(24), 48_000)
    whole, _ = read(tmp_path / name)
    for start in (0.5, 7.3, 21.987):
        part, _ = read(tmp_path / name, start, 1.5)
        first = round(start * 48_000)
        np.testing.assert_array_equal(part, whole[first : first + 72_000])


def test_the_length_of_an_excerpt_does_not_depend_on_rounding_its_start(tmp_path):
    soundfile.write(tmp_path / "a.wav", sweep(12, 11_025), 11_025)
    for start in np.linspace(0, 1, 37):
        assert len(read(tmp_path / "a.wav", float(start), 10.0)[0]) == 110_250


@pytest.mark.parametrize("name", ["a.wav", "a.mp3"])
def test_an_excerpt_past_the_end_says_so(tmp_path, name):
    if name == "a.wav":
        soundfile.write(tmp_path / name, sweep(10), 48_000)
    else:
        write_coded(tmp_path / name, "libmp3lame", sweep(10))
    assert len(read(tmp_path / name, 8.0, 5.0)[0]) == pytest.approx(96_000, abs=1)
    assert "3.00 s before the excerpt does" in detail(tmp_path / name, start=8.0, duration=5.0)
    assert reason(tmp_path / name, start=8.0, duration=5.0) is None
    assert reason(tmp_path / name, start=60.0, duration=5.0) == "no_samples"
    assert "60.00" in detail(tmp_path / name, start=60.0)


# What is not sound


def test_what_is_no_file_is_told_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "loop.wav").symlink_to("loop.wav")
    (tmp_path / "empty.wav").touch()
    with within(10):
        assert reason(tmp_path / "none.wav") == "missing_file"
        assert reason(tmp_path / "empty.wav" / "below.wav") == "missing_file"
        assert reason(tmp_path / "loop.wav") == "missing_file"
        assert reason(tmp_path / ("x" * 300)) == "missing_file"
        assert reason("nul\0.wav") == "missing_file"
        assert reason(tmp_path / "pipe.wav") == "not_a_file"
        assert reason("/dev/zero") == "not_a_file"
        assert reason(tmp_path) == "not_a_file"
        assert reason(tmp_path / "empty.wav") == "empty_file"


def test_a_file_that_may_not_be_read_is_unreadable(tmp_path, monkeypatch):
    soundfile.write(tmp_path / "a.wav", sweep(1), 48_000)
    (tmp_path / "a.wav").chmod(0)
    tmp_path.chmod(0o755)
    monkeypatch.chdir(tmp_path)  # a common user may not look into the folders above
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    try:
        found = reason("a.wav")
    finally:
        os.seteuid(was)
    assert found == "unreadable"


@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.mp4", "a", "a.flac"])
def test_text_and_pictures_are_not_audio(tmp_path, name):
    (tmp_path / name).write_text("This is a text, not a sound.\n" * 10)
    assert reason(tmp_path / name) == "not_audio"
    with av.open(str(tmp_path / "p.png"), "w", format="image2") as container:
        stream = container.add_stream("png")
        stream.width, stream.height, stream.pix_fmt = 64, 64, "rgb24"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8))))
    (tmp_path / "p.png").rename(tmp_path / name)
    assert reason(tmp_path / name) == "not_audio"


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile 'secret.wav'\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
    ],
)
def test_a_file_that_points_elsewhere_opens_nothing_and_does_not_wait(tmp_path, monkeypatch, text):
    soundfile.write(tmp_path / "secret.wav", sweep(1), 48_000)
    (tmp_path / "a.wav").write_text(text)
    monkeypatch.chdir(tmp_path)
    with within(5):
        assert reason("a.wav") == "not_audio"


def test_a_video_without_sound_has_no_audio_track(tmp_path):
    write_coded(tmp_path / "v.mp4", "aac", np.empty((0, 1)), video=True)
    assert reason(tmp_path / "v.mp4") == "no_audio_track"


def test_a_header_with_nothing_behind_it_has_no_samples(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.empty((0, 2)), 48_000)
    assert reason(tmp_path / "a.wav") == "no_samples"


def test_media_that_cannot_be_opened_is_undecodable_and_not_called_text(tmp_path):
    write_coded(tmp_path / "a.m4a", "aac", sweep(5))
    data = (tmp_path / "a.m4a").read_bytes()
    (tmp_path / "a.m4a").write_bytes(data[:2000])  # its index, at the end, is gone
    assert reason(tmp_path / "a.m4a") == "undecodable"


def test_a_header_with_an_absurd_rate_is_undecodable(tmp_path):
    soundfile.write(tmp_path / "a.wav", sweep(1), 48_000)
    data = bytearray((tmp_path / "a.wav").read_bytes())
    data[24:28] = struct.pack("<I", 2_000_000_000)
    (tmp_path / "a.wav").write_bytes(data)
    assert reason(tmp_path / "a.wav") == "undecodable"


# What is damaged


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.wav", None),
        ("a.flac", None),
        ("a.aiff", None),
        ("a.ogg", None),
        ("a.mp3", "libmp3lame"),
        ("a.opus", "libopus"),
        ("a.webm", "libopus"),
        ("a.mka", "aac"),
        ("fast.m4a", "aac"),
    ],
)
def test_a_file_cut_short_is_truncated_and_its_good_part_is_kept(tmp_path, name, codec):
    path, samples = tmp_path / name, sweep(20)
    if codec:
        options = {"movflags": "faststart"} if name == "fast.m4a" else {}
        write_coded(path, codec, samples, **options)
    else:
        (write_vorbis if name == "a.ogg" else soundfile.write)(path, samples, 48_000)
    whole, _ = read(path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * 0.6)])
    again, sound = read(path)
    assert sound.outcome()[0] == "truncated"
    assert 8 < len(again) / 48_000 < 14
    assert f"{sound.seconds:.2f}" in sound.outcome()[1]
    kept = len(again) - 9600
    np.testing.assert_allclose(again[:kept], whole[:kept], atol=1e-4)
    # The part before the cut is as good as ever.
    assert reason(path, start=2.0, duration=3.0) is None
    assert reason(path, start=9.0, duration=10.0) == "truncated"


def test_an_excerpt_that_lies_in_the_missing_part_is_truncated(tmp_path):
    soundfile.write(tmp_path / "a.wav", sweep(20), 48_000)
    data = (tmp_path / "a.wav").read_bytes()
    (tmp_path / "a.wav").write_bytes(data[: len(data) // 2])
    assert reason(tmp_path / "a.wav", start=15.0, duration=3.0) == "truncated"


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000])
def test_a_wav_written_into_a_pipe_has_no_length_and_is_whole(tmp_path, size):
    soundfile.write(tmp_path / "a.wav", sweep(3), 48_000)
    data = bytearray((tmp_path / "a.wav").read_bytes())
    at = data.find(b"data") + 4
    data[at : at + 4] = struct.pack("<I", size)
    (tmp_path / "a.wav").write_bytes(data)
    again, sound = read(tmp_path / "a.wav")
    assert (len(again), sound.outcome()) == (3 * 48_000, (None, None))


def test_a_flac_written_into_a_pipe_is_whole(tmp_path):
    soundfile.write(tmp_path / "a.flac", sweep(3), 48_000)
    data = bytearray((tmp_path / "a.flac").read_bytes())
    data[21] &= 0xF0
    data[22:26] = bytes(4)  # the sample count of STREAMINFO
    (tmp_path / "a.flac").write_bytes(data)
    again, sound = read(tmp_path / "a.flac")
    assert (len(again), sound.outcome()) == (3 * 48_000, (None, None))


@pytest.mark.parametrize(("name", "codec"), [("a.mp3", "libmp3lame"), ("a.aac", "aac")])
def test_damage_in_the_middle_is_passed_over(tmp_path, name, codec):
    write_coded(tmp_path / name, codec, sweep(20))
    data = bytearray((tmp_path / name).read_bytes())
    middle = len(data) // 2
    data[middle : middle + 600] = bytes(range(256)) * 2 + bytes(88)
    (tmp_path / name).write_bytes(data)
    again, sound = read(tmp_path / name)
    assert len(again) / 48_000 > 19
    assert sound.outcome()[0] in (None, "truncated")
    assert np.isfinite(again).all()


def test_damage_in_a_flac_loses_no_more_than_the_frames_it_hit(tmp_path):
    soundfile.write(tmp_path / "a.flac", sweep(20), 48_000)
    data = bytearray((tmp_path / "a.flac").read_bytes())
    middle = len(data) // 2
    data[middle : middle + 300] = bytes(300)
    (tmp_path / "a.flac").write_bytes(data)
    again, sound = read(tmp_path / "a.flac")
    assert 19 < len(again) / 48_000 < 20
    assert sound.outcome() == ("truncated", f"{sound.seconds:.2f} of 20.00 s decoded")


def test_samples_that_are_not_numbers_become_0_and_are_counted(tmp_path):
    samples = sweep(2, channels=2)
    samples[100, 0], samples[200, 1], samples[300] = np.nan, np.inf, -np.inf
    soundfile.write(tmp_path / "a.wav", samples, 48_000, "FLOAT")
    again, sound = read(tmp_path / "a.wav")
    assert np.isfinite(again).all() and not again[300].any()
    assert again[100, 1] == samples[100, 1]
    assert sound.outcome()[0] is None
    assert sound.outcome()[1].startswith("4 samples were not numbers")


def test_a_stream_that_changes_rate_and_channels_keeps_the_first(tmp_path):
    parts = [("one.aac", 44_100, 1), ("two.aac", 48_000, 2), ("three.aac", 44_100, 1)]
    for name, rate, channels in parts:
        write_coded(tmp_path / name, "aac", sweep(3, rate, channels), rate)
    joined = b"".join((tmp_path / name).read_bytes() for name, *_ in parts)
    (tmp_path / "joined.aac").write_bytes(joined)
    again, sound = read(tmp_path / "joined.aac")
    assert (sound.sample_rate, again.shape[1]) == (44_100, 1)
    assert len(again) / 44_100 == pytest.approx(9, abs=0.3)


# Names, cost


@pytest.mark.parametrize("name", [b"caf\xe9.flac", b"line\nbreak.flac", b"-dash", b"http:x", b"%d"])
def test_odd_names_are_opened(tmp_path, name):
    path = tmp_path / os.fsdecode(name)
    soundfile.write(tmp_path / "a.flac", sweep(1), 48_000)
    write_coded(tmp_path / "b.mp3", "libmp3lame", sweep(1))
    for made in ("a.flac", "b.mp3"):
        (tmp_path / made).rename(path)
        assert len(read(path)[0]) == 48_000


@pytest.mark.parametrize(("name", "codec"), [("a.wav", None), ("a.m4a", "aac")])
def test_memory_does_not_grow_with_the_file(tmp_path, name, codec):
    path = tmp_path / name
    if codec:
        write_coded(path, codec, np.zeros((16_000 * 1200, 1), np.float32), 16_000)
    else:  # half an hour that takes no room on the disk
        soundfile.write(path, np.zeros((48_000, 2)), 48_000)
        data = bytearray(path.read_bytes())
        size = 1800 * 48_000 * 4
        data[4:8], data[40:44] = struct.pack("<I", size + 36), struct.pack("<I", size)
        path.write_bytes(data[:44])
        os.truncate(path, size + 44)
    with open_sound(str(path)) as sound:
        blocks = iter(sound)
        next(blocks)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for _ in blocks:
            pass
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert sound.outcome() == (None, None)
    assert sound.seconds >= 1200
    assert after - before < 20_000  # kB; the sound takes 77 and 690 MB


def test_the_header_tells_the_length_without_decoding(tmp_path):
    soundfile.write(tmp_path / "a.wav", sweep(3), 48_000)
    write_coded(tmp_path / "a.m4a", "aac", sweep(4))
    assert probe_seconds(str(tmp_path / "a.wav")) == 3.0
    assert probe_seconds(str(tmp_path / "a.m4a")) == pytest.approx(4, abs=0.05)
    assert probe_seconds(str(tmp_path / "none.wav")) is None


@needs_dev
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("zero_byte.mp3", "empty_file"),
        ("zero_byte.wav", "empty_file"),
        ("text_renamed.wav", "not_audio"),
        ("png_renamed.mp3", "not_audio"),
        ("video_no_audio.mp4", "no_audio_track"),
        ("essentia_empty.mp3", "no_samples"),
        ("truncated.flac", "truncated"),
        ("truncated.ogg", "truncated"),
        ("header_says_longer.wav", "truncated"),
        ("essentia_4channels.flac", "truncated"),
    ],
)
def test_hard_files_get_the_reason_that_fits(name, expected):
    with within(10):
        assert reason(DEV / "hard" / name) == expected
