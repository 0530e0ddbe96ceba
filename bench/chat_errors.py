"""The errors of chat servers, each in the words and with the headers of a server that sends it.

A number stands for an HTTP status with an error in OpenAI's form and no more.
"""

import time
from collections.abc import Callable
from email.utils import formatdate

from chat_plan import Body, Plan, failure

Error = Callable[[str, float], Plan]
"""From the name of the model, and the seconds to wait that a 429 names."""

PAGE = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center></body></html>"
_RATE = "Rate limit reached for {} on requests per min (RPM). Please try again in {:g}s."
_TOO_LONG = "This model's maximum context length is 8192 tokens. "


def error_of(mood: str | int | None, body: Body, retry_after: float) -> Plan | None:
    """Return the error that a mood stands for, None if it is no error."""
    if isinstance(mood, int):
        kind = "server_error" if mood >= 500 else "invalid_request_error"
        return failure(mood, f"The server answers {mood}.", kind)
    error = ERRORS.get(mood or "")
    return error(str(body.get("model")), retry_after) if error else None


def _fail(
    status: int, message: str, kind: str, code: str | int | None = None, param: str | None = None
) -> Error:
    return lambda model, _: failure(status, message.format(model), kind, code, param)


def _throttle(name: str, write: Callable[[float], str]) -> Error:
    def error(model: str, wait: float) -> Plan:
        message, headers = _RATE.format(model, wait), {name: write(wait)}
        return failure(429, message, "requests", "rate_limit_exceeded", None, headers)

    return error


def _always(plan: Plan) -> Error:
    return lambda *_: plan


def _date(wait: float) -> str:
    return formatdate(time.time() + wait + 0.999, usegmt=True)  # a date has no fractions: round up


ERRORS: dict[str, Error] = {
    "429 seconds": _throttle("retry-after", lambda wait: f"{wait:g}"),
    "429 date": _throttle("retry-after", _date),
    "429 ms": _throttle("retry-after-ms", lambda wait: f"{wait * 1000:.0f}"),
    "429": _fail(429, "Rate limit reached for {}.", "requests", "rate_limit_exceeded"),
    "insufficient_quota": _fail(
        429,
        "You exceeded your current quota, please check your plan and billing details.",
        "insufficient_quota",
        "insufficient_quota",
    ),
    "insufficient balance": _fail(
        402, "Insufficient Balance", "unknown_error", "invalid_request_error"
    ),
    "500": _fail(500, "The server had an error while processing your request.", "server_error"),
    "502 html": _always(Plan(status=502, page=PAGE.format("502 Bad Gateway"))),
    "503": _fail(503, "The engine is currently overloaded, please try again later", "overloaded"),
    "context_length_exceeded": _fail(
        400,
        f"{_TOO_LONG}However, your messages resulted in 9412 tokens. "
        "Please reduce the length of the messages.",
        "invalid_request_error",
        "context_length_exceeded",
        "messages",
    ),
    "context length vllm": _fail(
        400,
        f"{_TOO_LONG}However, you requested 9412 tokens (8412 in the messages, 1000 in the "
        "completion). Please reduce the length of the messages or completion.",
        "BadRequestError",
        400,
    ),
    "context length llama.cpp": _always(
        Plan(
            status=400,
            error={
                "error": {
                    "code": 400,
                    "message": "request (9412 tokens) exceeds the available context size "
                    "(8192 tokens), try increasing it",
                    "type": "exceed_context_size_error",
                    "n_prompt_tokens": 9412,
                    "n_ctx": 8192,
                }
            },
        )
    ),
    "model_not_found": _fail(
        404,
        "The model `{}` does not exist or you do not have access to it.",
        "invalid_request_error",
        "model_not_found",
    ),
    "prompt filtered": _fail(
        400,
        "The response was filtered due to the prompt triggering Azure OpenAI's content management "
        "policy. Please modify your prompt and retry.",
        "invalid_request_error",
        "content_filter",
        "prompt",
    ),
}
