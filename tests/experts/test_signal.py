import csv
from pathlib import Path

import numpy as np
import pyloudnorm
import pytest
import soundfile
import soxr

from auricle.experts.base import Heard
from auricle.experts.signal import SignalMeter, measure_and_mix
from auricle.schemas.clip import Signal

DEV = Path(__file__).resolve().parents[3] / "shared" / "data" / "dev"
needs_dev = pytest.mark.skipif(not DEV.is_dir(), reason="../shared/data/dev is not here")
RATE = 48_000


def measure(samples, rate=RATE) -> Signal:
    return SignalMeter().annotate([Heard("c", np.asarray(samples, np.float32), rate)])[0]


def mix(samples):
    """Return the mono samples, and how they were made."""
    signal, mono = measure_and_mix(Heard("c", samples, RATE))
    return mono, signal.mixdown


def sine(hz, seconds=10.0, level=1.0, rate=RATE):
    return level * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate)) / rate)


def noise(seconds=10.0, level=0.1, rate=RATE, seed=0):
    return level * np.random.default_rng(seed).standard_normal(int(seconds * rate))


def rounded(samples):
    return np.round(np.clip(samples, -1, 1) * 32767) / 32768


def band_limited(rate, seconds=10.0):
    """Noise with nothing above half of `rate`, in a 48-kHz file."""
    return soxr.resample(noise(seconds, rate=rate), rate, RATE)


def test_a_full_scale_sine_has_peak_0_and_rms_minus_3():
    signal = measure(sine(997))
    assert signal.peak == pytest.approx(0, abs=0.01)
    assert signal.rms == pytest.approx(-3.01, abs=0.01)
    assert (signal.sample_rate, signal.channels, signal.mixdown) == (RATE, 1, "mean")


def test_loudness_of_the_standard_sine_is_what_bs_1770_says():
    assert measure(sine(997)).loudness == pytest.approx(-3.01, abs=0.05)
    assert measure(np.stack([sine(997)] * 2, 1)).loudness == pytest.approx(0.0, abs=0.05)


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_loudness_agrees_with_pyloudnorm(rate, channels):
    parts = [noise(2, 0.2, rate), noise(3, 0.001, rate), noise(5, 0.05, rate)]
    samples = np.concatenate(parts).astype(np.float32)
    samples = np.stack([samples, samples[::-1]][:channels], 1)
    expected = pyloudnorm.Meter(rate).integrated_loudness(samples.astype(np.float64))
    assert measure(samples, rate).loudness == pytest.approx(expected, abs=0.02)


def test_the_low_frequency_channel_of_5_1_does_not_count_for_loudness():
    samples = np.zeros((RATE * 2, 6))
    samples[:, 0] = noise(2)
    alone = measure(samples).loudness
    samples[:, 3] = sine(50, 2, 0.9)
    assert measure(samples).loudness == pytest.approx(alone, abs=0.01)


def test_loudness_is_null_under_400_ms_and_for_silence():
    assert measure(noise(0.39)).loudness is None
    assert measure(np.zeros(RATE)).loudness is None
    assert measure(noise(0.41)).loudness is not None


def test_hard_clipping_is_measured_and_clean_sound_is_not_clipped():
    loud = noise(level=0.5)
    assert measure(rounded(loud * 0.2)).clipped == 0
    assert measure(rounded(loud * 4)).clipped > 0.1
    # Clipped and then turned down: still flat, though far from full scale.
    assert measure(rounded(np.clip(sine(440), -0.5, 0.5) * 0.3)).clipped > 0.5


@pytest.mark.parametrize("hz", [20, 50, 440])
@pytest.mark.parametrize("level", [1.0, 0.1, 0.02])
def test_the_rounded_top_of_a_low_tone_is_not_clipping(hz, level):
    assert measure(rounded(sine(hz, 3, level))).clipped == 0


def test_a_constant_offset_is_measured_and_is_not_sound():
    signal = measure(np.full(RATE, 0.25))
    assert signal.dc_offset == pytest.approx(0.25)
    assert (signal.silence, signal.clipped) == (1.0, 0.0)
    speech_like = np.concatenate([noise(1), noise(1, 0.001)] * 3)
    assert measure(speech_like + 0.4).snr == pytest.approx(measure(speech_like).snr, abs=0.5)


def test_snr_is_the_range_between_loud_and_quiet_frames():
    bursts = np.concatenate([noise(1, 0.1), noise(1, 0.001)] * 4)
    assert measure(bursts).snr == pytest.approx(40, abs=1.5)
    assert measure(noise()).snr < 2
    padded = np.concatenate([np.zeros(5 * RATE), noise(5)])
    assert measure(padded).snr < 2, "digital silence is no noise floor"


def test_silence_is_the_share_of_frames_under_minus_60():
    half = np.concatenate([noise(5, 0.1), noise(5, 0.0001)])
    assert measure(half).silence == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 32_000])
@pytest.mark.parametrize("hiss", [0.0, 10 ** (-75 / 20)])
def test_bandwidth_finds_where_a_lower_rate_cut_the_sound(rate, hiss):
    found = measure(rounded(band_limited(rate) + noise(level=hiss, seed=1))).bandwidth
    assert rate / 2 * 0.9 < found < rate / 2 + 600


def test_sound_without_a_cut_reaches_half_the_rate():
    assert measure(rounded(noise())).bandwidth == RATE / 2
    pink = np.cumsum(noise(level=0.001))
    assert measure(rounded(pink - pink.mean())).bandwidth > 20_000


