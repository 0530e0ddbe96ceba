"""Where on a cluster a worker fits, and which stage should have it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from auricle.experts.base import Expert
from auricle.pipeline.engine.work import OnGpu, SideBySide, Work
from auricle.pipeline.packing import memory_of
from auricle.pipeline.stage_settings import EngineSettings, PoolSettings

Nodes = Mapping[str, Mapping[str, float]]
"""What each node has, by its id: Ray's resources."""


@dataclass(frozen=True)
class Need:
    """The resources of one worker, by Ray's names: CPU, GPU, memory (bytes), custom ones."""

    resources: Mapping[str, float]

    def __str__(self) -> str:
        return ", ".join(f"{name} {amount:g}" for name, amount in self.resources.items())

    def options(self) -> dict[str, object]:
        """Return them as Ray's options of an actor."""
        named = {"CPU": "num_cpus", "GPU": "num_gpus", "memory": "memory"}
        custom = {name: each for name, each in self.resources.items() if name not in named}
        known = {named[name]: each for name, each in self.resources.items() if name in named}
        return {"num_cpus": 0, **known, "resources": custom}


def need_of(work: Work, settings: EngineSettings, nodes: Nodes) -> Need:
    """Return what a worker of a stage takes, no more processors and memory than a node has.

    By default these are `threads` processors, the memory that its experts say they need and, where
    it uses a GPU and the cluster has one, a whole GPU. `engine.pools` says otherwise.
    """
    if isinstance(work, SideBySide):  # it waits for a server
        return Need({})
    chain = work.name.partition("-")[0]  # of `speech-2` as well
    pool = settings.pools.get(chain, PoolSettings())
    cpus = settings.threads if pool.cpus is None else pool.cpus
    gpus = pool.gpus
    if gpus is None:
        uses = isinstance(work, OnGpu) and work.uses_gpu
        gpus = 1.0 if uses and _most(nodes, "GPU") else 0.0
    wanted = {"CPU": min(cpus, _most(nodes, "CPU") or cpus), "GPU": gpus, **pool.resources}
    experts: tuple[Expert[Any], ...] = getattr(work, "experts", ())
    memory = memory_of(experts).ram * 2**30
    wanted["memory"] = min(memory, _most(nodes, "memory"))
    return Need({name: amount for name, amount in wanted.items() if amount})


def place(need: Need, nodes: Nodes, taken: Iterable[tuple[str, Need]]) -> str | None:
    """Return the node with most processors free on which a worker fits, or None.

    Args:
        need: what it takes.
        nodes: the nodes that are there.
        taken: the node and the need of each worker that there is.
    """
    free = {node: Counter(has) for node, has in nodes.items()}
    for node, other in taken:
        if node in free:
            free[node].subtract(Counter(other.resources))
    fitting = [
        node
        for node, has in free.items()
        if all(has[name] >= amount - 1e-6 for name, amount in need.resources.items())
    ]
    return max(fitting, key=lambda node: free[node]["CPU"], default=None)


def giver(stage: str, load: Mapping[str, float], workers: Mapping[str, int]) -> str | None:
    """Return the stage that should give up a worker for a stage that has too few, or None.

    A stage's share of the workers is its share of the work that is left. The one furthest above
    its share gives, if it keeps one and is not below its share afterwards; a stage without any
    worker gets one as soon as another has two.

    Args:
        stage: the one that has work and no place.
        load: seconds of work that is ready or running, by stage.
        workers: how many workers each stage has.
    """
    total, all_workers = sum(load.values()), sum(workers.values())
    share = {name: all_workers * load[name] / total if total else 0.0 for name in load}
    own = workers.get(stage, 0)
    if own and own + 1 > share[stage]:
        return None
    above = {name: count - share.get(name, 0.0) for name, count in workers.items()}
    for name in sorted(above, key=lambda each: -above[each]):
        enough = workers[name] > 1 and (own == 0 or above[name] >= 1)
        if name != stage and enough:
            return name
    return None


def _most(nodes: Nodes, resource: str) -> float:
    """Return how much of a resource the node has that has most of it."""
    return max((has.get(resource, 0.0) for has in nodes.values()), default=0.0)
