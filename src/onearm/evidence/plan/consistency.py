"""What binds several parts of the plan: names that must exist, and things named once.

Every contradiction is told at once, so that mending one does not bring the next to light.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from onearm.evidence.plan.base import suggested
from onearm.evidence.plan.vocabulary import DESIGNS, SOURCE_TYPES, TOOLS
from onearm.words import listing

if TYPE_CHECKING:  # the plan that these rules are a part of
    from onearm.evidence.plan.protocol import Protocol

__all__ = ["BUILT_IN", "ContradictionsError", "contradictions", "refuse_contradictions"]

#: The built-in columns by which rows may be split, beside those that the plan declares.
BUILT_IN = (
    "country",
    "centres",
    "design",
    "source_type",
    "year",
    "basis",
    "definition_operator",
    "denominator",
    "evidence_set",
    "population",
)
#: Moderators that every review has.
OF_EVERY_REVIEW = ("size", "year")


class ContradictionsError(ValueError):
    """Everything in a plan that contradicts something else in it."""

    def __init__(self, found: Sequence[str]) -> None:
        super().__init__("; ".join(found))
        self.found = tuple(found)


def refuse_contradictions(protocol: Protocol) -> None:
    """Raise one error with everything in the plan that contradicts something else."""
    found = contradictions(protocol)
    if found:
        raise ContradictionsError(found)


def contradictions(
    protocol: Protocol, codes: Collection[str] = (), strata: Collection[str] = ()
) -> tuple[str, ...]:
    """Return everything in the plan that contradicts something else, each once.

    Parameters
    ----------
    protocol : Protocol
        The plan, or what of it can be used.
    codes, strata : collection of str
        The outcomes and strata of parts that cannot be used: they may be referred to.
    """
    return tuple(
        dict.fromkeys(
            [
                *_named_once(protocol),
                *_denominators(protocol),
                *_columns(protocol),
                *_strata(protocol, strata),
                *_nesting(protocol, codes),
                *_overlap(protocol, codes),
                *_vocabularies(protocol),
            ]
        )
    )


def _twice(values: Iterable[str]) -> list[str]:
    return sorted(value for value, times in Counter(values).items() if times > 1)


def _named_once(protocol: Protocol) -> Iterator[str]:
    sets = protocol.evidence_set
    labels = [model.label for model in (protocol.primary, *protocol.companions) if model.label]
    lists = {
        "more than one outcome has the code": [plan.code for plan in protocol.outcome],
        "more than one outcome has the label": [plan.label for plan in protocol.outcome],
        "more than one outcome has the short name": [plan.short for plan in protocol.outcome],
        "more than one evidence set has the name": [each.name for each in sets],
        "more than one evidence set has the label": [each.label for each in sets],
        "more than one model has the label": labels,
        "more than one stratum has the label": [each.label for each in protocol.strata.values()],
        "more than one column of the flow has the way": [
            way for part in protocol.flow for way in part.ways
        ],
        "units names more than once": list(protocol.units),
    }
    for words, values in lists.items():
        twice = _twice(values)
        if twice:
            yield f"{words} {', '.join(twice)}"
    alike = _twice(", ".join(sorted(each.includes)) for each in sets)
    if alike:
        yield f"more than one evidence set includes the same studies ({'; '.join(alike)})"
    both = sorted({plan.code for plan in protocol.outcome} & set(protocol.other_outcomes))
    if both:
        yield f"outcome and other_outcomes both have {', '.join(both)}"


def _denominators(protocol: Protocol) -> Iterator[str]:
    known = protocol.all_denominators
    there = ", ".join(known)
    for plan in protocol.outcome:
        for name in (plan.denominator, *plan.sensitivity_denominators):
            if name not in known:
                near = suggested(name, {each: d.noun.one for each, d in known.items()})
                hint = f"; perhaps {near} is meant" if near else ""
                yield f"outcome {plan.code} names the denominator “{name}”; there is {there}{hint}"
        if plan.denominator in plan.sensitivity_denominators:
            yield f"outcome {plan.code} has {plan.denominator} as a sensitivity to itself"
    for name, declared in protocol.denominators.items():
        if declared.part_of is not None and declared.part_of not in known:
            yield f"denominator {name} is part of “{declared.part_of}”; there is {there}"
        if declared.part_of == name:
            yield f"denominator {name} is part of itself"


def _columns(protocol: Protocol) -> Iterator[str]:
    twice = sorted(set(protocol.columns.studies) & set(protocol.columns.outcomes))
    if twice:
        yield f"studies and outcomes both declare the column {', '.join(twice)}"
    for table in (protocol.columns.studies, protocol.columns.outcomes, protocol.columns.records):
        for name, column in table.items():
            unknown = [value for value in column.several if value not in column.values]
            if unknown:
                yield f"column {name} has several = {', '.join(unknown)}, which is not a value"
            labels = _twice(column.values.values())
            if labels:
                yield f"more than one value of column {name} has the label {', '.join(labels)}"


def _strata(protocol: Protocol, unusable: Collection[str]) -> Iterator[str]:
    declared = {**protocol.columns.studies, **protocol.columns.outcomes}
    for name, stratum in protocol.strata.items():
        column = declared.get(stratum.column)
        if column is None and stratum.column not in BUILT_IN:
            there = listing([*declared, *BUILT_IN], "or")
            yield f"stratum {name} is by the column “{stratum.column}”; it can be by {there}"
        elif column is not None and column.values:
            members = [member for group in stratum.groups.values() for member in group.members]
            unknown = sorted({member for member in members if member not in column.values})
            if unknown:
                yield (
                    f"stratum {name} has a group of {', '.join(unknown)}, which column "
                    f"{stratum.column} does not have; it has {', '.join(column.values)}"
                )
    for moderator in protocol.moderators or ():
        if moderator not in (*protocol.strata, *unusable, *OF_EVERY_REVIEW):
            there = listing([*protocol.strata, *OF_EVERY_REVIEW], "or")
            yield f"moderators names “{moderator}”; it can be {there}"


def _nesting(protocol: Protocol, unusable: Collection[str]) -> Iterator[str]:
    outer = {plan.code: plan.nested_in for plan in protocol.outcome}
    known = {*outer, *protocol.other_outcomes, *unusable}
    for code, within in outer.items():
        for name in within:
            if name not in known:
                yield f"outcome {code} is nested in “{name}”, which is no outcome of the plan"
        if _reaches(code, outer):
            yield f"outcome {code} is nested in itself"


def _reaches(code: str, outer: dict[str, tuple[str, ...]]) -> bool:
    seen: set[str] = set()
    ahead = list(outer[code])
    while ahead:
        name = ahead.pop()
        if name == code:
            return True
        if name not in seen:
            seen.add(name)
            ahead.extend(outer.get(name, ()))
    return False


def _overlap(protocol: Protocol, unusable: Collection[str]) -> Iterator[str]:
    plan = protocol.overlap
    if plan.denominator is not None and plan.denominator not in protocol.all_denominators:
        there = ", ".join(protocol.all_denominators)
        yield f"overlap names the denominator “{plan.denominator}”; there is {there}"
    known = {*(each.code for each in protocol.outcome), *protocol.other_outcomes, *unusable}
    unknown = [fact for fact in plan.facts if fact not in known]
    if unknown:
        yield f"overlap has the fact {', '.join(unknown)}, which is no outcome of the plan"
    if plan.column is not None and protocol.column_plan(plan.column) is None:
        yield f"overlap is by the column “{plan.column}”, which the plan does not declare"
    if plan.stands_for and plan.column is None:
        yield "overlap has stands_for without a column"


def _vocabularies(protocol: Protocol) -> Iterator[str]:
    for kind, own, general in (
        ("designs", protocol.designs, DESIGNS),
        ("source_types", protocol.source_types, SOURCE_TYPES),
        ("appraisal_tools", protocol.appraisal_tools, TOOLS),
    ):
        again = sorted(set(own) & set(general))
        if again:
            yield f"{kind} names {', '.join(again)}, which every plan has already"
