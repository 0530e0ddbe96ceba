"""The settings of the chat server: how fast it is, what it allows, and what it understands."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from chat_plan import Body

Schema = Literal["yes", "ignored", "openai", "vllm", "llama.cpp", "ik_llama", "deepseek"]
Object = Literal["yes", "ignored", "openai", "deepseek", "lm studio", "word"]
StreamOptions = Literal["yes", "ignored", "azure", "openai", "mistral"]


@dataclass(kw_only=True)
class Settings:
    """All of it can be changed while the server runs.

    Speed, in seconds: `latency` passes before the first token, `pace` between two of the `pieces`
    that a streamed answer comes in. The moods take `slow` before the first token, `drip` between
    pieces, and name `retry_after`.

    Limits: no more than `limit` requests are worked on at once; those above it wait, or get a
    429. No more than so many requests and tokens in a `minute` (seconds), or a 429 says for how
    long to wait.

    Abilities: `json_schema`, `json_object` and `stream_options` are understood, ignored, or
    refused in the words of a server. `json_object="word"` wants the word JSON in the messages.

    A batch ends when it was asked after `batch_polls` times, or after `batch_seconds` if set.
    """

    # speed
    latency: float | Callable[[Body], float] = 0.0
    pieces: int = 8
    pace: float = 0.0
    slow: float = 30.0
    drip: float = 0.2
    retry_after: float = 1.0
    # limits
    limit: int | None = None
    above_limit: Literal["wait", "429"] = "wait"
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    minute: float = 60.0
    context_length: int | None = None
    # abilities
    json_schema: Schema = "yes"
    json_object: Object = "yes"
    stream_options: StreamOptions = "yes"
    max_tokens: bool = True
    temperature: bool = True
    lists_models: bool = True
    # batches
    batch_polls: int = 2
    batch_seconds: float | None = None
    # the rest
    key: str | None = None
    models: tuple[str, ...] = ("test/pen",)
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None
    record: bool = True
