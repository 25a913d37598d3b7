"""How many patients two studies can share at most, from their counts alone.

What a specimen showed is a fact about a patient, the same in every report: so no more
patients can be in both than the smaller number with the finding plus the smaller number
without it. Parts of a study are compared one by one, and parts whose drugs exclude each
other share nobody.
"""

from __future__ import annotations

from collections.abc import Mapping

from onearm.evidence.frames import Row
from onearm.evidence.plan.codes import code_in_words
from onearm.words import count, listing

__all__ = ["bound_on_shared", "may_share"]

#: What stays true of an operated patient whoever reports it: read from the specimen.
_FACTS = ("pcr", "mpr", "ypt0", "r0")
#: The drugs a class may stand for; classes without a common drug cannot share a patient.
_DRUGS: dict[str, frozenset[str]] = {
    "alk_tki": frozenset({"alk"}),
    "egfr_tki": frozenset({"egfr"}),
    "tki_mixed": frozenset({"alk", "egfr"}),
    "ici_mono": frozenset({"mono"}),
    "ici_dual": frozenset({"dual"}),
    "ici_chemo": frozenset({"ici+chemo"}),
    "ici_any": frozenset({"mono", "dual", "ici+chemo"}),
    "tki_chemo": frozenset({"tki+chemo"}),
    "chemo": frozenset({"chemo"}),
}
_ALL_DRUGS = frozenset().union(*_DRUGS.values())


def may_share(class_a: str, class_b: str) -> bool:
    """Whether one patient can belong to both classes of drugs."""
    drugs_a, drugs_b = _DRUGS.get(class_a, _ALL_DRUGS), _DRUGS.get(class_b, _ALL_DRUGS)
    return bool(drugs_a & drugs_b)


def bound_on_shared(
    rows_a: list[Row], rows_b: list[Row], names: Mapping[str, str]
) -> tuple[int | None, str]:
    """Return how many patients two studies can share at most.

    Parameters
    ----------
    rows_a, rows_b : list of Row
        The counts of patients of each study, without alternative choices, with the study's
        `label`.
    names : mapping of str to str
        The short names of outcomes by code; others are written as words.

    Returns
    -------
    bound : int or None
        The smallest bound that the specimens give, else the size of the smaller study; None
        when a study has no counts.
    sentence : str
        The bound with its arithmetic.
    """
    size_a, size_b = _size(rows_a), _size(rows_b)
    if size_a is None or size_b is None:
        return None, "The counts put no bound on how many."
    smaller = min(size_a, size_b)
    best = (smaller, f"At most {smaller} patients can be in both: the smaller study has no more.")
    for outcome in _FACTS:
        parts_a = _parts(rows_a, outcome, size_a)
        parts_b = _parts(rows_b, outcome, size_b)
        meeting = [
            (p, q)
            for p in parts_a
            for q in parts_b
            if may_share(p["agent_class"], q["agent_class"])
        ]
        if meeting and all(_same_definition(p, q) for p, q in meeting):
            bound = sum(sum(_shared(p, q)) for p, q in meeting)
            if bound < best[0]:
                name = names.get(outcome) or code_in_words(outcome)
                best = (bound, _arithmetic(name, bound, meeting, parts_a + parts_b))
    return best


def _size(rows: list[Row]) -> int | None:
    """How many were operated, or how many there are when no row counts the operated."""
    wholes: dict[tuple[str, str], int] = {}
    resected = [r for r in rows if r["denominator"] == "resected"]
    for row in resected or rows:
        if row["population"] == "all":
            key = (row["outcome"], row["row_id"])
            wholes[key] = int(row["n"])
        else:
            key = (row["outcome"], row["denominator"])
            wholes[key] = wholes.get(key, 0) + int(row["n"])
    return max(wholes.values(), default=None)


def _parts(rows: list[Row], outcome: str, size: int) -> list[Row]:
    """The rows of `outcome` that together hold every operated patient: parts if they do."""
    of_it = [r for r in rows if r["outcome"] == outcome and r["denominator"] == "resected"]
    parts = [r for r in of_it if r["population"] != "all"]
    whole = [r for r in of_it if r["population"] == "all"]
    for choice in (parts, whole[:1]):
        if choice and sum(int(r["n"]) for r in choice) == size:
            return choice
    return []


def _same_definition(p: Row, q: Row) -> bool:
    """A specimen at the threshold itself counts under <= and not under <."""
    operators = {p["definition_operator"], q["definition_operator"]}
    return len(operators) == 1 or ("" in operators and not operators & {"<", "<="})


def _shared(p: Row, q: Row) -> tuple[int, int]:
    """At most so many patients with the finding, and so many without it, are in both."""
    (e, n), (f, m) = (int(p["events"]), int(p["n"])), (int(q["events"]), int(q["n"]))
    return min(e, f), min(n - e, m - f)


def _arithmetic(
    outcome: str,
    bound: int,
    meeting: list[tuple[Row, Row]],
    parts: list[Row],
) -> str:
    told = []
    for p, q in meeting:
        with_it, without = _shared(p, q)
        told.append(
            f"{outcome} was {p['events']} of {p['n']} in {_name(p)} and {q['events']} of {q['n']} "
            f"in {_name(q)}, so at most {with_it} with it and {without} without it are shared "
            f"({with_it} + {without} = {with_it + without})"
        )
    met = {id(row) for pair in meeting for row in pair}
    others = [f"{_name(r)}, {r['n']}" for r in parts if id(r) not in met]
    apart = f"; other drugs exclude {listing(others)}" if others else ""
    return f"At most {count(bound, 'operated patient')} can be in both: {'; '.join(told)}{apart}."


def _name(row: Row) -> str:
    part = "" if row["population"] == "all" else f" ({row['population']})"
    return f"{row['label']}{part}"
