"""What a licence means for a user, as far as its name says it."""

import re

_NO_COMMERCE = re.compile(r"\bnc\b|non.?commercial|research.only", re.IGNORECASE)
_COPYLEFT = re.compile(r"\ba?gpl\b|\bgpl-", re.IGNORECASE)


def commercial(licence: str) -> bool | None:
    """Tell whether a licence allows commercial use; None where it is unknown."""
    if licence == "unknown":
        return None
    return not _NO_COMMERCE.search(licence.replace("-", " "))


def remark(licence: str) -> str | None:
    """Return what a user has to know of a licence, or None where it asks nothing unusual."""
    if licence == "unknown":
        return "read its terms before you use it"
    if not commercial(licence):
        return "no commercial use"
    return "copyleft" if _COPYLEFT.search(licence) else None
