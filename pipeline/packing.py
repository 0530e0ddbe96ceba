"""Which experts share a worker: as many of a chain as fit its memory, in the chain's order."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from auricle.experts.base import Expert
from auricle.schemas.errors import UserError


class Memory(NamedTuple):
    """GB of a processor's and of a GPU's memory."""

    ram: float
    gpu: float


def memory_of(experts: Sequence[Expert[Any]]) -> Memory:
    """Return what experts need together in one worker. On the device `cpu` none needs a GPU."""
    gpu = sum(e.gpu_memory for e in experts if getattr(e, "device", "auto") != "cpu")
    return Memory(sum(e.memory for e in experts), gpu)


def pack(
    chain: str, experts: Sequence[Expert[Any]], limit: float | None, gpu_limit: float | None
) -> dict[str, tuple[Expert[Any], ...]]:
    """Return the workers of a chain by name: `chain`, `chain-2`, ... with their experts in order.

    A chain that fits stays whole. What an expert says does not depend on who shares its worker,
    since it is told the rows that it needs and no others.

    Args:
        chain: the chain's name.
        experts: its experts in order.
        limit: GB of RAM of a worker, None for no limit.
        gpu_limit: GB of GPU memory of a worker, None for no limit.

    Raises:
        UserError: one expert alone needs more than a worker has.
    """
    workers: list[list[Expert[Any]]] = [[]]
    for expert in experts:
        _check_fits(expert, limit, gpu_limit)
        if workers[-1] and not _fits(memory_of([*workers[-1], expert]), limit, gpu_limit):
            workers.append([])
        workers[-1].append(expert)
    names = [chain, *(f"{chain}-{number}" for number in range(2, len(workers) + 1))]
    return {name: tuple(worker) for name, worker in zip(names, workers, strict=True)}


def _fits(memory: Memory, limit: float | None, gpu_limit: float | None) -> bool:
    return (limit is None or memory.ram <= limit) and (gpu_limit is None or memory.gpu <= gpu_limit)


def _check_fits(expert: Expert[Any], limit: float | None, gpu_limit: float | None) -> None:
    memory = memory_of([expert])
    for setting, needed, given, kind in (
        ("engine.gigabytes", memory.ram, limit, "memory"),
        ("engine.gpu_gigabytes", memory.gpu, gpu_limit, "GPU memory"),
    ):
        if given is not None and needed > given:
            raise UserError(
                f"{setting}: {expert.role} ({expert.backend}) needs {needed:g} GB of {kind}, more "
                f"than the {given:g} GB of a worker; choose another backend for it or turn it off"
            )
