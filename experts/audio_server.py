"""A client for audio language models behind an OpenAI-compatible chat server.

The sound goes along as an `input_audio` part (WAV, 16-bit, base64), which vLLM, SGLang and hosted
services understand. docs/serving.md says how to serve models that are known to hear.
"""

import asyncio
import base64
import io
import os
import re
import wave
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from auricle.experts.base import Heard
from auricle.prompts import Prompt, read_prompt
from auricle.schemas.errors import UserError

_CONNECT = 10.0  # seconds to reach a server
_THOUGHT = re.compile(r"<think>.*?</think>", re.DOTALL)
_REFUSAL = re.compile(
    r"(i['’]?m |i am )?\W*(very |so )?(sorry|afraid)\b.{0,60}?"
    r"(can ?not|can['’]t|unable|not able|don['’]t have).{0,60}?"
    r"(listen|process|access|play|audio|assist|help)"
    r"|(i['’]?m |i am )?(unable|not able) to (listen|process|access|play|assist|help)"
    r"|i (can ?not|can['’]t) (listen|process|access|play|assist|help)"
    r"|as an? (ai|text|language)\b.{0,100}?(can ?not|can['’]t|unable|not able)",
    re.IGNORECASE | re.DOTALL,
)
"""How an answer begins that only says that the model will not or cannot listen."""


class Answer(NamedTuple):
    """What a server said of a clip. `reason` is None for a whole answer, else a typed code."""

    text: str | None = None
    model: str | None = None
    finish: str | None = None
    reason: str | None = None
    detail: str | None = None


