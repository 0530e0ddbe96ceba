"""Which extra of this distribution brings a Python package, and the command that installs it."""

import re
from importlib.metadata import requires


def install_command(module: str) -> str:
    """Return the pip command for a package that is missing, given by the name it is imported by.

    Of several extras that bring it, the first in pyproject.toml is named.
    """
    extra = extra_of(module)
    if extra is None:
        return f"pip install {_names(module)[-1]}"
    return f'pip install "auricle[{extra}]"' if extra else "pip install auricle"


def extra_of(module: str) -> str | None:
    """Return the extra that brings a package; "" where none is needed, None where none does."""
    brought = _extras()
    return next((brought[name] for name in _names(module) if name in brought), None)


def _names(module: str) -> list[str]:
    """Return the distributions that may bring a module, the likeliest first.

    pyannote.audio is brought by a distribution of this name, torch.nn by torch.
    """
    parts = module.split(".")
    if parts[0] in _DISTRIBUTIONS:
        return [_DISTRIBUTIONS[parts[0]]]
    return [_plain(".".join(parts[:length])) for length in range(len(parts), 0, -1)]


_DISTRIBUTIONS = {"PIL": "pillow", "sklearn": "scikit-learn", "yaml": "pyyaml"}
"""Packages that are imported by another name than they are installed by, apart from - and _."""


def _extras() -> dict[str, str]:
    """Return the extra that brings each distribution; "" where none is needed."""
    found: dict[str, str] = {}
    for line in requires("auricle") or ():
        extra = re.search(r"""extra == ['"](.+?)['"]""", line)
        name = re.match(r"[\w.-]+", line)
        if name:
            found.setdefault(_plain(name.group()), extra.group(1) if extra else "")
    return found


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
