"""Workers go where there is room, and to the stage that has most left to do."""

from fakes import FakeExpert

from auricle.pipeline.engine.chain import Chain
from auricle.pipeline.engine.places import Need, giver, need_of, place
from auricle.pipeline.stage_settings import EngineSettings, PoolSettings

NODES = {
    "big": {"CPU": 8.0, "GPU": 1.0, "memory": 8 * 2**30},
    "small": {"CPU": 2.0, "memory": 4 * 2**30},
}


class GpuExpert(FakeExpert):
    gpu_memory = 4.0


def chain(expert: FakeExpert) -> Chain:
    return Chain("hear", (expert,))


def test_a_chain_takes_a_gpu_where_the_cluster_has_one() -> None:
    settings = EngineSettings(threads=2)
    assert need_of(chain(GpuExpert()), settings, NODES).resources["GPU"] == 1.0
    assert "GPU" not in need_of(chain(FakeExpert()), settings, NODES).resources
    assert "GPU" not in need_of(chain(GpuExpert()), settings, {"small": NODES["small"]}).resources


def test_a_pool_may_take_a_part_of_a_gpu_and_resources_of_its_own() -> None:
    pools = {"hear": PoolSettings(cpus=1, gpus=0.25, resources={"tape": 1})}
    need = need_of(Chain("hear-2", (GpuExpert(),)), EngineSettings(pools=pools), NODES)
    assert {name: need.resources[name] for name in ("CPU", "GPU", "tape")} == {
        "CPU": 1,
        "GPU": 0.25,
        "tape": 1,
    }
    assert need.options()["num_gpus"] == 0.25
    assert need.options()["resources"] == {"tape": 1}


def test_no_worker_asks_for_more_processors_or_memory_than_a_node_has() -> None:
    need = need_of(chain(FakeExpert()), EngineSettings(threads=64), {"small": NODES["small"]})
    assert need.resources["CPU"] == 2.0
    assert need.resources["memory"] <= 4 * 2**30


def test_a_worker_goes_to_the_node_with_most_processors_free() -> None:
    need = Need({"CPU": 2.0})
    assert place(need, NODES, []) == "big"
    assert place(need, NODES, [("big", Need({"CPU": 7.0}))]) == "small"
    assert place(need, NODES, [("big", Need({"CPU": 7.0})), ("small", need)]) is None


def test_four_workers_share_a_gpu_of_which_each_takes_a_quarter() -> None:
    need = Need({"CPU": 1.0, "GPU": 0.25})
    taken = [("big", need)] * 3
    assert place(need, NODES, taken) == "big"
    assert place(need, NODES, [*taken, ("big", need)]) is None


def test_a_node_that_has_gone_frees_nothing() -> None:
    assert place(Need({"CPU": 1.0}), {}, [("gone", Need({"CPU": 1.0}))]) is None


def test_a_stage_without_a_worker_gets_one_of_a_stage_with_two() -> None:
    load = {"hear": 1000.0, "speech": 1.0}
    assert giver("speech", load, {"hear": 2}) == "hear"
    assert giver("speech", load, {"hear": 1}) is None


def test_the_slow_stage_gets_workers_until_it_has_its_share() -> None:
    load = {"hear": 100.0, "speech": 300.0}
    assert giver("speech", load, {"hear": 3, "speech": 1}) == "hear"
    assert giver("speech", load, {"hear": 1, "speech": 3}) is None
    assert giver("hear", load, {"hear": 1, "speech": 3}) is None
