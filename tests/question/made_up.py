"""Made-up reviews of every shape that the plan allows, for property tests."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

__all__ = ["MadeUp", "many_studies", "reviews"]

#: Anything that can be printed on one line and is more than space.
labels = st.text(
    st.characters(exclude_categories=("C", "Zl", "Zp", "Zs"), include_characters=" "),
    min_size=1,
    max_size=24,
).filter(lambda text: text.strip() == text and text.isprintable() and bool(text))


@dataclass(frozen=True)
class MadeUp:
    """A plan and its tables as plain values."""

    plan: Mapping[str, Any]
    tables: Mapping[str, list[dict[str, object]]]


def unique_labels(number: int) -> st.SearchStrategy[list[str]]:
    return st.lists(labels, min_size=number, max_size=number, unique_by=str.casefold)


@st.composite
def reviews(draw: st.DrawFn) -> MadeUp:
    """Draw a valid review: what `check` passes, every page has to show."""
    plan: dict[str, Any] = {"title": draw(labels)}
    sets = draw(_evidence_sets())
    if sets:
        plan["evidence_set"] = sets
    denominators = draw(st.sampled_from([(), ("asked",), ("asked", "answered")]))
    if denominators:
        plan["denominators"] = (
            {
                "asked": "person asked",
                "answered": {"noun": ["person", "people"], "part_of": "asked"},
            }
            if len(denominators) == 2
            else {"asked": "person asked"}
        )
    _strata(draw, plan)
    outcomes = draw(_outcomes(denominators))
    plan["outcome"] = outcomes
    includes = [each for one in sets for each in one.get("includes", ())]
    tables = _tables(draw, plan, outcomes, includes, denominators)
    # What is slow for many made-up reviews is gated, but in some of the small ones.
    if len(tables["studies"]) > 4 or draw(st.integers(0, 3)):
        plan["gates"] = {"calibration": 99, "specifications": 99, "subsets": 99}
    return MadeUp(plan, tables)


@st.composite
def _evidence_sets(draw: st.DrawFn) -> list[dict[str, Any]]:
    number = draw(st.integers(0, 3))
    names = draw(unique_labels(number))
    return [
        {"name": f"set{i}", "label": name, "includes": [f"part{j}" for j in range(i + 1)]}
        for i, name in enumerate(names)
    ]


def _strata(draw: st.DrawFn, plan: dict[str, Any]) -> None:
    """Add none to three strata: by a declared column of either table, or a built-in one."""
    kinds = draw(st.lists(st.sampled_from(["study", "count", "country"]), unique=True, max_size=3))
    columns: dict[str, Any] = {}
    strata: dict[str, Any] = {}
    for kind, label in zip(kinds, draw(unique_labels(len(kinds))), strict=True):
        if kind == "country":
            strata[kind] = {"label": label, "column": "country"}
            continue
        column, table = f"{kind}_kind", "studies" if kind == "study" else "outcomes"
        values = dict(zip(("one", "two", "three"), draw(unique_labels(3)), strict=True))
        columns[table] = {column: {"label": label, "values": values}}
        strata[kind] = {"label": label, "column": column}
        if draw(st.booleans()):
            first, second = draw(unique_labels(2))
            strata[kind]["groups"] = {
                "a": {"label": first, "members": ["one"]},
                "b": {"label": second, "members": ["two", "three"]},
            }
            strata[kind]["only"] = draw(st.booleans())
            strata[kind]["across"] = draw(st.booleans())
    if strata:
        plan["strata"] = strata
    if columns:
        plan["columns"] = columns


@st.composite
def _outcomes(draw: st.DrawFn, denominators: tuple[str, ...]) -> list[dict[str, Any]]:
    names = draw(unique_labels(draw(st.integers(1, 3))))
    found: list[dict[str, Any]] = []
    for i, label in enumerate(names):
        one: dict[str, Any] = {"code": f"outcome{i}", "label": label}
        if draw(st.booleans()):
            one |= {"threshold": draw(st.sampled_from([0.1, 0.5])), "threshold_reason": "Planned."}
            one["direction"] = draw(st.sampled_from(["higher", "lower"]))
        if draw(st.booleans()):
            one["definition"] = "As the source has it"
        if i and draw(st.booleans()):
            one["nested_in"] = [f"outcome{i - 1}"]
        if len(denominators) == 2 and draw(st.booleans()):
            one["sensitivity_denominators"] = ["answered"]
        found.append(one)
    return found


def _tables(
    draw: st.DrawFn,
    plan: Mapping[str, Any],
    outcomes: list[dict[str, Any]],
    includes: list[str],
    denominators: tuple[str, ...],
) -> dict[str, list[dict[str, object]]]:
    """Fill the tables by a random generator of its own: to draw every cell would be slow."""
    k = draw(st.one_of(st.integers(0, 4), st.integers(5, 40)))
    names = draw(unique_labels(min(k, 5)))
    dated, placed, recorded, appraised = (draw(st.booleans()) for _ in range(4))
    chance = random.Random(draw(st.integers(0, 2**32)))
    columns = plan.get("columns", {})
    studies: list[dict[str, object]] = []
    counts: list[dict[str, object]] = []
    for i in range(max(k, 1)):
        label = names[i] if i < len(names) else f"{names[i % 5] if names else 'None'} {i}"
        study: dict[str, object] = {"study_id": f"s{i}", "label": label}
        if dated:
            study["year"] = chance.choice(["2001", "2010", "2024", ""])
        if placed:
            study["country"] = chance.choice(["Chile", "Norway", ""])
        if includes:
            study["evidence_set"] = chance.choice(sorted(set(includes)))
        for column in columns.get("studies", {}):
            study[column] = chance.choice(["one", "two", "three", ""])
        studies.append(study)
        for one in outcomes:
            count = _count(chance, missing=k == 0)
            count |= {"study_id": f"s{i}", "outcome": one["code"], "source": "made up"}
            for column in columns.get("outcomes", {}):
                count[column] = chance.choice(["one", "two", "three", ""])
            if len(denominators) == 2:
                count["denominator"] = chance.choice(denominators)
            counts.append(count)
    tables = {"studies": studies, "outcomes": counts}
    if recorded:
        tables["records"] = [_record(chance, study, includes) for study in studies]
    if appraised:
        tables["appraisal"] = [
            item for study in studies[:3] for item in _appraisal(chance, study["study_id"])
        ]
    return tables


def _count(chance: random.Random, *, missing: bool) -> dict[str, object]:
    if missing or chance.random() < 0.1:
        return {"events": "", "n": ""}
    n = chance.choice([1, 4, 7, 12, 30, 250])
    return {"events": chance.choice([0, n, n // 2, n // 5]), "n": n}


def _record(
    chance: random.Random, study: Mapping[str, object], includes: list[str]
) -> dict[str, object]:
    record: dict[str, object] = {
        "record_id": f"r{study['study_id']}",
        "citation": "A report",
        "met_by": chance.choice(["database", "citation"]),
        "study_id": study["study_id"],
        "stage": "assessed",
        "decision": "included_not_pooled",
        "reason": "as made up",
    }
    return record | ({"evidence_set": includes[0]} if includes else {})


def _appraisal(chance: random.Random, study_id: object) -> list[dict[str, object]]:
    return [
        {
            "study_id": study_id,
            "tool": "jbi_prevalence",
            "item": item,
            "question": f"Question {item}?",
            "judgement": chance.choice(["yes", "no", "unclear"]),
            "reason": "as made up",
        }
        for item in range(1, 10)
    ]


def many_studies(number: int = 200, strata: int = 5) -> MadeUp:
    """Return one review of many studies and several strata, the same at every call."""
    columns = {f"column{j}": {"label": f"Column {j}", "values": _letters()} for j in range(strata)}
    plan: dict[str, Any] = {
        "title": "Many studies",
        "columns": {"studies": columns},
        "strata": {
            f"by{j}": {"label": f"Stratum {j}", "column": f"column{j}"} for j in range(strata)
        },
        "outcome": [
            {"code": "event", "label": "Event", "threshold": 0.3, "threshold_reason": "Planned."}
        ],
    }
    studies: list[dict[str, object]] = []
    counts: list[dict[str, object]] = []
    for i in range(number):
        n = 5 + (i * 37) % 400
        study: dict[str, object] = {"study_id": f"s{i}", "label": f"Study {i:03d}"}
        study |= {"year": 1990 + i % 35}
        study |= {f"column{j}": "abc"[(i // (j + 1)) % 3] for j in range(strata)}
        studies.append(study)
        events = (n * (15 + (i * 53) % 40)) // 100
        counts.append(
            {
                "study_id": f"s{i}",
                "outcome": "event",
                "events": events,
                "n": n,
                "source": "made up",
            }
        )
    return MadeUp(plan, {"studies": studies, "outcomes": counts})


def _letters() -> dict[str, str]:
    return {"a": "First", "b": "Second", "c": "Third"}
