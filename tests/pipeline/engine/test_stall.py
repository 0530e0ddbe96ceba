"""What holds a run up is named, with what would help, and nobody is nagged."""

import os
from typing import Any

import pytest
from fakes import FakeExpert

from auricle.experts.describe import OpenAiAudioDescription
from auricle.pipeline.config import load_config
from auricle.pipeline.engine.chain import Chain
from auricle.pipeline.engine.line import Numbers
from auricle.pipeline.engine.stall import Limit, Setup, advice, setup_of, slowest
from auricle.pipeline.stage_settings import EngineSettings, PoolSettings
from auricle.pipeline.stages import works

HOUR = 3600.0


def stage(name: str, **numbers: Any) -> Numbers:
    return Numbers(**{"stage": name, "shards": 10, "total": 100, "clips": 5120, **numbers})


def says(stages: list[Numbers], setup: Setup, spent: float = HOUR, still: float = 0.0) -> str:
    return advice(stages, setup, spent, still) or ""


def ray(**pools: PoolSettings) -> Setup:
    class OnGpu(FakeExpert):
        gpu_memory = 3.0

    settings = EngineSettings(kind="ray", pools=pools)
    return setup_of(settings, [Chain("speech", (FakeExpert(),)), Chain("words", (OnGpu(),))])


def test_the_slowest_is_the_one_with_shards_waiting_not_the_one_that_waits_for_it() -> None:
    stages = [
        stage("hear", shards=100, left=0.0),
        stage("speech", ready=41, busy=2, workers=2, left=3 * HOUR),
        stage("caption", ready=0, busy=1, workers=1, left=3.1 * HOUR),
    ]
    found = slowest(stages)
    assert found is not None
    assert found.stage == "speech"
    assert slowest(stages[:1]) is None


def test_a_chain_that_computes_would_like_processors_or_fewer_threads_each() -> None:
    told = says([stage("speech", ready=41, busy=2, workers=2, left=3.17 * HOUR)], ray())
    assert told == (
        "speech is the slowest: 41 shards wait for 2 busy workers, about 3h10m left; "
        "more processors (or engine.threads: 1) would help"
    )
    slow = [stage("speech", ready=41, busy=2, workers=2, left=HOUR)]
    assert "engine.threads" not in says(slow, ray(speech=PoolSettings(cpus=1)))
    assert "engine.pools.speech.cpus: 1" in says(slow, ray(speech=PoolSettings(cpus=4)))


def test_a_chain_on_gpus_would_like_gpus_or_a_smaller_share_of_one() -> None:
    slow = [stage("words", ready=1, busy=1, workers=1, left=HOUR)]
    assert "1 shard waits for 1 busy worker," in says(slow, ray())
    assert "more GPUs, or more workers on each (engine.pools.words.gpus: 0.5)" in says(slow, ray())
    assert "engine.pools.words.gpus: 0.25)" in says(slow, ray(words=PoolSettings(gpus=0.5)))


def test_another_worker_is_not_asked_for_where_no_shard_waits() -> None:
    assert says([stage("speech", ready=0, busy=2, workers=2, left=HOUR)], ray()) == ""


def test_here_the_ray_engine_would_use_the_other_processors() -> None:
    own = len(os.sched_getaffinity(0))
    setup = setup_of(EngineSettings(threads=1), [Chain("speech", (FakeExpert(),))])
    hint = f"speech is the slowest: about 1h00m left; --engine ray would use all {own} processors"
    assert says([stage("speech", left=HOUR)], setup) == (hint if own > 1 else "")
    setup = setup_of(EngineSettings(threads=own), [Chain("speech", (FakeExpert(),))])
    assert says([stage("speech", left=HOUR)], setup) == ""


def test_a_stage_that_a_model_writes_waits_for_its_server() -> None:
    llm = {"base_url": "http://localhost:1/v1", "model": "m", "requests_per_minute": 500}
    config = load_config(None, {"writer": "llm", "llm": llm, "judge": {"llm": llm}})
    setup = setup_of(config.engine, [*works(config, "caption"), *works(config, "judge")])
    assert says([stage("caption", left=HOUR)], setup) == (
        "caption is the slowest: it waits for its server, about 1h00m left; raise "
        "llm.requests_per_minute (500), llm.concurrency (256) if it can take more"
    )
    assert "raise judge.llm.requests_per_minute" in says([stage("judge", left=HOUR)], setup)
    still = says([stage("caption", left=HOUR)], setup, still=400)
    assert still.startswith("nothing has moved for 6m40s: caption waits for its server")


def test_a_batch_may_take_its_day() -> None:
    llm = {"base_url": "http://localhost:1/v1", "model": "m", "mode": "batch"}
    config = load_config(None, {"writer": "llm", "llm": llm})
    setup = setup_of(config.engine, works(config, "caption"))
    assert says([stage("caption", left=HOUR)], setup) == ""
    assert "may take a day" in says([stage("caption", clips=0)], setup, still=HOUR)


def test_an_expert_behind_a_server_waits_for_it() -> None:
    chain = Chain(
        "describe", (OpenAiAudioDescription(base_url="http://localhost:1/v1", model="m"),)
    )
    setup = setup_of(EngineSettings(kind="ray"), [chain])
    told = says([stage("describe", left=HOUR, ready=5, busy=1, workers=1)], setup)
    assert "raise experts.description.concurrency (16) if the server can take more" in told


def test_shards_without_room_for_a_worker_are_named() -> None:
    stages = [
        stage("hear", ready=5, busy=1, workers=1, left=HOUR),
        stage("words", clips=0, ready=12, unstaffed=301.0),
    ]
    assert says(stages, ray()) == (
        "words: 12 shards wait and there is no room for a worker; more nodes, or smaller workers "
        "(engine.pools.words.gpus: 0.5), would help"
    )
    assert "room" not in says([stages[0], stage("words", ready=12, unstaffed=90.0)], ray())


@pytest.mark.parametrize(
    ("setup", "numbers", "said"),
    [
        (Setup("local", limits={"hear": Limit("processor")}), {}, "--engine ray replaces workers"),
        (Setup("ray", limits={"hear": Limit("processor")}), {"workers": 2, "busy": 2}, "10m00s"),
        (Setup("ray", limits={"hear": Limit("processor")}), {"ready": 2}, "has no worker yet"),
    ],
)
def test_stillness_is_said_with_what_happens_next(setup, numbers, said) -> None:
    told = says([stage("hear", left=HOUR, **numbers)], setup, still=301)
    assert told.startswith("nothing has moved for 5m01s: hear ")
    assert said in told


def test_short_runs_are_not_nagged() -> None:
    slow = [stage("speech", ready=41, busy=2, workers=2, left=HOUR)]
    assert says(slow, ray(), spent=30) == ""
    assert says([stage("speech", ready=4, busy=2, workers=2, left=300.0)], ray()) == ""
    assert says([stage("speech", shards=100, left=0.0)], ray(), still=HOUR) == ""
    assert says([], ray()) == ""


def test_a_stage_of_the_driver_is_left_alone() -> None:
    config = load_config()
    setup = setup_of(config.engine, works(config, "verify"))
    assert set(setup.limits.values()) == {Limit("driver")}
    assert says([stage("duplicates", left=2 * HOUR)], setup, still=HOUR) == ""
