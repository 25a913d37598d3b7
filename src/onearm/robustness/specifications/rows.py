"""Which rows meet under every defensible choice of the evidence.

A choice of rows is a setting on each of `ROW_AXES`. Most settings change nothing for most
of the others, so that many choices end with the same rows; they are told apart here and
fitted once by `onearm.robustness.specifications.curve`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from onearm.analysis import Review
from onearm.evidence import Evidence, Selection, Study, non_overlapping
from onearm.robustness.checks.overlap import left_out

__all__ = ["ROW_AXES", "RowChoice", "RowChoices", "row_choices"]

ROW_AXES = ("evidence", "denominator", "definition", "minimum_n", "design", "source", "overlap")
AS_IN_PLAN = "as in the plan"
KEEP_ALL = "all kept"
ANY_DESIGN, ANY_SOURCE = "any design", "any source"
MOST_OVERLAP = 20  # choices without overlap that are crossed with everything else

Rule = Callable[[Study], bool]


@dataclass(frozen=True)
class RowChoice:
    """One combination of settings on the row axes, and the rows that it leaves.

    Attributes
    ----------
    settings : tuple of str
        One for each of `ROW_AXES`.
    rows : tuple of str
        The row_id of every row that meets.
    studies : int
        How many distinct studies they are of.
    in_plan : bool
        Whether every setting is the plan's own.
    """

    settings: tuple[str, ...]
    rows: tuple[str, ...]
    studies: int
    in_plan: bool


@dataclass(frozen=True)
class RowChoices:
    """All choices of rows of one outcome.

    Attributes
    ----------
    choices : list of RowChoice
        Every combination, those without a row included.
    counts : dict of str to (int, int)
        Events and n of every row that is in one of them.
    note : str
        What was left out because it was too much; "" for nothing.
    """

    choices: list[RowChoice]
    counts: dict[str, tuple[int, int]]
    note: str

    @property
    def most_studies(self) -> int:
        """The most studies that any choice leaves."""
        return max((choice.studies for choice in self.choices), default=0)


def row_choices(
    review: Review, outcome: str, *, stratum: str | None = None, group: str | None = None
) -> RowChoices:
    """Cross every choice of the evidence for one outcome.

    Parameters
    ----------
    review : Review
        Tables and plan.
    outcome : str
        Its code.
    stratum, group : str, optional
        Only this subgroup of the plan.
    """
    designs, sources = _designs(review.evidence), _sources(review.evidence)
    own = _own(review, outcome)
    found = RowChoices([], {}, "")
    study_of: dict[str, str] = {}
    resolved: dict[tuple[str, ...], tuple[list[tuple[str, tuple[str, ...]]], bool]] = {}
    for settings, selection in _selections(review, outcome, stratum, group):
        found.counts.update({row.row_id: (row.events, row.n) for row in selection.rows})
        study_of |= {row.row_id: row.study_id for row in selection.rows}
        for design, source in product(designs, sources):
            rules = designs[design], sources[source]
            rows = tuple(r.row_id for r in selection.rows if all(rule(r.study) for rule in rules))
            if rows not in resolved:
                resolved[rows] = _resolutions(selection, rows)
            for overlap, kept in resolved[rows][0]:
                every = (*settings, design, source, overlap)
                studies = len({study_of[row] for row in kept})
                found.choices.append(RowChoice(every, kept, studies, every[1:] == own))
    capped = any(is_capped for _, is_capped in resolved.values())
    note = f"Of the choices without overlap, the first {MOST_OVERLAP} are crossed."
    return RowChoices(found.choices, found.counts, note if capped else "")


def _designs(evidence: Evidence) -> Mapping[str, Rule]:
    """The settings of the design: by kind, where designs are told."""
    kinds = {name: design.kind for name, design in evidence.protocol.all_designs.items()}
    found: dict[str, Rule] = {ANY_DESIGN: lambda _: True}
    if evidence.has("studies", "design"):
        found["trials only"] = lambda study: kinds.get(study.design) == "trial"
        found["observational only"] = lambda study: kinds.get(study.design) == "observational"
    return found


def _sources(evidence: Evidence) -> Mapping[str, Rule]:
    """The settings of the source: with second-hand figures and without, where sources are told."""
    types = evidence.protocol.all_source_types
    second_hand = {name for name, source in types.items() if source.second_hand}
    found: dict[str, Rule] = {ANY_SOURCE: lambda _: True}
    if evidence.has("studies", "source_type"):
        found["no second-hand figures"] = lambda study: study.source_type not in second_hand
    return found


def _selections(
    review: Review, outcome: str, stratum: str | None, group: str | None
) -> Iterator[tuple[tuple[str, ...], Selection]]:
    """Select once for every setting that the evidence room knows."""
    protocol, plan = review.protocol, review.protocol.plan(outcome)
    rows = review.evidence.rows_of(outcome)
    offered = {row.count.variant for row in rows if row.count.use == "sensitivity"}
    own = _own_minimum(review, outcome)
    crossed = product(
        (each.name for each in protocol.sets),
        (plan.denominator, *plan.sensitivity_denominators),
        ("", *sorted(offered - {""})),
        sorted({own, *protocol.specifications.minimum_n}),
    )
    for evidence_set, denominator, variant, minimum in crossed:
        # what is the plan's own is left unsaid, so that the same selection serves elsewhere
        choices = {
            "evidence_set": evidence_set,
            "denominator": None if denominator == plan.denominator else denominator,
            "minimum_n": None if minimum == own else minimum,
            "variants": (variant,) if variant else None,
            "stratum": stratum,
            "group": group,
        }
        given = {name: value for name, value in choices.items() if value is not None}
        settings = (evidence_set, denominator, variant or AS_IN_PLAN, _at_least(review, minimum))
        yield settings, review.select(outcome, **given)


def _resolutions(
    selection: Selection, rows: tuple[str, ...]
) -> tuple[list[tuple[str, tuple[str, ...]]], bool]:
    """Return all rows, then the choices among those that possibly share people; and if capped."""
    among = selection.only(rows, "another design or source")
    found = non_overlapping(among)
    choices = [choice for choice in found.selections if choice.k < among.k]
    kept = [
        (left_out(among, choice), tuple(row.row_id for row in choice.rows))
        for choice in choices[:MOST_OVERLAP]
    ]
    return [(KEEP_ALL, rows), *kept], len(choices) > MOST_OVERLAP or bool(found.note)


def _at_least(review: Review, minimum: int) -> str:
    return f"at least {review.protocol.people(minimum)}"


def _own_minimum(review: Review, outcome: str) -> int:
    return review.protocol.plan(outcome).min_n or review.protocol.pooling.minimum_n


def _own(review: Review, outcome: str) -> tuple[str, ...]:
    """The plan's own settings, in whichever of its evidence sets."""
    denominator = review.protocol.plan(outcome).denominator
    least = _at_least(review, _own_minimum(review, outcome))
    return (denominator, AS_IN_PLAN, least, ANY_DESIGN, ANY_SOURCE, KEEP_ALL)
