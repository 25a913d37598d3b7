"""What a refused value most likely stands for, by its meaning and by its spelling."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

__all__ = ["suggested"]

_NEAR = 0.7


def suggested(value: str, meanings: Mapping[str, str]) -> str:
    """Return the value that a refused one most likely stands for, or ``""``.

    Parameters
    ----------
    value : str
        What was refused.
    meanings : mapping of str to str
        What each value means. A word of one meaning alone leads to its value, before any
        likeness of spelling.
    """
    wanted = value.strip().lower().replace("_", " ")
    words = set(wanted.split())
    means = [name for name, text in meanings.items() if words and words <= _words(text)]
    if len(means) == 1:
        return means[0]
    spelt = {text.lower(): name for name, text in meanings.items()}
    spelt |= {name.lower().replace("_", " "): name for name in meanings}
    near = difflib.get_close_matches(wanted, list(spelt), 1, _NEAR)
    return spelt[near[0]] if near else ""


def _words(text: str) -> set[str]:
    return set(text.lower().replace(",", " ").replace("_", " ").split())
