"""Reading what a chat server sends: a stream of pieces, or a whole answer."""

import re
from typing import Any

from auricle.pipeline.llm.request import Flaw, Reply, Usage

_REASONING = ("reasoning_content", "reasoning")
"""Where servers put what a model thinks: DeepSeek, SGLang and older vLLM; OpenRouter and vLLM."""
_THINK, _THOUGHT = "<think>", "</think>"
_BLANKS = 256
"""An answer that ends in so many blanks will not end by itself."""
_SORRY = re.compile(
    r"(i['’]?m |i am )?\W*(very |so )?(sorry|afraid)\b.{0,60}?"
    r"(can ?not|can['’]t|unable|not able|won['’]t)"
    r"|i (can ?not|can['’]t|won['’]t|will not|am unable to|am not able to) "
    r"(assist|help|comply|provide|do|create|write|describe|continue)"
    r"|as an? (ai|language model)\b.{0,100}?(can ?not|can['’]t|unable|not able)",
    re.IGNORECASE | re.DOTALL,
)


class ServerError(Exception):
    """The server says inside its answer that it failed."""


class Gathering:
    """A streamed answer as it comes in."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.reasoning: list[str] = []
        self.refusal: list[str] = []
        self.model: str | None = None
        self.finish: str | None = None
        self.usage: Any = None
        self.blanks = 0

    def add(self, piece: Any) -> None:
        """Take one event of the stream, or a whole answer.

        Raises:
            ServerError: the event is an error.
        """
        if not isinstance(piece, dict):
            raise ServerError(f"an event that is no object: {str(piece)[:100]}")
        if piece.get("error"):
            error = piece["error"]
            raise ServerError(
                str(error.get("message", error) if isinstance(error, dict) else error)
            )
        self.model = piece.get("model") or self.model
        self.usage = piece.get("usage") or self.usage
        for choice in (piece.get("choices") or ())[:1]:
            self.finish = choice.get("finish_reason") or self.finish
            said = choice.get("delta") or choice.get("message") or {}
            self._hear(said.get("content"))
            thought = next((said[name] for name in _REASONING if said.get(name)), None)
            if isinstance(thought, str):
                self.reasoning.append(thought)
            if isinstance(said.get("refusal"), str):
                self.refusal.append(said["refusal"])

    def _hear(self, text: Any) -> None:
        if isinstance(text, str) and text:
            self.text.append(text)
            kept = text.rstrip()
            self.blanks = len(text) - len(kept) + (0 if kept else self.blanks)

    @property
    def begun(self) -> bool:
        """Whether the model has said or thought anything."""
        return bool(self.text or self.reasoning or self.refusal)

    @property
    def endless(self) -> bool:
        """Whether the answer has become a stream of blanks, as constrained decoding can."""
        return self.blanks >= _BLANKS

    def reply(self, letters: int, seconds: float) -> Reply:
        """Return the answer; `letters` of the question serve where the server counts no tokens."""
        said, thought = _parted("".join(self.text))
        reasoning = "".join(self.reasoning) or thought
        flaw, detail = self._flaw(said)
        usage = _usage(self.usage)
        written = sum(map(len, self.text)) + sum(map(len, self.reasoning))
        return Reply(
            text=said,
            reasoning=reasoning.strip() or None,
            model=self.model,
            finish=self.finish,
            flaw=flaw,
            detail=detail,
            usage=usage or Usage(letters // 4, written // 4),
            counted=usage is not None,
            seconds=round(seconds, 3),
        )

    def _flaw(self, said: str) -> tuple[Flaw | None, str | None]:
        if self.refusal or self.finish == "content_filter":
            told = "".join(self.refusal) or "the content filter stopped it"
            return "refused", " ".join(told.split())[:200]
        if self.endless:
            return "endless_answer", f"{self.blanks} blanks in a row"
        if self.finish == "length":
            return "truncated", "the answer is longer than max_tokens"
        if not said:
            return "empty_answer", "the model wrote nothing"
        if "{" not in said and _SORRY.match(said):
            return "refused", " ".join(said.split())[:200]
        return None, None


def _parted(text: str) -> tuple[str, str]:
    """Return the answer and what was thought before it, where both came in one text.

    Some chat templates open the thought themselves, so that only its end is seen.
    """
    head, closed, tail = text.partition(_THOUGHT)
    if closed:
        return tail.strip(), head.replace(_THINK, "", 1)
    if text.lstrip().startswith(_THINK):
        return "", text.lstrip()[len(_THINK) :]
    return text.strip(), ""


def _usage(told: Any) -> Usage | None:
    if not isinstance(told, dict) or not isinstance(told.get("prompt_tokens"), int):
        return None
    details = told.get("prompt_tokens_details") or {}
    cached = told.get("prompt_cache_hit_tokens", details.get("cached_tokens"))
    completion = told.get("completion_tokens")
    return Usage(
        prompt=told["prompt_tokens"],
        completion=completion if isinstance(completion, int) else 0,
        cached=cached if isinstance(cached, int) else 0,
    )
