"""Something to know before quoting a number, whoever found it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Caution"]


@dataclass(frozen=True)
class Caution:
    """Something to know about rows or a result: a stable code and a plain sentence."""

    code: str
    sentence: str
