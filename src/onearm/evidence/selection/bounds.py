"""How many people two studies can share at most, from their counts alone.

Some outcomes are facts about a person, the same in every report (the plan names them): so no
more people can be in both studies than the smaller number with the outcome plus the smaller
number without it. Parts of a study are compared one by one, and parts whose kinds exclude
each other share nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from onearm.evidence.plan.protocol import Protocol
from onearm.evidence.records import Row
from onearm.words import listing

__all__ = ["Bound", "bound_on_shared", "may_share"]


@dataclass(frozen=True)
class Bound:
    """At most so many people are in two studies (None: not known), with the arithmetic."""

    number: int | None
    sentence: str


def may_share(a: Row, b: Row, protocol: Protocol) -> bool:
    """Whether one person can be counted by both rows, by the kinds that the plan declares.

    Parameters
    ----------
    a, b : Row
        The rows.
    protocol : Protocol
        Its `overlap`: the column, and what each value may stand for.
    """
    plan = protocol.overlap
    if plan.column is None:
        return True
    kinds = [plan.stands_for.get(row.value(plan.column)) for row in (a, b)]
    if kinds[0] is None or kinds[1] is None:
        return True  # a value that is not listed may stand for anything
    return bool(set(kinds[0]) & set(kinds[1]))


def bound_on_shared(rows_a: Sequence[Row], rows_b: Sequence[Row], protocol: Protocol) -> Bound:
    """Return how many people two studies can share at most.

    Parameters
    ----------
    rows_a, rows_b : sequence of Row
        The counts of people of each study, without alternative choices.
    protocol : Protocol
        Its facts, the denominator over which they are compared, and its words.
    """
    over = protocol.overlap.denominator or next(iter(protocol.all_denominators))
    size_a, size_b = _size(rows_a, over), _size(rows_b, over)
    if size_a is None or size_b is None:
        return Bound(None, "The counts do not limit how many.")
    smaller = min(size_a, size_b)
    people = protocol.words.person.many
    best = Bound(
        smaller, f"At most {smaller} {people} can be in both: the smaller study has no more."
    )
    for outcome in protocol.overlap.facts:
        parts_a = _parts(rows_a, outcome, over, size_a)
        parts_b = _parts(rows_b, outcome, over, size_b)
        meeting = [(p, q) for p in parts_a for q in parts_b if may_share(p, q, protocol)]
        if meeting and all(_same_definition(p, q) for p, q in meeting):
            number = sum(sum(_shared(p, q)) for p, q in meeting)
            if best.number is not None and number < best.number:
                told = _arithmetic(protocol, outcome, over, meeting, [*parts_a, *parts_b])
                best = Bound(number, told)
    return best


def _size(rows: Sequence[Row], over: str) -> int | None:
    """How many people a study has under one denominator, else under any."""
    wholes: dict[tuple[str, str], int] = {}
    of_it = [row for row in rows if row.count.denominator == over]
    for row in of_it or rows:
        if row.count.is_whole:
            wholes[row.count.outcome, row.row_id] = row.n
        else:
            key = (row.count.outcome, row.count.denominator)
            wholes[key] = wholes.get(key, 0) + row.n
    return max(wholes.values(), default=None)


def _parts(rows: Sequence[Row], outcome: str, over: str, size: int) -> list[Row]:
    """The rows of `outcome` that together hold everybody: the parts of the study if they do."""
    of_it = [r for r in rows if r.count.outcome == outcome and r.count.denominator == over]
    parts = [r for r in of_it if not r.count.is_whole]
    whole = [r for r in of_it if r.count.is_whole]
    for choice in (parts, whole[:1]):
        if choice and sum(r.n for r in choice) == size:
            return choice
    return []


def _same_definition(p: Row, q: Row) -> bool:
    """Whoever lies at the limit itself counts under ≤ or ≥ and not under < or >."""
    operators = {p.count.definition_operator, q.count.definition_operator}
    return len(operators) == 1 or ("" in operators and not operators & {"<", "<=", ">", ">="})


def _shared(p: Row, q: Row) -> tuple[int, int]:
    """At most so many people with the outcome, and so many without it, are in both."""
    return min(p.events, q.events), min(p.n - p.events, q.n - q.events)


def _arithmetic(
    protocol: Protocol,
    outcome: str,
    over: str,
    meeting: Sequence[tuple[Row, Row]],
    parts: Sequence[Row],
) -> str:
    name, number, told = protocol.short_name(outcome), 0, []
    for p, q in meeting:
        with_it, without = _shared(p, q)
        number += with_it + without
        told.append(
            f"{name} was {p.events} of {p.n} in {p.label} and {q.events} of {q.n} "
            f"in {q.label}, so at most {with_it} with it and {without} without it are shared "
            f"({with_it} + {without} = {with_it + without})"
        )
    met = {row.row_id for pair in meeting for row in pair}
    others = [f"{row.label}, {row.n}" for row in parts if row.row_id not in met]
    column = protocol.column_plan(protocol.overlap.column or "")
    kind = column.label.lower() if column else "kind"
    apart = f"; another {kind} excludes {listing(others)}" if others else ""
    counted = protocol.denominator_noun(over).count(number)
    return f"At most {counted} can be in both: {'; '.join(told)}{apart}."
