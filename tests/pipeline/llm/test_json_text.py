"""JSON is found in what a model wrote around it."""

import pytest

from auricle.pipeline.llm.json_text import read_object


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1}',
        '\n  {"a": 1}\n',
        '```json\n{"a": 1}\n```',
        '```\n{"a": 1}\n```\nDone.',
        'Here it is:\n\n{"a": 1}\n\nLet me know {if} you need more.',
        'Take {this}: \n{"a": 1}',
        'Sure: {"a": 1}',
        '{"a": 1} {"a": 2}',
    ],
)
def test_an_object_is_found(text: str) -> None:
    assert read_object(text) == {"a": 1}


def test_a_line_break_inside_a_string_is_forgiven() -> None:
    assert read_object('{"a": "x\ny"}') == {"a": "x\ny"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no JSON object"),
        ("A dog barks.", "no JSON object"),
        ('{"a": [1, 2', "breaks at character"),
        ('{"a": 1,, "b": 2}', "breaks at character 8"),
        ("[1, 2]", "no JSON object"),
        ('{"a":' * 100_000, "too deeply"),
    ],
)
def test_what_is_wrong_is_said(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_object(text)
