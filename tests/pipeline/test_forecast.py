"""What `auricle plan` says, from datasets whose times and tokens are known and from a real run."""

import asyncio
import io
import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from conftest import ROOT
from fakes import MADE, fill
from rich.console import Console

from auricle.pipeline.cli_plan import plan
from auricle.pipeline.config import Config, dump_config, load_config
from auricle.pipeline.dataset import Dataset, Fingerprint
from auricle.pipeline.forecast.forecast import forecast
from auricle.pipeline.forecast.parts import Cost, Forecast, Wanted
from auricle.pipeline.forecast.sample import Sample
from auricle.pipeline.forecast.spread import Cluster, ratio_spread
from auricle.pipeline.forecast.table import told
from auricle.pipeline.llm.journal import Journal
from auricle.pipeline.llm.request import Reply, Request, Usage
from auricle.pipeline.run import run
from auricle.pipeline.stages import works
from auricle.pipeline.tables import TABLES
from auricle.schemas.clip import Clip, Recording, Signal
from auricle.schemas.errors import UserError

ON = ("events", "vad", "tags", "domain", "music")
SECONDS = {"clips": 0.2, "events": 1.0, "vad": 0.5, "tags": 0.25, "domain": 0.25, "music": 3.0}
"""Seconds a clip, by table; the others take a hundredth of a second."""
BY_MODEL: dict[str, Any] = {
    "writer": "llm",
    "llm.base_url": "http://nowhere/v1",
    "llm.model": "pen",
    "llm.prices": {"pen": {"input": 1, "output": 4}},
}


def config_with(roles: tuple[str, ...] = ON, **settings: Any) -> Config:
    """The profile `lite` with few roles on."""
    off = {role: {"backend": "off"} for role in Config().roles() if role not in roles}
    tags = {"tags": {"backend": "events"}} if "tags" in roles else {}
    return load_config(None, settings, {"experts": {**off, **tags}})


def small(
    folder: Path, shards: int = 2, scale: tuple[float, ...] = (1.0,), **settings: Any
) -> Sample:
    """A sample of four one-second clips a shard; every other clip has music in it."""
    data, config = Dataset(str(folder)), config_with(**settings)
    fill(data, [[f"r{s}{r}_0_{i}" for r in "ab" for i in (0, 1)] for s in range(shards)])
    made = {table: work for work in works(config) for table in work.writes}
    for shard in range(shards):
        ids = data.table("clips", shard, ["clip_id"])[0].to_pylist()
        slow = scale[shard % len(scale)] * len(ids)
        for table, record in (("recordings", Recording), ("clips", Clip), ("signal", Signal)):
            rows = data.rows(record, shard)
            data.write(table, shard, rows, MADE, SECONDS["clips"] * slow)
        for table in made.keys() - {"recordings", "clips", "signal"}:
            kind: Any = TABLES[table].record
            rows = [kind(clip_id=clip) for clip in ids]
            if table == "music":
                rows = [
                    kind.skipped(c, "no_music") if c[-1] == "1" else kind(clip_id=c) for c in ids
                ]
            if table in ("captions", "qa") and config.writer == "llm":
                told = {"requests": 2, "prompt_tokens": 1500, "completion_tokens": 500}
                rows = [kind(clip_id=clip, model="pen", **told) for clip in ids]
            data.write(table, shard, rows, MADE, SECONDS.get(table, 0.01) * slow)
    for table in made:
        backend = backends(config).get(table, "-")
        by = MADE.model_copy(update={"backend": backend})
        data.sign(table, Fingerprint(provenance=by, settings={"model": "pen"}, needs={}))
    data.storage.write("dataset.yaml", dump_config(config))
    return Sample(data, config)


def backends(config: Config) -> dict[str, str]:
    return {**config.roles(), **dict.fromkeys(("captions", "qa"), config.writer)}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """Eight clips of four recordings, in two shards; rules write."""
    return small(tmp_path_factory.mktemp("rules") / "set")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """The same with texts by a model, without journals."""
    return small(tmp_path_factory.mktemp("llm") / "set", **BY_MODEL)


def of(made: Forecast, stage: str) -> Cost:
    return next(cost for cost in made.stages if cost.stage == stage)


def ask(*arguments: str) -> Result:
    return CliRunner().invoke(plan, arguments, catch_exceptions=False)


def test_hours_are_the_samples_seconds_a_clip_times_the_clips(sample: Sample) -> None:
    made = forecast(sample.config, Wanted(clips=36_000), sample)
    assert of(made, "hear").seconds == pytest.approx(2.0)
    assert of(made, "ingest").seconds == pytest.approx(0.2)  # three tables, each with all of it
    assert of(made, "hear").cpu_hours == pytest.approx(36_000 * 2.0 / 3600 * 2)  # two threads
    assert made.time.hours == pytest.approx(36_000 * (0.2 + 2 + 3 + 4 * 0.01) / 3600)
    assert made.gpu_hours == 0