@dataclass
class AudioServer:
    """Settings that every expert behind an audio chat server shares, and the asking itself.

    `template` is the prompt format of a model, with {prompt} where the prompt file's text goes;
    `audio_first` puts the sound before the text, as most models were trained.
    `key_variable` names the environment variable that holds the API key; the key itself is never
    a setting, so that it enters neither the configuration nor provenance.
    """

    base_url: str = ""
    model: str = ""
    key_variable: str = ""
    prompt: str = ""
    template: str = "{prompt}"
    audio_first: bool = True
    max_tokens: int = 512
    temperature: float = 0.0
    concurrency: int = 16
    timeout: float = 120.0
    retries: int = 4
    _key: str = field(init=False, repr=False, compare=False)
    _prompt: Prompt = field(init=False, repr=False, compare=False)

    @property
    def models(self) -> tuple[str, ...]:
        """No weights of ours: the server has them, and `model` names them."""
        return ()

    @property
    def prompt_hash(self) -> str:
        """The sha256 of the prompt file, for provenance."""
        return read_prompt(self.prompt).hash

    def load(self) -> None:
        """Read the prompt and the key, and see that the server is there and has the model.

        Raises:
            UserError: a setting is missing, the key is, or the server does not answer.
        """
        for name in ("base_url", "model"):
            if not getattr(self, name):
                raise UserError(f"{name} is not set; docs/serving.md shows how to serve a model")
        self._prompt = read_prompt(self.prompt)
        if "{prompt}" not in self.template:
            raise UserError(f"template: {{prompt}} is missing in {self.template!r}")
        self._key = "none"
        if self.key_variable:
            self._key = os.environ.get(self.key_variable, "")
            if not self._key:
                raise UserError(f"key_variable: {self.key_variable} is not set in the environment")
        self._check_server()

    def ask(self, clips: Sequence[Heard]) -> list[Answer]:
        """Return the server's answer to each clip, in order.

        Failed requests (429, 5xx, timeouts, lost connections) are tried again `retries` times with
        growing, jittered pauses; `Retry-After` is obeyed. What still fails is an answer with a
        reason.

        Raises:
            UserError: the server does not accept the key.
        """
        return asyncio.run(self._ask_all(clips))

    def _check_server(self) -> None:
        import openai

        client = openai.OpenAI(
            base_url=self.base_url, api_key=self._key, timeout=_CONNECT, max_retries=1
        )
        try:
            served = [model.id for model in client.models.list()]
        except (openai.AuthenticationError, openai.PermissionDeniedError):
            raise UserError(self._refused_key()) from None
        except openai.NotFoundError:
            return  # some servers do not list their models
        except openai.APIError as error:
            raise UserError(
                f"base_url: no chat server answers at {self.base_url} ({error.message}); "
                "docs/serving.md shows how to start one"
            ) from None
        finally:
            client.close()
        if served and self.model not in served:
            raise UserError(
                f"model: {self.base_url} does not serve {self.model}; it has {', '.join(served)}"
            )

    async def _ask_all(self, clips: Sequence[Heard]) -> list[Answer]:
        from openai import AsyncOpenAI

        turns = asyncio.Semaphore(self.concurrency)
        async with AsyncOpenAI(
            base_url=self.base_url,
            api_key=self._key,
            timeout=self.timeout,
            max_retries=self.retries,
        ) as client:

            async def one(clip: Heard) -> Answer:
                async with turns:
                    return await self._ask(client, clip)

            return await asyncio.gather(*map(one, clips))

    async def _ask(self, client: Any, clip: Heard) -> Answer:
        import openai

        try:
            reply = await client.chat.completions.create(
                model=self.model,
                messages=self._messages(clip),
                max_tokens=self.max_tokens,
                temperature=self.temperature,
            )
        except (openai.AuthenticationError, openai.PermissionDeniedError):
            raise UserError(self._refused_key()) from None
        except openai.APITimeoutError:
            return Answer(reason="server_timeout", detail=f"no answer in {self.timeout:g} s")
        except openai.APIConnectionError as error:
            return Answer(reason="server_unreachable", detail=str(error))
        except openai.APIStatusError as error:
            code = error.status_code
            reason = "server_busy" if code == 429 else "server_failed"
            if code < 500 and code != 429:
                reason = "server_rejected"
            return Answer(reason=reason, detail=f"{code}: {_brief(error.message)}")
        except (openai.APIError, ValueError) as error:  # ValueError: the body is not JSON
            return Answer(reason="bad_answer", detail=_brief(f"{type(error).__name__}: {error}"))
        return _read(reply)

    def _messages(self, clip: Heard) -> list[dict[str, Any]]:
        sound = {"data": _wav(clip), "format": "wav"}
        user: list[dict[str, Any]] = [{"type": "input_audio", "input_audio": sound}]
        if self._prompt.user:
            text = self.template.replace("{prompt}", self._prompt.user)
            user.insert(1 if self.audio_first else 0, {"type": "text", "text": text})
        system = self._prompt.system
        first: list[dict[str, Any]] = [{"role": "system", "content": system}] if system else []
        return [*first, {"role": "user", "content": user}]

    def _refused_key(self) -> str:
        what = f"the key in {self.key_variable}" if self.key_variable else "a request without a key"
        return f"key_variable: {self.base_url} does not accept {what}"


def _read(reply: Any) -> Answer:
    """Return what a server's reply says; servers are not all as strict as the protocol."""
    choices: Any = getattr(reply, "choices", None) or [None]
    message = getattr(choices[0], "message", None)
    if message is None:
        return Answer(reason="bad_answer", detail="the reply has no choices")
    finish = choices[0].finish_reason
    content = message.content if isinstance(message.content, str) else ""
    text = _THOUGHT.sub("", content).strip() or None
    reason = detail = None
    if getattr(message, "refusal", None) or finish == "content_filter":
        reason, detail = (
            "server_refused",
            _brief(message.refusal or "the content filter stopped it"),
        )
    elif finish == "length":
        reason, detail = "truncated", "the answer is longer than max_tokens"
    elif text is None:
        reason, detail = "empty_answer", "the model wrote nothing"
    elif _REFUSAL.match(text):
        reason, detail = "server_refused", _brief(text)
    return Answer(text, getattr(reply, "model", None), finish, reason, detail)


def _wav(clip: Heard) -> str:
    """Return the clip as a 16-bit mono WAV file in base64."""
    samples = (clip.waveform.clip(-1.0, 1.0) * 32767).round().astype(np.dtype("<i2"))
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(clip.sample_rate)
        out.writeframes(samples.tobytes())
    return base64.b64encode(file.getvalue()).decode()


def _brief(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= 200 else plain[:199] + "…"
