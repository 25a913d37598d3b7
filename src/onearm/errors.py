"""The errors that onearm raises on purpose.

Every one of them is an `OnearmError`, so that a caller can tell a message meant for a
reader from a defect; an `InputError` is a `ValueError` as well, so that code which knows
nothing of this package still catches it under the builtin name.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the findings live in a room that imports this module
    from onearm.evidence.findings import Finding

__all__ = ["InputError", "OnearmError"]


class OnearmError(Exception):
    """Base of every error that onearm raises on purpose."""


class InputError(OnearmError, ValueError):
    """What was given cannot be used; the message says what is wrong and how to mend it.

    Parameters
    ----------
    message : str
        One plain sentence.
    findings : iterable of Finding, optional
        Every single problem, when there are several; `str()` lists them below the message.

    Attributes
    ----------
    message : str
        The sentence alone.
    findings : tuple of Finding
        The problems, in the order given.
    """

    def __init__(self, message: str, findings: Iterable[Finding] = ()) -> None:
        self.message = message
        self.findings: tuple[Finding, ...] = tuple(findings)
        super().__init__(message)

    def __str__(self) -> str:
        return "\n".join([self.message, *(f"  {finding}" for finding in self.findings)])

    def __reduce__(self) -> tuple[type[InputError], tuple[str, tuple[Finding, ...]]]:
        # Exception pickles its args only; without this the findings are lost between processes.
        return type(self), (self.message, self.findings)
