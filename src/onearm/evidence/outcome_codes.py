"""The codes of outcomes, in words."""

from __future__ import annotations

import re

__all__ = ["code_in_words"]

_WRITTEN = {
    "pcr": "pCR", "mpr": "MPR", "ypt0": "ypT0", "r0": "R0", "ae": "AE", "alt": "ALT",
    "ast": "AST", "alk": "ALK", "clavien": "Clavien",
}  # fmt: skip
_PATTERNS = (
    (re.compile(r"\b([a-z]+)(\d)plus\b"), r"\1 \2 or higher"),
    (re.compile(r"\bgrade(\d) (\d)\b"), r"grade \1–\2"),
    (re.compile(r"\bgrade(\d)\b"), r"grade \1"),
    (re.compile(r"\b(\d+)d\b"), r"\1 days"),
)
_STAGE = re.compile(r"\b(iv|i{1,3})([ab]?)\b|\bt\d[ab]?n\d\b")


def code_in_words(code: str) -> str:
    """Return the code of an outcome as words, for outcomes that the plan does not name.

    Examples
    --------
    >>> code_in_words("drug_ae_alt_grade1_2"), code_in_words("pcr")
    ('drug AE ALT grade 1–2', 'pCR')
    """
    text = code.replace("_", " ")
    for pattern, words in _PATTERNS:
        text = pattern.sub(words, text)
    text = _STAGE.sub(_stage, text)
    return " ".join(_WRITTEN.get(word, word) for word in text.split(" "))


def _stage(found: re.Match[str]) -> str:
    if found[1]:
        return f"{found[1].upper()}{found[2].upper()}"
    return found[0].replace("t", "T").replace("n", "N")
