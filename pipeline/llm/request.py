"""What is asked of a language model, and what came back."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from auricle.pipeline.llm.settings import LlmSettings, Price

Message = dict[str, str]
Flaw = Literal["truncated", "refused", "empty_answer", "endless_answer"]


@dataclass(frozen=True)
class Request:
    """A conversation to go on with, and the JSON Schema of the answer.

    `attempt` parts a question that is asked again, word by word, from the first time.
    """

    clip_id: str
    messages: tuple[Message, ...]
    schema: dict[str, Any]
    attempt: int = 0
    longer: int = 1

    def then(self, answer: str, complaint: str) -> "Request":
        """Return the request that goes on with an answer and what is wrong with it."""
        more: Sequence[Message] = (
            {"role": "assistant", "content": answer},
            {"role": "user", "content": complaint},
        )
        return replace(self, messages=(*self.messages, *more))

    def again(self, longer: int = 1) -> "Request":
        """Return the same request once more, with room for a longer answer if wanted."""
        return replace(self, attempt=self.attempt + 1, longer=self.longer * longer)

    def max_tokens(self, settings: LlmSettings) -> int:
        """Return how many tokens the answer may have."""
        return settings.max_tokens * self.longer

    def key(self, settings: LlmSettings) -> str:
        """Return a hash of all that decides the answer: words, schema, model and sampling.

        The clip is in it: two that sound alike are not given the same texts.
        """
        parts = [self.clip_id, self.messages, self.schema, self.attempt, self.longer]
        text = json.dumps([*parts, settings.sampling], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]

    @property
    def letters(self) -> int:
        """How long the question is, in characters; for estimates of tokens."""
        return sum(len(message["content"]) for message in self.messages)


@dataclass(frozen=True)
class Usage:
    """Tokens that were paid for. `completion` includes the reasoning, `prompt` the cached part."""

    prompt: int = 0
    completion: int = 0
    cached: int = 0

    @property
    def total(self) -> int:
        """Prompt and completion."""
        return self.prompt + self.completion

    def cost(self, price: Price | None) -> float | None:
        """Return the cost in USD, or None without a price."""
        if price is None:
            return None
        cached = price.input if price.cached_input is None else price.cached_input
        fresh = self.prompt - self.cached
        paid = fresh * price.input + self.cached * cached + self.completion * price.output
        return paid / 1e6


@dataclass(frozen=True)
class Reply:
    """An answer: its text without the reasoning, and a flaw if it is not a whole one."""

    text: str
    reasoning: str | None = None
    model: str | None = None
    finish: str | None = None
    flaw: Flaw | None = None
    detail: str | None = None
    usage: Usage = Usage()
    counted: bool = True
    """Whether the server counted the tokens; else they are estimated."""
    seconds: float = 0.0