def test_a_dead_channel_is_counted_and_the_mean_is_kept():
    samples = np.stack([noise(), np.zeros(10 * RATE)], 1)
    signal = measure(samples)
    assert (signal.dead_channels, signal.mixdown, signal.channels) == (1, "mean", 2)


def test_opposite_phases_are_not_averaged_to_nothing():
    left = noise(1).astype(np.float32)
    mono, how = mix(np.stack([left, -0.9 * left], 1))
    assert how == "loudest"
    np.testing.assert_array_equal(mono, left)
    assert measure(np.stack([left, -0.9 * left], 1)).mixdown == "loudest"


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_unrelated_channels_are_averaged(channels):
    samples = np.stack([noise(1, seed=i) for i in range(channels)], 1).astype(np.float32)
    mono, how = mix(samples)
    assert how == "mean"
    np.testing.assert_allclose(mono, samples.mean(1), atol=1e-6)


def test_mixing_takes_flat_and_empty_arrays():
    flat = noise(0.1).astype(np.float32)
    assert np.shares_memory(mix(flat)[0], flat)
    assert mix(np.empty((0, 2), np.float32))[0].shape == (0,)


@pytest.mark.parametrize("channels", [1, 2])
def test_mixing_takes_a_constant_offset_off(channels):
    sound = np.stack([noise(1, seed=i) for i in range(channels)], 1).astype(np.float32)
    mono, _ = mix(sound + np.float32(0.2))
    assert abs(mono.mean()) < 1e-4
    np.testing.assert_allclose(mono, sound.mean(1) - sound.mean(), atol=1e-4)
    assert measure(sound + 0.2).dc_offset == pytest.approx(0.2, abs=0.001), "measured before"


def test_mixing_leaves_a_few_samples_and_small_means_alone():
    few = np.full(1000, 0.2, np.float32)
    assert np.shares_memory(mix(few)[0], few)
    settled = (noise(1) - noise(1).mean() + 0.0005).astype(np.float32)
    assert np.shares_memory(mix(settled)[0], settled)


def test_an_empty_clip_is_skipped():
    for shape in [(0,), (0, 2)]:
        signal = measure(np.empty(shape))
        assert (signal.status, signal.reason) == ("skipped", "no_samples")


@pytest.mark.parametrize("samples", [1, 2, 63, 64, 1000, 2400])
@pytest.mark.parametrize("channels", [1, 2, 3, 6])
def test_very_short_clips_have_a_row(samples, channels):
    signal = measure(np.full((samples, channels), 0.5) * np.arange(1, channels + 1) / channels)
    assert signal.status == "ok"
    assert signal.peak == pytest.approx(-6.02, abs=0.01)


def test_digital_silence_sits_on_the_floor():
    signal = measure(np.zeros((RATE, 2)))
    assert (signal.peak, signal.rms, signal.silence) == (-120, -120, 1)
    assert (signal.dead_channels, signal.clipped) == (2, 0)
    assert (signal.loudness, signal.bandwidth, signal.snr) == (None, None, None)


def test_a_batch_gives_the_rows_that_single_clips_give():
    clips = [
        Heard("a", noise(1).astype(np.float32), RATE),
        Heard("b", np.zeros(0, np.float32), 8_000),
        Heard("c", np.stack([sine(300, 2, rate=16_000)] * 2, 1).astype(np.float32), 16_000),
    ]
    meter = SignalMeter()
    meter.load()
    rows = meter.annotate(clips)
    assert [row.clip_id for row in rows] == ["a", "b", "c"]
    assert list(rows) == [meter.annotate([clip])[0] for clip in clips]
    assert meter.annotate(clips) == rows


@needs_dev
@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("quality/visqol/strauss48_stereo_lp35.flac", 3_400, 4_600),
        ("quality/visqol/steely48_stereo_lp7.flac", 6_800, 8_000),
        ("quality/visqol/harpsichord48_stereo_96kbps_mp3.flac", 15_000, 16_500),
        ("quality/visqol/transcoded_CA01_01.flac", 3_400, 4_800),
        ("quality/visqol/CA01_01.flac", 22_000, 24_000),
    ],
)
def test_bandwidth_of_real_sound_that_was_cut(name, low, high):
    samples, rate = soundfile.read(DEV / name, dtype="float32")
    assert low < measure(samples, rate).bandwidth <= high


@needs_dev
def test_bandwidth_of_recordings_made_at_a_lower_rate():
    rows = list(csv.DictReader((DEV / "manifest.csv").open(encoding="utf-8")))
    emodb = [row["path"] for row in rows if row["path"].startswith("emotion/emodb")][::4]
    assert len(emodb) > 20  # 16-kHz sound kept in 22-kHz files
    for path in emodb:
        samples, rate = soundfile.read(DEV / path, dtype="float32")
        assert 7_000 < measure(samples, rate).bandwidth < 8_700, path


@needs_dev
def test_known_faults_of_real_files_are_seen():
    def of(name):
        samples, rate = soundfile.read(DEV / "hard" / name, dtype="float32")
        return measure(samples, rate)

    assert of("clipped.wav").clipped > 0.3
    assert of("dc_offset.wav").dc_offset == pytest.approx(0.4, abs=0.01)
    assert of("one_channel_dead.wav").dead_channels == 1
    assert of("very_quiet.wav").silence == 1
