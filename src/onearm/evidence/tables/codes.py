"""The codes of outcomes in the tables, held against those of the plan.

An outcome's certainty is judged for every evidence set that has rows to pool, in every domain,
or not at all: half a judgement would read as a whole one. An outcome without any line is shown
as not judged, so that a new outcome can be looked at before it is judged.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping

import pandas as pd

from onearm.evidence.findings import Finding, Place, Severity
from onearm.evidence.plan.outcomes import OutcomePlan
from onearm.evidence.plan.protocol import Protocol
from onearm.evidence.tables.columns import JUDGED_DOMAINS, TABLES
from onearm.words import listing

__all__ = ["lines_to_add", "sets_with_rows", "strange_codes", "wrong_lines"]

#: How near a strange code has to be to one of the plan's to be taken for a slip of it.
_NEAR = 0.8
_FILE = TABLES["certainty"].file
_NEEDED = {
    "studies": {"study_id", "evidence_set"},
    "outcomes": {"study_id", "outcome", "use", "denominator"},
    "certainty": {"outcome", "evidence_set", "domain"},
}


def strange_codes(used: Iterable[tuple[Place, str]], protocol: Protocol) -> Iterator[Finding]:
    """Yield a finding for every row meant for a pool whose outcome nobody knows.

    Parameters
    ----------
    used : iterable of (Place, str)
        The cells `outcome` of outcomes.csv, each with what its row is for.
    protocol : Protocol
        Its outcomes, and the other outcomes that it names.

    Yields
    ------
    Finding
        An error where the code is near one of the plan: the row would leave its pool in
        silence; else a warning.
    """
    planned = protocol.short_names
    for place, use in used:
        code = place.value
        known = code in planned or code in protocol.other_outcomes
        if use not in ("pool", "sensitivity") or not code or known:
            continue
        near = _nearest(code, planned)
        severity: Severity = "error" if near else "warning"
        yield place.finding(
            severity,
            "outcome-misspelt" if near else "outcome-unplanned",
            f"The row is marked {use}, and the plan has no outcome “{code}”: no pool would show "
            "it.",
            f"Perhaps {near} is meant."
            if near
            else "Correct the code, plan the outcome, name it in other_outcomes, or mark the "
            "row context.",
        )


def _nearest(code: str, planned: Collection[str]) -> str:
    """The planned code that `code` is a slip of, or ""; another number is no slip."""
    alike = [plan for plan in sorted(planned) if _digits(plan) == _digits(code)]
    # In a short code two letters that changed places are much of it, and still a slip.
    swapped = [plan for plan in alike if sorted(plan) == sorted(code)]
    return next(iter(swapped or difflib.get_close_matches(code, alike, 1, _NEAR)), "")


def _digits(code: str) -> list[str]:
    return re.findall(r"\d+", code)


def wrong_lines(tables: Mapping[str, pd.DataFrame], protocol: Protocol) -> Iterator[Finding]:
    """Yield an error for every outcome that nobody knows, and for every line that is missing.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The tables that could be read, as text, indexed by spreadsheet row number.
    protocol : Protocol
        The plan, whose outcomes are to be judged.
    """
    if any(not columns <= set(tables.get(n, pd.DataFrame())) for n, columns in _NEEDED.items()):
        return
    judged, outcomes = tables["certainty"], tables["outcomes"]
    known = {*protocol.short_names, *protocol.other_outcomes, *outcomes["outcome"]}
    yield from _unknown(judged, known)
    set_of = dict(
        zip(tables["studies"]["study_id"], tables["studies"]["evidence_set"], strict=True)
    )
    for plan in protocol.outcome:
        lines = judged[judged["outcome"] == plan.code]
        if lines.empty:
            continue
        pooled = outcomes[
            (outcomes["outcome"] == plan.code)
            & (outcomes["use"] == "pool")
            & (outcomes["denominator"] == plan.denominator)
        ]
        there = {set_of[study] for study in pooled["study_id"] if study in set_of}
        for evidence_set in sets_with_rows(there, protocol):
            of_set = lines[lines["evidence_set"] == evidence_set]
            missing = [domain for domain in JUDGED_DOMAINS if domain not in set(of_set["domain"])]
            if missing:
                yield _missing(plan, evidence_set, missing, int(str(lines.index[-1])))


def sets_with_rows(there: Collection[str], protocol: Protocol) -> tuple[str, ...]:
    """Return the evidence sets of the plan in which any row may be pooled.

    Parameters
    ----------
    there : collection of str
        The cells `evidence_set` of the studies with such rows.
    protocol : Protocol
        The plan.
    """
    return tuple(
        each.name
        for each in protocol.sets
        if there and (not each.includes or set(there) & set(each.includes))
    )


def lines_to_add(code: str, evidence_set: str, domains: Collection[str]) -> str:
    """Return the lines of certainty.csv that are missing, to be completed by people."""
    return " ".join(f"“{code},{evidence_set},{domain},0-2,why”" for domain in domains)


def _unknown(judged: pd.DataFrame, known: Collection[str]) -> Iterator[Finding]:
    for line, code in judged["outcome"].items():
        if code and code not in known:
            near = next(iter(difflib.get_close_matches(code, sorted(known), 1)), "")
            yield Place(_FILE, int(str(line)), "outcome", str(code)).error(
                "certainty-outcome-unknown",
                f"“{code}” is judged, and no outcome of the plan or the tables has this code.",
                f"Perhaps {near} is meant." if near else "Correct the code, or remove the line.",
            )


def _missing(plan: OutcomePlan, evidence_set: str, domains: list[str], row: int) -> Finding:
    words = listing([domain.replace("_", " ") for domain in domains])
    verb = "is" if len(domains) == 1 else "are"
    return Place(_FILE, row, "domain", f"{plan.code}, {evidence_set}").error(
        "certainty-line-missing",
        f"{plan.label} ({evidence_set}) is judged in part: {words} {verb} missing.",
        f"Add after this row, with a number and a reason: "
        f"{lines_to_add(plan.code, evidence_set, domains)}.",
    )
