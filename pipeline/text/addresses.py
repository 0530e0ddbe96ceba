"""Addresses: links, e-mail addresses and telephone numbers in what uploaders write."""

import re


def without_addresses(text: str) -> str:
    """Return a text with a neutral word for each address and each number one could call.

    The words say nothing that could be taken for a sound: `(link)`, `(address)`, `(number)`.
    """
    text = _MAIL.sub("(address)", text)
    text = _LINK.sub("(link)", text)
    return _DIGITS.sub(_number, text)


def is_only_addresses(text: str) -> bool:
    """Tell whether nothing is left of a text but the words for its addresses."""
    return not any(char.isalnum() for char in _WORDS.sub("", text))


_WORDS = re.compile(r"\((?:link|address|number)\)")
_AT, _DOT = r"\s?(?:@|[(\[]at[)\]])\s?", r"\s?(?:\.|[(\[]dot[)\]])\s?"
_MAIL = re.compile(
    rf"[\w.+%-]{{1,64}}{_AT}[\w-]{{1,63}}(?:{_DOT}[\w-]{{2,63}}){{1,6}}", re.IGNORECASE
)
_HOST = r"(?:[a-z0-9-]{1,63}\.){1,6}"
_ENDINGS = (
    "com|org|net|edu|gov|info|biz|io|tv|fm|me|app|dev|xyz|online|site|shop|store|live|club|blog"
)
_REST = r"[!-~]*[a-z0-9/=&#%_~+-]"
"""What may follow the host: plain characters, the last of which ends no sentence."""
_LINK = re.compile(
    rf"(?<![a-z0-9])(?:[a-z][a-z0-9+.-]{{1,15}}://(?:{_REST}|[^ ]+)|www\.{_REST}"
    rf"|{_HOST}(?:{_ENDINGS})(?![a-z0-9-])(?:[/?:]{_REST})?|{_HOST}[a-z]{{2,10}}/{_REST})",
    re.IGNORECASE | re.ASCII,
)
_DIGITS = re.compile(r"(?<![\w.,:])\+?\(?\d[\d ()./‐-―-]{5,30}\d(?![\w:])")
_NO_NUMBER = re.compile(
    r"(?:(?:1[5-9]|20)\d\d\W{1,3})+(?:1[5-9]|20)\d\d"  # years
    r"|(?:19|20)\d\d\W?\d\d\W?\d\d|\d\d?\W\d\d?\W(?:19|20)?\d\d"  # a date
    r"|\d{1,3}(?:[ .]\d{3}){2}"  # millions
)


def _number(found: re.Match[str]) -> str:
    digits = sum(char.isdecimal() for char in found.group())
    if digits < 7 or _NO_NUMBER.fullmatch(found.group()):
        return found.group()
    return "(number)"
