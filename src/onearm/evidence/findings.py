"""Findings: what reading and auditing the evidence has to say.

A finding is one sentence about one thing, with its place and what to do about
it. Its code is stable: reports, tests and readers may rely on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import partialmethod
from typing import Literal

__all__ = ["SEVERITIES", "Finding", "Place", "Severity", "errors_among", "in_order"]

Severity = Literal["error", "warning", "note"]

#: From what stops the work to what is merely worth knowing.
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True)
class Finding:
    """One thing that reading or auditing the evidence found.

    Attributes
    ----------
    code : str
        Stable kebab-case name of the kind of finding, such as ``"percent-truncated"``.
    severity : {"error", "warning", "note"}
        An error stops the work; a warning may change a conclusion; a note is worth knowing.
    sentence : str
        What was found, in plain words with labels and numbers.
    mend : str
        What to do about it.
    file : str
        The file's name, without its folder.
    row : int or None
        The row number a spreadsheet shows (the header is row 1); None for the whole file.
    column, value : str or None
        The column (or the key of the protocol) and the cell as it was written.
    row_id, study_id : str or None
        The keys of the row and the study that the finding is about.
    """

    code: str
    severity: Severity
    sentence: str
    mend: str
    file: str
    row: int | None = None
    column: str | None = None
    value: str | None = None
    row_id: str | None = None
    study_id: str | None = None

    @property
    def place(self) -> str:
        """Where it stands, for people: ``outcomes.csv, row 7, column events``."""
        parts = [self.file]
        if self.row is not None:
            parts.append(f"row {self.row}")
        if self.column is not None:
            parts.append(f"column {self.column}" if self.file.endswith(".csv") else self.column)
        return ", ".join(parts)

    def __str__(self) -> str:
        mend = f" What to do: {self.mend}" if self.mend else ""
        return f"{self.severity} {self.code} ({self.place}): {self.sentence}{mend}"

    def to_dict(self) -> dict[str, str | int | None]:
        """Return the finding as plain values, ready for JSON or a table."""
        return asdict(self)


@dataclass(frozen=True)
class Place:
    """Where a finding stands: a file, a row, a cell; each part as in :class:`Finding`."""

    file: str
    row: int | None = None
    column: str | None = None
    value: str | None = None
    row_id: str | None = None
    study_id: str | None = None

    def finding(self, severity: Severity, code: str, sentence: str, mend: str) -> Finding:
        """Return a finding at this place.

        Parameters
        ----------
        severity, code, sentence, mend : str
            As in :class:`Finding`.
        """
        where = (self.file, self.row, self.column, self.value, self.row_id, self.study_id)
        return Finding(code, severity, sentence, mend, *where)

    error = partialmethod(finding, "error")
    warning = partialmethod(finding, "warning")
    note = partialmethod(finding, "note")


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return `findings` once each, by severity, file, row and code: the same on every run."""
    return tuple(
        sorted(
            set(findings),
            key=lambda f: (
                SEVERITIES.index(f.severity),
                f.file,
                0 if f.row is None else f.row,
                f.code,
                f.column or "",
                f.sentence,
            ),
        )
    )


def errors_among(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return those of `findings` that stop the work, in order."""
    return in_order(f for f in findings if f.severity == "error")
