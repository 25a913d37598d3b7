"""Rows of one study that cannot all be true, by what the plan says of its words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations

from onearm.evidence.audit.telling import about_row, grouped, row_name
from onearm.evidence.evidence import Evidence
from onearm.evidence.findings import Finding, Severity
from onearm.evidence.records import Row

__all__ = ["nested_outcomes", "parts_of_denominators"]


def parts_of_denominators(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning where a part of the people counts more than those it is a part of."""
    protocol = evidence.protocol
    within = _reached(
        {name: (d.part_of,) if d.part_of else () for name, d in protocol.denominators.items()}
    )
    fit = (row for row in evidence.counted if row.count.use in ("pool", "context"))
    groups = grouped(fit, lambda r: (r.study_id, r.count.population, r.count.outcome))
    for rows in groups.values():
        for part, whole in permutations(rows, 2):
            if whole.count.denominator in within.get(part.count.denominator, ()):
                yield from _more_than_whole(evidence, part, whole)


def _more_than_whole(evidence: Evidence, part: Row, whole: Row) -> Iterator[Finding]:
    protocol = evidence.protocol
    own, all_of = (protocol.denominator_noun(row.count.denominator).many for row in (part, whole))
    for column, a, b in (("events", part.events, whole.events), ("n", part.n, whole.n)):
        if a > b:
            what = "events" if column == "events" else protocol.words.person.many
            yield about_row(
                part,
                "part-exceeds-whole",
                "warning",
                f"{row_name(evidence, part)} has {a} {what} among the {own} (n = {part.n}) and "
                f"{b} among the {all_of} (n = {whole.n}), of whom they are a part.",
                f"Check {column} of {part.row_id} and {whole.row_id}.",
                column,
            )


def nested_outcomes(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding where an outcome has more events than one that includes it.

    The source may count the outer outcome without the inner one: then the sum of both is
    the count, and the finding offers it as a derived row for the sensitivity analysis. A
    warning where a pool rests on either count, else a note: a row that is excluded is known
    not to fit.
    """
    within = _reached({plan.code: plan.nested_in for plan in evidence.protocol.outcome})
    if not any(within.values()):
        return
    groups = grouped(
        evidence.counted, lambda r: (r.study_id, r.count.population, r.count.denominator)
    )
    for rows in groups.values():
        told = [row for row in rows if row.count.use != "sensitivity"]
        for inner, outer in permutations(told, 2):
            nested = outer.count.outcome in within.get(inner.count.outcome, ())
            if nested and inner.n <= outer.n and inner.events > outer.events:
                yield _more_than_outer(evidence, inner, outer, rows)


def _more_than_outer(
    evidence: Evidence, inner: Row, outer: Row, of_study: Sequence[Row]
) -> Finding:
    uses = {inner.count.use, outer.count.use}
    severity: Severity = "warning" if "pool" in uses and "excluded" not in uses else "note"
    within, name = (evidence.protocol.outcome_name(r.count.outcome) for r in (inner, outer))
    people = evidence.protocol.words.person.many
    why = f"The two may have been exchanged, or one counts events instead of {people}."
    mend = f"Check {inner.row_id} and {outer.row_id} against the source."
    total = inner.events + outer.events
    if inner.n == outer.n and total <= outer.n:
        why = (
            f"The source may count {name} without {within}: together they are {outer.events} + "
            f"{inner.events} = {total} of {outer.n}. Or the two were exchanged, or one counts "
            f"events instead of {people}."
        )
        mend = f"{mend} {_sum_offered(outer, total, of_study)}"
    return about_row(
        outer,
        "nested-exceeds",
        severity,
        f"{outer.label} has {outer.events} of {outer.n} with {name}, but {inner.events} of "
        f"{inner.n} with {within}, which {name} includes. {why}",
        mend,
        "events",
    )


def _sum_offered(outer: Row, total: int, of_study: Sequence[Row]) -> str:
    """Name the row that holds the sum for the sensitivity analysis, or ask for it."""
    for row in of_study:
        count, known = row.count, (row.events, row.n) == (total, outer.n)
        if known and count.outcome == outer.count.outcome and count.use == "sensitivity":
            return f"Row {row.row_id} offers the sum to the sensitivity analysis."
    return (
        f"Until then add {total} of {outer.n} as a derived row: use = sensitivity, and variant "
        "names the choice. The sensitivity analysis takes it in place of the printed count."
    )


def _reached(direct: Mapping[str, tuple[str, ...]]) -> dict[str, frozenset[str]]:
    """Return for each name every other that it is within, by whatever steps."""
    found = {}
    for name in direct:
        seen: set[str] = set()
        ahead = list(direct[name])
        while ahead:
            outer = ahead.pop()
            if outer not in seen:
                seen.add(outer)
                ahead.extend(direct.get(outer, ()))
        found[name] = frozenset(seen - {name})
    return found
