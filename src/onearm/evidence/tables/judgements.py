"""Which judgements of certainty there have to be, and which of them are not there.

An outcome is judged for every evidence set that has rows to pool, in every domain, or not at
all: half a judgement would read as a whole one. An outcome without any line is shown as not
judged, so that a new outcome can be looked at before it is judged.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping

import pandas as pd

from onearm.evidence.findings import Finding
from onearm.evidence.plan.codes import KNOWN_CODES
from onearm.evidence.plan.protocol import EvidenceSet, OutcomePlan, Protocol
from onearm.evidence.tables.columns import JUDGED_DOMAINS, TABLES

__all__ = ["lines_to_add", "sets_with_rows", "wrong_lines"]

_TABLE = TABLES["certainty"]


def wrong_lines(tables: Mapping[str, pd.DataFrame], protocol: Protocol) -> Iterator[Finding]:
    """Yield an error for every outcome that nobody knows, and for every line that is missing.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The tables that could be read, as text, indexed by spreadsheet row number.
    protocol : Protocol
        The plan, whose outcomes are to be judged.
    """
    needed = ("studies", "outcomes", "certainty")
    if any(not set(TABLES[n].columns) <= set(tables.get(n, pd.DataFrame())) for n in needed):
        return
    judged = tables["certainty"]
    yield from _unknown(judged, {*protocol.short_names, *tables["outcomes"]["outcome"]})
    for plan in protocol.outcome:
        lines = judged[judged["outcome"] == plan.code]
        if lines.empty:
            continue
        for evidence_set in sets_with_rows(tables["studies"], tables["outcomes"], protocol, plan):
            of_set = lines[lines["evidence_set"] == evidence_set]
            missing = [domain for domain in JUDGED_DOMAINS if domain not in set(of_set["domain"])]
            if missing:
                yield _missing(plan, evidence_set, missing, int(str(lines.index[-1])))


def sets_with_rows(
    studies: pd.DataFrame, outcomes: pd.DataFrame, protocol: Protocol, plan: OutcomePlan
) -> tuple[EvidenceSet, ...]:
    """Return the evidence sets in which any row of the outcome may be pooled."""
    of = (
        (outcomes["outcome"] == plan.code)
        & (outcomes["use"] == "pool")
        & (outcomes["denominator"] == plan.denominator)
    )
    there = set(studies.loc[studies["study_id"].isin(outcomes.loc[of, "study_id"]), "evidence_set"])
    return tuple(
        name
        for name in protocol.pooling.evidence_sets
        if there & ({"core"} if name == "core" else {"core", "extended"})
    )


def lines_to_add(code: str, evidence_set: str, domains: Collection[str]) -> str:
    """Return the lines of certainty.csv that are missing, to be completed by people."""
    return " ".join(f"“{code},{evidence_set},{domain},0-2,why”" for domain in domains)


def _unknown(judged: pd.DataFrame, known: Collection[str]) -> Iterator[Finding]:
    for line, code in judged["outcome"].items():
        if code and code not in known and code not in KNOWN_CODES:
            near = next(iter(difflib.get_close_matches(code, sorted(known), 1)), "")
            yield Finding(
                "certainty-outcome-unknown", "error",
                f"“{code}” is judged, and no outcome of the plan or the tables has this code.",
                f"Perhaps {near} is meant." if near else "Correct the code, or remove the line.",
                _TABLE.file, int(str(line)), "outcome", str(code),
            )  # fmt: skip


def _missing(plan: OutcomePlan, evidence_set: str, domains: list[str], row: int) -> Finding:
    words = ", ".join(domain.replace("_", " ") for domain in domains)
    return Finding(
        "certainty-line-missing", "error",
        f"{plan.label} ({evidence_set}) is judged in part: {words} is not there."
        if len(domains) == 1
        else f"{plan.label} ({evidence_set}) is judged in part: {words} are not there.",
        f"Add after this row, with a number and a reason: "
        f"{lines_to_add(plan.code, evidence_set, domains)}.",
        _TABLE.file, row, "domain", f"{plan.code}, {evidence_set}",
    )  # fmt: skip
