"""Printed percentages against the counts they stand beside."""

from __future__ import annotations

from collections.abc import Iterator

from onearm.evidence.audit.rounding import (
    counts_that_fit,
    denominators_that_fit,
    how_printed,
    share,
)
from onearm.evidence.audit.telling import about_row, counted, outcome_name, row_name
from onearm.evidence.findings import Finding
from onearm.evidence.frames import Row, rows_of
from onearm.evidence.tables.reading import Evidence
from onearm.words import count, listing

__all__ = ["percent_against_count", "percent_without_count", "sizes_in_use"]

_FEW = 6


def percent_against_count(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for every percentage that is not its count, rounded once."""
    for row in counted(evidence):
        if row["printed_percent"]:
            yield from _judge(evidence, row)


def _judge(evidence: Evidence, row: Row) -> Iterator[Finding]:
    events, n, printed = int(row["events"]), int(row["n"]), row["printed_percent"]
    way = how_printed(share(events, n), printed)
    what = (
        f"{row_name(evidence, row)} prints {printed} % for {events} of {n} "
        f"({outcome_name(evidence, row['outcome'])})"
    )
    exact = f"{float(share(events, n)):.2f} %"
    if way == "twice":
        yield about_row(
            row,
            "percent-double-rounded",
            "note",
            f"{what}, which is {exact}: only rounding twice gives it.",
            "Keep the count; never work back from the percentage.",
            "printed_percent",
        )
    elif way == "cut":
        yield about_row(
            row,
            "percent-truncated",
            "note",
            f"{what}, which is {exact}: cut off instead of rounded.",
            "Keep the count; never work back from the percentage.",
            "printed_percent",
        )
    elif way is None:
        yield about_row(
            row,
            "percent-mismatch",
            "warning",
            f"{what}, which is {exact}. {printed} % with {events} does not fit "
            f"n = {n}; {_what_fits(evidence, row)}.",
            "See whom the source counts here, and correct n or note the slip.",
            "printed_percent",
        )


def _what_fits(evidence: Evidence, row: Row) -> str:
    fits = denominators_that_fit(int(row["events"]), row["printed_percent"])
    used = [n for n in fits if n in sizes_in_use(evidence, row["study_id"])]
    if used:
        return f"it fits n = {listing([str(n) for n in used], 'or')}, which this study also uses"
    if not fits:
        return "no number of patients fits it"
    if len(fits) > _FEW:
        return f"it would fit n from {fits[0]} to {fits[-1]}, none of which this study uses"
    return (
        f"it would fit n = {listing([str(n) for n in fits], 'or')}, which this study does not use"
    )


def sizes_in_use(evidence: Evidence, study_id: str) -> frozenset[int]:
    """Return every n that a study's rows of patients have."""
    rows = evidence.outcomes
    of_study = rows[(rows["study_id"] == study_id) & (rows["unit"] == "patients")]
    return frozenset(int(n) for n in of_study["n"].dropna())


def percent_without_count(evidence: Evidence) -> Iterator[Finding]:
    """Yield a note for every printed percentage whose count is not known."""
    outcomes = evidence.outcomes
    # Excluded rows are left alone: a survival curve's estimate is the share of no count.
    rows = outcomes[
        outcomes["events"].isna()
        & (outcomes["unit"] == "patients")
        & (outcomes["use"] != "excluded")
        & (outcomes["printed_percent"] != "")
    ]
    for row in rows_of(rows):
        sizes = sorted(sizes_in_use(evidence, row["study_id"]))
        if row["n"] is not None:
            sizes = [int(row["n"])]
        if sizes:
            yield about_row(
                row,
                "percent-without-count",
                "note",
                _candidates(evidence, row, sizes),
                "Leave the count empty, and ask the authors.",
                "printed_percent",
            )


def _candidates(evidence: Evidence, row: Row, sizes: list[int]) -> str:
    fits = {n: counts_that_fit(n, row["printed_percent"]) for n in sizes}
    some = [f"{events}/{n}" for n, counts in fits.items() for events in counts]
    none = [str(n) for n, counts in fits.items() if not counts]
    told = f"it would fit {_short(some)}" if some else "no size of this study fits it"
    left = f"; nothing over {listing(none, 'or')} does" if some and none else ""
    return (
        f"{row_name(evidence, row)} prints {row['printed_percent']} % without a count "
        f"({outcome_name(evidence, row['outcome'])}): {told}{left}."
    )


def _short(items: list[str]) -> str:
    if len(items) <= _FEW:
        return listing(items, "or")
    return f"{', '.join(items[:_FEW])} and {count(len(items) - _FEW, 'other')}"
