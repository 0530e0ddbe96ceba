"""What a chat server does not take, said in the words of servers that really say it."""

from typing import Any

from chat_plan import Body, Plan, failure, prompt_letters, token_limit, tokens
from chat_settings import Settings

_GUIDE = "https://platform.openai.com/docs/guides/structured-outputs"


def unauthorized(key: str, header: str | None) -> Plan | None:
    """Return the answer to a wrong key, with its ends as OpenAI shows them, or None."""
    sent = (header or "").removeprefix("Bearer ").strip()
    if sent == key:
        return None
    if not sent:
        return failure(401, "You didn't provide an API key.")
    shown = f"{sent[:8]}{'*' * max(4, len(sent) - 12)}{sent[-4:]}"
    message = (
        f"Incorrect API key provided: {shown}. "
        "You can find your API key at https://platform.openai.com/account/api-keys."
    )
    return failure(401, message, code="invalid_api_key")


def refuse(body: Body, settings: Settings) -> Plan | None:
    """Return the answer to a request that the server does not understand, or None."""
    if not isinstance(body.get("messages"), list) or not isinstance(body.get("model"), str):
        return failure(400, "you must provide a model and messages parameter")
    if not settings.max_tokens and "max_tokens" in body:
        message = (
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead."
        )
        return failure(400, message, code="unsupported_parameter", param="max_tokens")
    if not settings.temperature and body.get("temperature", 1) != 1:
        message = (
            f"Unsupported value: 'temperature' does not support {body['temperature']} with this "
            "model. Only the default (1) value is supported."
        )
        return failure(400, message, code="unsupported_value", param="temperature")
    if "stream_options" in body and settings.stream_options in _STREAM_OPTIONS:
        return _STREAM_OPTIONS[settings.stream_options]
    return _refuse_format(body, settings) or _too_long(body, settings)


def understood(body: Body, settings: Settings) -> Body:
    """Return a request as the model gets to see it: without what the server ignores."""
    form = (body.get("response_format") or {}).get("type")
    ability = {"json_schema": settings.json_schema, "json_object": settings.json_object}
    if ability.get(str(form)) != "ignored":
        return body
    return {name: value for name, value in body.items() if name != "response_format"}


def _refuse_format(body: Body, settings: Settings) -> Plan | None:
    form = (body.get("response_format") or {}).get("type")
    if form == "json_schema":
        return _SCHEMA.get(settings.json_schema)
    if form == "json_object":
        if settings.json_object == "word" and "json" not in str(body["messages"]).lower():
            message = (
                "'messages' must contain the word 'json' in some form, to use 'response_format' "
                "of type 'json_object'."
            )
            return failure(400, message, param="messages")
        return _OBJECT.get(settings.json_object)
    return None


def _too_long(body: Body, settings: Settings) -> Plan | None:
    most = settings.context_length
    if most is None:
        return None
    prompt, answer = tokens(prompt_letters(body)), token_limit(body) or 0
    if prompt + answer <= most:
        return None
    message = (
        f"This model's maximum context length is {most} tokens. However, you requested "
        f"{prompt + answer} tokens ({prompt} in the messages, {answer} in the completion). "
        "Please reduce the length of the messages or completion."
    )
    return failure(400, message, code="context_length_exceeded", param="messages")


def _flat(status: int, **error: Any) -> Plan:
    return Plan(status=status, error=error)


def _openai_format(kind: str) -> Plan:
    message = (
        f"Invalid parameter: 'response_format' of type '{kind}' is not supported with this model. "
        f"Learn more about supported models at the Structured Outputs guide: {_GUIDE}"
    )
    return failure(400, message)


_LLAMA = 'response_format type must be one of "text" or "json_object", but got: json_schema'
_SCHEMA = {
    "openai": _openai_format("json_schema"),
    "vllm": _flat(
        400,
        object="error",
        message="The provided JSON schema contains features not supported by xgrammar.",
        type="BadRequestError",
        param=None,
        code=400,
    ),
    "llama.cpp": _flat(
        400, error={"code": 400, "message": _LLAMA, "type": "invalid_request_error"}
    ),
    "ik_llama": _flat(500, error={"code": 500, "message": _LLAMA, "type": "server_error"}),
    "deepseek": failure(
        400, "This response_format type is unavailable now", code="invalid_request_error"
    ),
}
_OBJECT = {
    "openai": _openai_format("json_object"),
    "deepseek": _SCHEMA["deepseek"],
    "lm studio": _flat(400, error="'response_format.type' must be 'json_schema' or 'text'"),
}
_STREAM_OPTIONS = {
    "azure": _flat(
        400,
        error={
            "message": "Unrecognized request argument supplied: stream_options",
            "type": "invalid_request_error",
            "param": None,
            "code": None,
        },
    ),
    "openai": failure(
        400,
        "Unknown parameter: 'stream_options'.",
        code="unknown_parameter",
        param="stream_options",
    ),
    "mistral": _flat(
        422,
        detail=[
            {
                "type": "extra_forbidden",
                "loc": ["body", "stream_options"],
                "msg": "Extra inputs are not permitted",
                "input": {"include_usage": True},
            }
        ],
    ),
}
