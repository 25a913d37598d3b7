"""Which rows meet under every defensible choice of the evidence.

A choice of rows is a setting on each of `ROW_AXES`. Most settings change nothing for most
of the others, so that many choices end with the same rows; they are told apart here and
fitted once by `onearm.robustness.specifications.curve`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

from onearm.evidence import Evidence, EvidenceSet, Selection, non_overlapping, select
from onearm.words import count, listing

__all__ = ["ROW_AXES", "RowChoice", "row_choices"]

ROW_AXES = (
    "evidence", "denominator", "definition", "minimum_n", "design", "source", "overlap",
)  # fmt: skip
AS_IN_PLAN = "as in the plan"
KEEP_ALL = "all kept"
DESIGNS: dict[str, Callable[[str], bool]] = {
    "any design": lambda _: True,
    "trials only": lambda design: design in ("single_arm_trial", "randomised_arm"),
    "series only": lambda design: design == "retrospective_series",
}
SOURCES: dict[str, Callable[[str], bool]] = {
    "any source": lambda _: True,
    "no second-hand figures": lambda source: source not in ("news", "secondary_citation"),
}


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


def row_choices(
    evidence: Evidence,
    outcome: str,
    *,
    setting: str | None = None,
    agent_group: str | None = None,
) -> tuple[list[RowChoice], dict[str, tuple[int, int]]]:
    """Cross every choice of the evidence for one outcome.

    Parameters
    ----------
    evidence : Evidence
        Tables and plan.
    outcome : str
        Its code.
    setting, agent_group : str, optional
        Only this stratum of the plan.

    Returns
    -------
    choices : list of RowChoice
        Every combination, those without a row included.
    counts : dict of str to (int, int)
        Events and n of every row that is in one of them.
    """
    choices: list[RowChoice] = []
    counts: dict[str, tuple[int, int]] = {}
    study_of: dict[str, str] = {}
    resolved: dict[tuple[str, ...], list[tuple[str, tuple[str, ...]]]] = {}
    for settings, selection in _selections(evidence, outcome, setting, agent_group):
        told = zip(selection.rows["row_id"], selection.events, selection.n, strict=True)
        counts |= {row: (int(events), int(n)) for row, events, n in told}
        study_of |= dict(zip(selection.rows["row_id"], selection.rows["study_id"], strict=True))
        for design, source in product(DESIGNS, SOURCES):
            rows = _rows(selection, design, source)
            if rows not in resolved:
                resolved[rows] = list(_resolutions(selection, rows))
            for overlap, kept in resolved[rows]:
                every = (*settings, design, source, overlap)
                studies = len({study_of[row] for row in kept})
                choices.append(RowChoice(every, kept, studies, _is_plan(evidence, outcome, every)))
    return choices, counts


def _selections(
    evidence: Evidence, outcome: str, setting: str | None, agent_group: str | None
) -> Iterator[tuple[tuple[str, ...], Selection]]:
    """Select once for every setting that the evidence room knows."""
    protocol, plan = evidence.protocol, evidence.protocol.plan(outcome)
    table = evidence.outcomes
    offered = table.loc[(table["outcome"] == outcome) & (table["use"] == "sensitivity"), "variant"]
    variants = ["", *sorted(set(offered) - {""})]
    own = _own_minimum(evidence, outcome)
    least = sorted({own, *protocol.specifications.minimum_n})
    sets: tuple[EvidenceSet, ...] = protocol.pooling.evidence_sets
    denominators = (plan.denominator, *plan.sensitivity_denominators)
    for evidence_set, denominator, variant, minimum in product(sets, denominators, variants, least):
        selection = select(
            evidence, outcome, evidence_set=evidence_set, denominator=denominator,
            minimum_n=minimum, variants=(variant,) if variant else (),
            setting=setting, agent_group=agent_group,
        )  # fmt: skip
        yield (evidence_set, denominator, variant or AS_IN_PLAN, _at_least(minimum)), selection


def _rows(selection: Selection, design: str, source: str) -> tuple[str, ...]:
    columns = (selection.rows[name] for name in ("row_id", "design", "source_type"))
    return tuple(
        str(row)
        for row, its_design, its_source in zip(*columns, strict=True)
        if DESIGNS[design](its_design) and SOURCES[source](its_source)
    )


def _resolutions(
    selection: Selection, rows: tuple[str, ...]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield all rows, then every choice among those that possibly share patients."""
    yield KEEP_ALL, rows
    among = selection.only(rows, "another design or source")
    for choice in non_overlapping(among):
        if choice.k < among.k:
            left_out = [name for name in among.labels if name not in choice.labels]
            yield f"without {listing(left_out)}", tuple(str(r) for r in choice.rows["row_id"])


def _at_least(minimum: int) -> str:
    return f"at least {count(minimum, 'patient')}"


def _own_minimum(evidence: Evidence, outcome: str) -> int:
    return evidence.protocol.plan(outcome).min_n or evidence.protocol.pooling.minimum_n


def _is_plan(evidence: Evidence, outcome: str, settings: tuple[str, ...]) -> bool:
    """Whether the settings are the plan's own, in whichever of its evidence sets."""
    _, denominator, definition, minimum, design, source, overlap = settings
    return (denominator, definition, minimum, design, source, overlap) == (
        evidence.protocol.plan(outcome).denominator, AS_IN_PLAN,
        _at_least(_own_minimum(evidence, outcome)), next(iter(DESIGNS)),
        next(iter(SOURCES)), KEEP_ALL,
    )  # fmt: skip
