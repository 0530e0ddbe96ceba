"""The governor: pace and budgets."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from asking import SCHEMA, ask, request, settings
from chat_server import chat_server

from auricle.pipeline.llm import governor as module
from auricle.pipeline.llm.dialect import Dialect
from auricle.pipeline.llm.governor import BudgetSpent, Lease, LocalGovernor, Spent
from auricle.pipeline.llm.request import Request, Usage
from auricle.pipeline.llm.settings import LlmSettings

PRICES = {"m": {"input": 1.0, "output": 10.0}}


def llm(**given: Any) -> LlmSettings:
    return LlmSettings.model_validate({"model": "m", **given})


def play(do: Callable[[], Awaitable[Any]]) -> Any:
    return asyncio.run(do())  # type: ignore[arg-type]


async def enter_all(governor: LocalGovernor, count: int, letters: int = 400) -> list[Lease]:
    """Let so many requests in, and fail if they have to wait."""
    return await asyncio.wait_for(
        asyncio.gather(*(governor.enter(letters) for _ in range(count))), timeout=1
    )


def test_no_more_are_in_flight_than_the_limit() -> None:
    async def flow() -> None:
        governor = LocalGovernor(llm(concurrency=2))
        first, _ = await enter_all(governor, 2)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(governor.enter(1), timeout=0.05)
        await governor.leave(first, "answered", Usage(1, 1), 0.1)
        await enter_all(governor, 1)

    play(flow)


def test_it_begins_with_half_and_grows_with_every_answer_while_latency_holds() -> None:
    async def flow() -> None:
        governor = LocalGovernor(llm(concurrency=256))
        assert governor.limit == 128
        for _ in range(2):
            leases = await enter_all(governor, int(governor.limit))
            for lease in leases:
                await governor.leave(lease, "answered", Usage(1, 1), 0.5)
        assert governor.limit == 256

    play(flow)


def test_it_stops_growing_where_the_first_token_comes_later_and_later() -> None:
    async def flow() -> None:
        governor = LocalGovernor(llm(concurrency=10_000))
        for first_token in (0.5, 4.0, 4.0, 4.0, 4.0):
            before = governor.limit
            for lease in await enter_all(governor, int(governor.limit)):
                await governor.leave(lease, "answered", Usage(1, 1), first_token)
        assert governor.limit == before

    play(flow)


@pytest.mark.parametrize("outcome", ["throttled", "timed_out"])
def test_a_refusal_halves_once_for_all_that_were_in_flight_together(outcome: Any) -> None:
    async def flow() -> None:
        governor = LocalGovernor(llm(concurrency=64))
        governor.limit = 64
        leases = await enter_all(governor, 64)
        for lease in leases[:20]:
            await governor.leave(lease, outcome)
        assert governor.limit == 32
        for lease in leases[20:]:
            await governor.leave(lease, "answered", Usage(1, 1), 0.1)
        (later,) = await enter_all(governor, 1)
        await governor.leave(later, outcome)
        assert 16 <= governor.limit <= 18

    play(flow)


def test_failures_of_one_request_change_nothing() -> None:
    async def flow() -> None:
        governor = LocalGovernor(llm(concurrency=64))
        before = governor.limit
        for lease in await enter_all(governor, 8):
            await governor.leave(lease, "failed")
        assert governor.limit == before

    play(flow)


def test_a_pause_that_a_server_wants_holds_for_all() -> None:
    async def flow() -> float:
        governor = LocalGovernor(llm())
        (lease,) = await enter_all(governor, 1)
        await governor.leave(lease, "throttled", pause=0.4)
        start = time.monotonic()
        await enter_all(governor, 3)
        return time.monotonic() - start

    assert 0.35 <= play(flow) <= 0.9


def test_requests_in_any_window_of_a_minute_keep_to_the_budget(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_MINUTE", 0.5)

    async def flow() -> list[float]:
        governor, went = LocalGovernor(llm(requests_per_minute=5)), []

        async def one() -> None:
            lease = await governor.enter(4)
            went.append(time.monotonic())
            await governor.leave(lease, "answered", Usage(1, 1), 0.0)

        await asyncio.gather(*(one() for _ in range(14)))
        return went

    went = play(flow)
    assert all(b - a >= 0.5 for a, b in zip(went, went[5:], strict=False))
    assert went[-1] - went[0] < 1.5


def test_tokens_are_estimated_until_they_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MINUTE", 0.4)

    async def flow() -> list[int]:
        governor, rounds = LocalGovernor(llm(tokens_per_minute=1000, max_tokens=100)), []
        for _ in range(4):
            entered = 0
            start = time.monotonic()
            while time.monotonic() - start < 0.3:
                try:
                    lease = await asyncio.wait_for(governor.enter(400), timeout=0.02)
                except TimeoutError:
                    continue
                entered += 1
                await governor.leave(lease, "answered", Usage(40, 10), 0.0)
            rounds.append(entered)
            await asyncio.sleep(0.45)
        return rounds

    for entered in play(flow):
        assert 16 <= entered <= 20  # 1000 tokens of 50 each, with room for one estimate


def test_a_budget_is_used_up_and_not_passed() -> None:
    async def flow() -> tuple[int, Spent]:
        settings = llm(prices=PRICES, budget_usd=0.01, max_tokens=100, concurrency=4)
        governor, done = LocalGovernor(settings, Spent(3, 500, 0.004)), 0
        with pytest.raises(BudgetSpent, match=r"the budget of 0.01 USD is spent"):
            while True:
                lease = await governor.enter(400)
                await governor.leave(lease, "answered", Usage(100, 30), 0.0)
                done += 1
        return done, await governor.spent()

    done, spent = play(flow)
    assert done == 15  # 0.006 USD are left, at 0.0004 each
    assert spent.requests == 3 + done
    assert spent.usd == pytest.approx(0.004 + done * 0.0004)


def test_what_is_in_flight_is_waited_for_before_a_budget_is_called_spent() -> None:
    async def flow() -> None:
        settings = llm(budget_tokens=1500, max_tokens=1000, concurrency=4)
        governor = LocalGovernor(settings)
        (first,) = await enter_all(governor, 1)
        second = asyncio.create_task(governor.enter(400))
        await asyncio.sleep(0.05)
        assert not second.done()
        await governor.leave(first, "answered", Usage(100, 100), 0.0)
        await asyncio.wait_for(second, timeout=1)

    play(flow)


def test_a_request_that_is_given_up_while_it_waits_takes_no_place() -> None:
    async def flow() -> None:
        governor = LocalGovernor(llm(concurrency=1))
        (first,) = await enter_all(governor, 1)
        waiting = asyncio.create_task(governor.enter(1))
        await asyncio.sleep(0)
        waiting.cancel()
        await governor.leave(first, "answered", Usage(1, 1), 0.1)
        await enter_all(governor, 1)

    play(flow)


def test_places_of_workers_that_died_are_given_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MINUTE", 0.1)
    monkeypatch.setattr(module, "_PATIENCE", 0.05)

    async def flow() -> None:
        governor = LocalGovernor(llm(concurrency=1, total_seconds=0.1, connect_seconds=0.1))
        await enter_all(governor, 1)
        await enter_all(governor, 1)

    play(flow)


def test_a_full_server_is_found_by_backing_off() -> None:
    with chat_server(latency=0.1, limit=8, above_limit="429") as server:
        many = [Request(str(i), request().messages, SCHEMA) for i in range(150)]
        replies, client = ask(settings(server, concurrency=64, retries=8), many, Dialect())
        assert not any(isinstance(reply, Exception) for reply in replies)
        assert client.governor.limit <= 16  # type: ignore[attr-defined]
        assert server.refused < 150
