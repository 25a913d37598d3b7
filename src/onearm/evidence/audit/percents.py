"""Printed percentages against the counts they stand beside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from onearm.evidence.audit.rounding import (
    counts_that_fit,
    denominators_that_fit,
    how_printed,
    share,
)
from onearm.evidence.audit.telling import about_row, row_name
from onearm.evidence.evidence import Evidence
from onearm.evidence.findings import Finding
from onearm.evidence.records import Row
from onearm.words import count, listing

__all__ = ["percent_against_count", "percent_without_count"]

_FEW = 6


def percent_against_count(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for every percentage that is not its count, rounded once."""
    for row in evidence.counted:
        if row.count.printed_percent:
            yield from _judge(evidence, row)


def _judge(evidence: Evidence, row: Row) -> Iterator[Finding]:
    printed = row.count.printed_percent
    way = how_printed(share(row.events, row.n), printed)
    what = (
        f"{row.label} prints {printed} % for {row.events} of {row.n} "
        f"({evidence.protocol.outcome_name(row.count.outcome)}), which is "
        f"{float(share(row.events, row.n)):.2f} %"
    )
    keep = "Keep the count; never work back from the percentage."
    if way == "twice":
        yield about_row(
            row,
            "percent-double-rounded",
            "note",
            f"{what}: only rounding twice gives it.",
            keep,
            "printed_percent",
        )
    elif way == "cut":
        yield about_row(
            row,
            "percent-truncated",
            "note",
            f"{what}: cut off instead of rounded.",
            keep,
            "printed_percent",
        )
    elif way is None:
        yield about_row(
            row,
            "percent-mismatch",
            "warning",
            f"{what}. {printed} % with {row.events} does not fit n = {row.n}; "
            f"{_what_fits(evidence, row)}.",
            "Check whom the source counts here, and correct n or note the slip.",
            "printed_percent",
        )


def _what_fits(evidence: Evidence, row: Row) -> str:
    fits = denominators_that_fit(row.events, row.count.printed_percent)
    used = [n for n in sorted(evidence.sizes[row.study_id]) if n in fits]
    if used:
        return f"it fits n = {listing([str(n) for n in used], 'or')}, which this study also uses"
    if not fits:
        return f"no number of {evidence.protocol.words.person.many} fits it"
    if len(fits) > _FEW:
        return f"it would fit n from {fits[0]} to {fits[-1]}, none of which this study uses"
    return (
        f"it would fit n = {listing([str(n) for n in fits], 'or')}, which this study does not use"
    )


def percent_without_count(evidence: Evidence) -> Iterator[Finding]:
    """Yield a note for every printed percentage whose count is not known."""
    for row in evidence.listed:
        cells = row.count
        # Excluded rows are left alone: a survival curve's estimate is the share of no count.
        people = cells.unit == evidence.protocol.unit and cells.use != "excluded"
        if not people or cells.events is not None or not cells.printed_percent:
            continue
        sizes = sorted(evidence.sizes.get(row.study_id, ())) if cells.n is None else [cells.n]
        if sizes:
            yield about_row(
                row,
                "percent-without-count",
                "note",
                _candidates(evidence, row, sizes),
                "Leave the count empty, and ask the authors.",
                "printed_percent",
            )


def _candidates(evidence: Evidence, row: Row, sizes: Sequence[int]) -> str:
    fits = {n: counts_that_fit(n, row.count.printed_percent) for n in sizes}
    number = sum(len(counts) for counts in fits.values())
    # No more are written out than are told: of a large n, thousands can fit.
    some = [f"{events}/{n}" for n, counts in fits.items() for events in counts[:_FEW]][:_FEW]
    none = [str(n) for n, counts in fits.items() if not counts]
    told = f"it would fit {_short(some, number)}" if some else "no size of this study fits it"
    left = f"; nothing over {listing(none, 'or')} does" if some and none else ""
    return (
        f"{row_name(evidence, row)}: {row.count.printed_percent} % is printed without a count; "
        f"{told}{left}."
    )


def _short(some: Sequence[str], number: int) -> str:
    if number <= _FEW:
        return listing(some, "or")
    return f"{', '.join(some)} and {count(number - len(some), 'other')}"
