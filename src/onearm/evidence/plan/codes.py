"""The codes of outcomes: in words, and held against those that are known."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator

import pandas as pd

from onearm.evidence.findings import Finding, Severity
from onearm.evidence.frames import rows_of
from onearm.evidence.tables.columns import TABLES

__all__ = ["KNOWN_CODES", "code_in_words", "strange_codes"]

#: Outcomes that have a meaning here whether or not a plan asks for them.
KNOWN_CODES = frozenset({
    "pcr", "mpr", "ypt0", "complication_any", "complication_major", "complication_minor",
    "intraoperative_difficulty", "intraoperative_complication", "r0", "mortality_30d",
    "mortality_60d", "mortality_90d", "mortality_unspecified", "downstaging_pathological",
    "downstaging_clinical", "downstaging_nodal", "resection_rate", "objective_response",
    "recurrence", "progression_or_recurrence", "overall_survival", "recurrence_free_survival",
    "alive",
})  # fmt: skip
_DRUG_AE = "drug_ae_"
#: How near a strange code has to be to one of the plan's to be taken for a slip of it;
#: of three or four letters, two that changed places are a third.
_NEAR, _NEAR_IF_SHORT, _SHORT = 0.8, 0.66, 4
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


def strange_codes(frame: pd.DataFrame, planned: Collection[str]) -> Iterator[Finding]:
    """Yield a finding for every row meant for a pool whose outcome nobody knows.

    Parameters
    ----------
    frame : DataFrame
        outcomes.csv as text, indexed by spreadsheet row number.
    planned : collection of str
        The codes of the plan's outcomes.

    Yields
    ------
    Finding
        An error where the code is near one of the plan: the row would leave its pool in
        silence; else a warning.
    """
    if not {"outcome", "use", "row_id", "study_id"} <= set(frame.columns):
        return
    for line, row in zip(frame.index, rows_of(frame), strict=True):
        code = row["outcome"]
        known = code in planned or code in KNOWN_CODES or code.startswith(_DRUG_AE)
        if row["use"] not in ("pool", "sensitivity") or not code or known:
            continue
        near = _nearest(code, planned)
        severity: Severity = "error" if near else "warning"
        yield Finding(
            "outcome-misspelt" if near else "outcome-unplanned",
            severity,
            f"The row is marked {row['use']}, and the plan has no outcome “{code}”: "
            "no pool would show it.",
            f"Perhaps {near} is meant." if near
            else "Correct the code, plan the outcome, or mark the row context.",
            TABLES["outcomes"].file, int(line), "outcome", code, row["row_id"], row["study_id"],
        )  # fmt: skip


def _nearest(code: str, planned: Collection[str]) -> str:
    """The planned code that `code` is a slip of, or ""; another number is no slip."""
    alike = [plan for plan in sorted(planned) if _digits(plan) == _digits(code)]
    cutoff = _NEAR_IF_SHORT if len(code) <= _SHORT else _NEAR
    return next(iter(difflib.get_close_matches(code, alike, 1, cutoff)), "")


def _digits(code: str) -> list[str]:
    return re.findall(r"\d+", code)
