"""The governor as a Ray actor, so that the workers of a run keep to one pace and one budget."""

from dataclasses import dataclass
from typing import Any

from auricle.pipeline.llm.governor import Lease, LocalGovernor, Outcome, Spent
from auricle.pipeline.llm.request import Usage
from auricle.pipeline.llm.settings import LlmSettings

_CALLS = 100_000
"""Requests that may wait in the actor at a time."""


@dataclass(frozen=True)
class RayGovernor:
    """A governor that lives in an actor."""

    actor: Any

    async def enter(self, letters: int) -> Lease:
        """Wait until a request of so many characters may go."""
        from ray.exceptions import RayTaskError

        try:
            return Lease(*await self.actor.enter.remote(letters))
        except RayTaskError as error:
            raise error.cause from None

    async def leave(
        self,
        lease: Lease,
        outcome: Outcome,
        usage: Usage | None = None,
        first_token: float | None = None,
        pause: float | None = None,
    ) -> None:
        """Tell what came of a request."""
        await self.actor.leave.remote(lease, outcome, usage, first_token, pause)

    async def spent(self) -> Spent:
        """Return what has been spent."""
        return Spent(*await self.actor.spent.remote())


def start_governor(settings: LlmSettings, before: Spent) -> RayGovernor:
    """Start a governor on the cluster; it ends with the run."""
    import ray

    kind: Any = ray.remote(LocalGovernor)
    actor = kind.options(num_cpus=0, max_concurrency=_CALLS).remote(settings, before)
    return RayGovernor(actor)
