"""Which rows meet in one pool, and why every other row of the outcome stays out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import pandas as pd

from onearm.errors import InputError
from onearm.evidence.frames import rows_of
from onearm.evidence.plan.protocol import Denominator, EvidenceSet
from onearm.evidence.selection.eligibility import Request, reasons
from onearm.evidence.selection.overlap import families, study_pairs
from onearm.evidence.selection.selected import Selection, make_selection
from onearm.evidence.tables.reading import Evidence
from onearm.words import listing

__all__ = ["select", "strata"]

LevelOfDetail = Literal["whole", "parts"]


def select(
    evidence: Evidence,
    outcome_code: str,
    *,
    evidence_set: EvidenceSet = "core",
    denominator: str | None = None,
    minimum_n: int | None = None,
    setting: str | None = None,
    agent_group: str | None = None,
    level_of_detail: LevelOfDetail = "whole",
    variants: Sequence[str] = (),
) -> Selection:
    """Select the rows of one outcome that may meet in one pool.

    Parameters
    ----------
    evidence : Evidence
        The tables and the plan.
    outcome_code : str
        One outcome of the plan.
    evidence_set : {"core", "core+extended"}
        Whether further studies join the seed documents.
    denominator : str, optional
        Whom n counts; the plan's own unless another is named. Always one: rows over
        operated patients and rows over enrolled patients never meet.
    minimum_n : int, optional
        Rows with a smaller n stay out; the outcome's own minimum, else the plan's.
    setting, agent_group : str, optional
        Only this stratum; the names are those of the plan.
    level_of_detail : {"whole", "parts"}
        whole: one row a study where the study has one, else its disjoint parts; parts: the
        disjoint parts wherever they add up to the whole.
    variants : sequence of str
        Names of sensitivity variants; each replaces the row of its study.

    Returns
    -------
    Selection

    Raises
    ------
    InputError
        If something is asked for that the plan or the tables do not know, or that would
        mix outcomes, denominators or units in one pool.
    """
    request = _request(
        evidence, outcome_code, evidence_set, denominator, minimum_n, setting, agent_group,
        level_of_detail, tuple(variants),
    )  # fmt: skip
    rows = _candidates(evidence, request)
    rows["reason"] = reasons(rows_of(rows), request)
    studies = set(rows.loc[rows["reason"] == "", "study_id"])
    names, pooling = evidence.protocol.short_names, evidence.protocol.pooling
    pairs = study_pairs(evidence.studies, evidence.outcomes, studies, names)
    return make_selection(request.plan, evidence_set, request.denominator, rows, pairs, pooling)


def strata(
    evidence: Evidence,
    outcome_code: str,
    by: Literal["setting", "agent_group", "combined"] = "setting",
    *,
    evidence_set: EvidenceSet = "core",
    denominator: str | None = None,
    minimum_n: int | None = None,
    level_of_detail: LevelOfDetail = "whole",
    variants: Sequence[str] = (),
) -> dict[str, Selection]:
    """Select an outcome once for each stratum of the plan.

    Parameters
    ----------
    by : {"setting", "agent_group", "combined"}
        Which strata; "combined" are groups of drugs taken together. The other parameters
        are those of `select`.

    Returns
    -------
    dict of str to Selection
        By the stratum's label, in the plan's order; a stratum without rows has k = 0.
    """
    plan = evidence.protocol.strata
    labels: dict[str, str]
    if by == "setting":
        labels = {str(slug): label for slug, label in plan.setting.items()}
    elif by == "agent_group":
        labels = {slug: group.label for slug, group in plan.agent_group.items()}
    elif by == "combined":
        labels = {slug: group.label for slug, group in plan.combined.items()}
    else:
        raise InputError(f"Strata are by setting, agent_group or combined, not by “{by}”.")
    return {
        label: select(
            evidence, outcome_code, evidence_set=evidence_set, denominator=denominator,
            minimum_n=minimum_n, level_of_detail=level_of_detail, variants=variants,
            setting=slug if by == "setting" else None,
            agent_group=slug if by != "setting" else None,
        )
        for slug, label in labels.items()
    }  # fmt: skip


def _request(
    evidence: Evidence, code: object, evidence_set: str, denominator: object,
    minimum_n: int | None, setting: str | None, agent_group: str | None, level: str,
    variants: tuple[str, ...],
) -> Request:  # fmt: skip
    protocol = evidence.protocol
    if not isinstance(code, str):
        raise InputError("One pool is of one outcome: name a single outcome.")
    if denominator is not None and not isinstance(denominator, str):
        raise InputError("One pool has one denominator: name a single denominator.")
    plan = protocol.plan(code)
    _one_of("evidence set", evidence_set, get_args(EvidenceSet))
    _one_of("level of detail", level, get_args(LevelOfDetail))
    chosen = denominator or plan.denominator
    _one_of("denominator", chosen, get_args(Denominator))
    if setting is not None:
        _one_of("setting", setting, tuple(protocol.strata.setting))
    if agent_group is not None:
        _one_of("agent group", agent_group, tuple(protocol.strata.drugs))
    of_outcome = evidence.outcomes[evidence.outcomes["outcome"] == code]
    for variant in variants:
        _one_of("variant", variant, tuple(sorted(set(of_outcome["variant"]) - {""})))
    least = minimum_n if minimum_n is not None else plan.min_n or protocol.pooling.minimum_n
    return Request(
        protocol, plan, "core" if evidence_set == "core" else "core+extended", chosen, least,
        setting, agent_group, level == "parts", variants, families(evidence.studies),
    )  # fmt: skip


def _one_of(what: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        there = f"there is {listing(known)}" if known else "there is none"
        raise InputError(f"There is no {what} “{value}”; {there}.")


def _candidates(evidence: Evidence, request: Request) -> pd.DataFrame:
    """Every row of the outcome beside its study, with the names that reports show."""
    rows = evidence.outcomes[evidence.outcomes["outcome"] == request.plan.code]
    studies = evidence.studies.rename(
        columns={"label": "study_label", "notes": "study_notes", "line": "study_line"}
    )
    joined = rows.merge(studies, on="study_id", how="left", validate="many_to_one")
    part = joined["population"].str.replace(r"[_-]", " ", regex=True)
    joined["label"] = joined["study_label"].where(
        joined["population"] == "all", joined["study_label"] + " (" + part + ")"
    )
    protocol = request.protocol
    groups = protocol.strata.agent_group
    joined["agent_group"] = [protocol.agent_group(c) for c in joined["agent_class"]]
    joined["agent_group_label"] = [
        groups[slug].label if slug else "" for slug in joined["agent_group"]
    ]
    names = {str(slug): label for slug, label in protocol.strata.setting.items()}
    joined["setting_label"] = [names.get(slug, slug) for slug in joined["setting"]]
    return joined.sort_values(["year", "label", "row_id"], ignore_index=True)