def test_what_other_pools_hold_is_counted_without_another_sample(sample: Sample) -> None:
    pools = {"hear": {"cpus": 0.5, "gpus": 0.25}}
    config = config_with(**{"engine.pools": pools})
    made = forecast(config, Wanted(clips=36_000, cpus=8, gpus=2), sample)
    assert of(made, "hear").cpu_hours == pytest.approx(10)
    assert made.gpu_hours == pytest.approx(5)
    with pytest.raises(UserError, match="--gpus"):
        forecast(config, Wanted(clips=36_000, cpus=8), sample)


def test_the_largest_bound_decides_and_all_that_are_near_it_must_be_doubled(sample: Sample) -> None:
    config = config_with(**{"engine.pools": {"hear": {"cpus": 1, "gpus": 1}}})
    wanted = Wanted(clips=3_600_000, cpus=1000, gpus=100)
    time = forecast(config, wanted, sample).time
    assert (time.bottleneck.name, time.hours) == ("GPUs", pytest.approx(20))
    assert time.bottleneck.mostly == "hear"
    assert time.half == ["200 GPUs"]  # 8.5 hours of processors are less than half of it
    few = Wanted(clips=3_600_000, cpus=600, gpus=100)
    assert forecast(config, few, sample).time.half == ["1200 processors", "200 GPUs"]


def test_no_cluster_is_faster_than_one_shard_through_its_stages(sample: Sample) -> None:
    time = forecast(sample.config, Wanted(clips=512, cpus=1e6), sample).time
    assert time.bottleneck.name == "shard"
    # ingest, hear, music, captions (qa takes as long), support; print is beside it
    assert time.hours == pytest.approx(512 * (0.2 + 2 + 3 + 0.01 + 0.01) / 3600)
    assert time.half == ["ingest.shard_clips 256"]


def test_a_stated_speed_replaces_a_measured_one(sample: Sample) -> None:
    made = forecast(sample.config, Wanted(clips=3600, speeds={"hear": 10, "verify": 2}), sample)
    assert of(made, "hear").seconds == pytest.approx(0.1)
    assert of(made, "hear").measured is None
    assert made.time.after == pytest.approx(0.5)  # one process, when all else is done


def test_hours_of_sound_become_clips_as_in_the_sample(sample: Sample) -> None:
    # each recording is a second long and gives two clips
    assert forecast(sample.config, Wanted(hours=1), sample).clips == 7200


def test_tokens_and_money_follow_the_rows_and_the_models_limits(tmp_path: Path) -> None:
    limits = {"llm.requests_per_minute": 100, "llm.concurrency": 8}
    sample = small(tmp_path / "set", **BY_MODEL, **limits)
    journal = Journal(sample.data, "caption", 0)
    usage = Usage(prompt=1500, completion=500, cached=750)
    reply = Reply("{}", usage=usage, seconds=6.0)
    asyncio.run(journal.add("key", Request("r0a_0_0", (), {}), reply, None))
    made = forecast(sample.config, Wanted(clips=1000), sample)
    captions = next(each for each in made.tokens if each.stage == "caption")
    assert (captions.requests, captions.prompt, captions.completion) == (2e3, 1.5e6, 5e5)
    assert captions.usd == pytest.approx(1.5 + 2.0)
    bounds = {bound.name: bound.hours for bound in made.time.bounds}
    assert bounds["llm.requests_per_minute"] == pytest.approx(4000 / 100 / 60)
    assert bounds["llm.concurrency"] == pytest.approx(2000 * 6 / 8 / 3600)
    assert of(made, "caption").cpu_hours == 0  # it waits for a server
    assert made.time.hours == pytest.approx(bounds["one worker"] + 4000 / 100 / 60)
    assert any("qa" in note and "journal" in note for note in made.notes)


def test_a_price_on_the_command_line_counts(written: Sample) -> None:
    folder = written.data.storage.uri
    answer = ask(folder, "--clips", "1000", "--price", "pen=2/8", "--json")
    assert json.loads(answer.output)["usd_tokens"] == pytest.approx(2 * (3.0 + 4.0))
    with pytest.raises(UserError, match="there is pen"):
        ask(folder, "--clips", "1", "--price", "pan=2/8")


def test_gates_are_taken_to_open_as_often_as_in_the_sample(sample: Sample) -> None:
    made = forecast(sample.config, Wanted(clips=10), sample)
    assert any("50% of its clips for music" in note for note in made.notes)


def test_many_shards_tell_the_spread_and_even_ones_have_none(tmp_path: Path) -> None:
    even = small(tmp_path / "even", shards=8)
    assert of(forecast(even.config, Wanted(clips=10), even), "hear").spread == pytest.approx(0)
    uneven = small(tmp_path / "uneven", shards=8, scale=(0.5, 1.5))
    # Student's 2.365 for 7 degrees, times the deviation sqrt(8 / 7) / 2 over sqrt(8)
    spread = of(forecast(uneven.config, Wanted(clips=10), uneven), "hear").spread
    assert spread == pytest.approx(2.3646 * (8 / 7) ** 0.5 / 2 / 8**0.5, rel=1e-3)


