"""The settings of a language model behind an OpenAI-compatible server."""

import os
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from auricle.pipeline.settings import Settings
from auricle.schemas.errors import UserError

_OURS = {"model", "messages", "stream", "stream_options", "response_format", "max_tokens", "n"}


class Price(Settings):
    """What a model costs, in USD for a million tokens."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    cached_input: float | None = Field(default=None, ge=0)


class LlmSettings(Settings):
    """Which model is asked, how, how fast and for how much.

    `model`, `temperature`, `seed`, `max_tokens` and `extra_body` change what it answers and are in
    the fingerprint of what it writes. The rest says where and how fast. `key_variable` names the
    environment variable that holds the API key; the key itself is never a setting.

    The budgets are those of the dataset: what its journals hold already counts.
    """

    base_url: str = ""
    model: str = ""
    key_variable: str = ""
    mode: Literal["live", "batch"] = "live"
    temperature: float | None = Field(default=None, ge=0)
    seed: int | None = None
    max_tokens: int = Field(default=8192, ge=1)
    extra_body: dict[str, Any] = {}
    concurrency: int = Field(default=256, ge=1)
    requests_per_minute: int | None = Field(default=None, ge=1)
    tokens_per_minute: int | None = Field(default=None, ge=1)
    connect_seconds: float = Field(default=10, gt=0)
    first_token_seconds: float = Field(default=300, gt=0)
    total_seconds: float = Field(default=900, gt=0)
    retries: int = Field(default=6, ge=0)
    poll_seconds: float = Field(default=60, gt=0)
    budget_usd: float | None = Field(default=None, ge=0)
    budget_tokens: int | None = Field(default=None, ge=0)
    prices: dict[str, Price] = {}

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        ours = _OURS & set(self.extra_body)
        if ours:
            raise ValueError(f"extra_body may not hold {', '.join(sorted(ours))}")
        if self.budget_usd is not None and self.model not in self.prices:
            raise ValueError(f"budget_usd needs the price of {self.model or 'the model'} in prices")
        return self

    @property
    def sampling(self) -> dict[str, Any]:
        """What changes an answer, apart from the question."""
        told = {"model": self.model, "temperature": self.temperature, "seed": self.seed}
        return {**told, "max_tokens": self.max_tokens, "extra_body": self.extra_body}

    @property
    def price(self) -> Price | None:
        """What the model costs, if it is known."""
        return self.prices.get(self.model)

    def key(self) -> str:
        """Return the API key.

        Raises:
            UserError: the environment does not hold it, or the server or the model is not set.
        """
        for name in ("base_url", "model"):
            if not getattr(self, name):
                raise UserError(f"llm.{name} is not set; docs/llm.md shows how to name a server")
        if not self.key_variable:
            return "none"
        key = os.environ.get(self.key_variable, "")
        if not key:
            raise UserError(f"llm.key_variable: {self.key_variable} is not set in the environment")
        return key