def test_a_gate_that_opens_for_some_recordings_makes_a_small_sample_less_sure() -> None:
    some = ratio_spread([Cluster(2, 2), Cluster(0, 2), Cluster(2, 2), Cluster(0, 2)])
    every = ratio_spread([Cluster(1, 2)] * 4)
    assert some is not None and every == pytest.approx(0) and some > 1
    assert ratio_spread([Cluster(1, 2)]) is None


def test_disk_is_the_bytes_of_the_files(sample: Sample) -> None:
    made = forecast(sample.config, Wanted(clips=8_000), sample)
    size = sum(
        path.stat().st_size for path in Path(sample.data.storage.root).rglob("shard-*.parquet")
    )
    assert made.gigabytes == pytest.approx(size * 1000 / 1e9, rel=0.1)  # and the stage.json files


def test_machines_cost_the_whole_cluster_for_the_whole_time(sample: Sample) -> None:
    wanted = Wanted(clips=3_600_000, cpus=100, gpus=10, cpu_price=0.05, gpu_price=2)
    made = forecast(sample.config, wanted, sample)
    assert made.usd_machines == pytest.approx(made.time.hours * (100 * 0.05 + 10 * 2))


def test_stated_speeds_alone_are_enough_and_what_is_not_known_is_said() -> None:
    made = forecast(config_with(), Wanted(clips=3600, cpus=4, speeds={"hear": 2}))
    assert made.cpu_hours == pytest.approx(1.0)
    assert made.gigabytes is None
    assert any("ingest, music, caption" in note for note in made.notes)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Wanted(clips=1), "nothing to plan from"),
        (Wanted(clips=1, speeds={"haer": 2}), "did you mean hear"),
        (Wanted(clips=1, speeds={"hear": 0}), "more than 0"),
        (Wanted(speeds={"hear": 2}), "either --clips N or --hours H"),
        (Wanted(clips=1, gpus=2, speeds={"hear": 2}), "--cpus"),
    ],
)
def test_a_question_without_sense_is_one_line(wanted: Wanted, said: str) -> None:
    with pytest.raises(UserError, match=said):
        forecast(config_with(), wanted)


def test_a_stage_that_the_sample_lacks_is_named(sample: Sample) -> None:
    more = config_with((*ON, "rhythm"))
    with pytest.raises(UserError, match=r"lacks music.*--speed music="):
        forecast(more, Wanted(clips=1), sample)
    other = config_with(**BY_MODEL)
    with pytest.raises(UserError, match="no captions by llm"):
        forecast(other, Wanted(clips=1), sample)


def test_a_dataset_without_times_must_be_made_anew(tmp_path: Path) -> None:
    sample = small(tmp_path / "set", scale=(0.0,))
    with pytest.raises(UserError, match="--redo ingest"):
        forecast(sample.config, Wanted(clips=1), sample)


def test_a_setting_that_the_sample_did_not_have_is_told(sample: Sample) -> None:
    config = config_with(**{"ingest.clip_seconds": 5, "engine.threads": 4})
    notes = forecast(config, Wanted(clips=1), sample).notes
    assert any("ingest.clip_seconds 10" in note and "engine.threads 2" in note for note in notes)


def test_the_table_fits_eighty_columns_and_shows_its_arithmetic(written: Sample) -> None:
    wanted = Wanted(clips=100_000_000, cpus=64, gpus=8, cpu_price=0.04, gpu_price=2.5)
    text = told(forecast(written.config, wanted, written))
    assert max(map(len, text.splitlines())) <= 80
    assert "CPU-h / 64 processors = " in text
    assert "half of it takes 128 processors" in text


def test_the_forecast_of_a_real_run_is_within_what_the_run_took(tmp_path: Path) -> None:
    for name in ("lumberjack.ogg", "system.ogg"):
        (tmp_path / "in").mkdir(exist_ok=True)
        shutil.copy(ROOT / "samples" / name, tmp_path / "in")
    data = Dataset(str(tmp_path / "set"))
    config = config_with(("events", "vad", "tags", "domain"), source=str(tmp_path / "in"))
    begun = time.perf_counter()
    run(data, config, Console(file=io.StringIO()), ("ingest", "annotate", "caption", "qa", "score"))
    took = time.perf_counter() - begun
    clips = sum(data.count("clips", shard) for shard in data.shards("clips"))
    answer = ask(data.storage.uri, "--clips", str(clips), "--json")
    made = json.loads(answer.output)
    assert made["sample_clips"] == clips
    assert 0.02 * took < made["time"]["hours"] * 3600 < took  # loading the models is extra
    again = ask(data.storage.uri, "--clips", str(2 * clips), "--json")
    assert json.loads(again.output)["cpu_hours"] == pytest.approx(2 * made["cpu_hours"])
