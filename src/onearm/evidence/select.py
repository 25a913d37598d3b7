"""Which rows meet in one pool, and why every other row of the outcome stays out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import pandas as pd

from onearm.errors import InputError
from onearm.evidence.frames import Row, rows_of
from onearm.evidence.overlap import families, study_pairs
from onearm.evidence.protocol import Denominator, EvidenceSet, OutcomePlan, Protocol
from onearm.evidence.read import Evidence
from onearm.evidence.selection import Selection, make_selection
from onearm.words import listing

__all__ = ["select", "strata"]

LevelOfDetail = Literal["whole", "parts"]
PER = {
    "enrolled": "enrolled patient",
    "treated": "treated patient",
    "resected": "operated patient",
    "evaluable": "evaluable patient",
    "adjuvant_started": "patient who started adjuvant treatment",
    "unstated": "patient of a group that is not stated",
}


@dataclass(frozen=True)
class _Request:
    """What is asked for, complete and checked."""

    protocol: Protocol
    plan: OutcomePlan
    evidence_set: EvidenceSet
    denominator: str
    minimum_n: int
    setting: str | None
    agent_group: str | None
    parts: bool
    variants: tuple[str, ...]


#: A rule looks at the rows still in and says, row by row, why one goes out ("" = stays).
_Rule = Callable[[pd.DataFrame, _Request], list[str]]


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
    rows["reason"] = ""
    for rule in _RULES:
        _leave_out(rows, rule, request)
    _drop_versions(rows, evidence.studies)
    pairs = study_pairs(evidence.studies, evidence.outcomes)
    return make_selection(
        request.plan, evidence_set, request.denominator, rows, pairs, evidence.protocol.pooling
    )


def strata(
    evidence: Evidence,
    outcome_code: str,
    by: Literal["setting", "agent_group"] = "setting",
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
    by : {"setting", "agent_group"}
        Which strata. The other parameters are those of `select`.

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
    else:
        raise InputError(f"Strata are by setting or by agent_group, not by “{by}”.")
    return {
        label: select(
            evidence, outcome_code, evidence_set=evidence_set, denominator=denominator,
            minimum_n=minimum_n, level_of_detail=level_of_detail, variants=variants,
            setting=slug if by == "setting" else None,
            agent_group=slug if by == "agent_group" else None,
        )
        for slug, label in labels.items()
    }  # fmt: skip


def _request(
    evidence: Evidence, code: object, evidence_set: str, denominator: object,
    minimum_n: int | None, setting: str | None, agent_group: str | None, level: str,
    variants: tuple[str, ...],
) -> _Request:  # fmt: skip
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
        _one_of("agent group", agent_group, tuple(protocol.strata.agent_group))
    of_outcome = evidence.outcomes[evidence.outcomes["outcome"] == code]
    for variant in variants:
        _one_of("variant", variant, tuple(sorted(set(of_outcome["variant"]) - {""})))
    least = minimum_n if minimum_n is not None else plan.min_n or protocol.pooling.minimum_n
    return _Request(
        protocol,
        plan,
        "core" if evidence_set == "core" else "core+extended",
        chosen,
        least,
        setting,
        agent_group,
        level == "parts",
        variants,
    )


def _one_of(what: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        there = f"there is {listing(known)}" if known else "there is none"
        raise InputError(f"There is no {what} “{value}”; {there}.")


def _candidates(evidence: Evidence, request: _Request) -> pd.DataFrame:
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


def _leave_out(rows: pd.DataFrame, rule: _Rule, request: _Request) -> None:
    still = rows[rows["reason"] == ""]
    if len(still):
        rows.loc[still.index, "reason"] = rule(still, request)


def _by_row(judge: Callable[[Row, _Request], str]) -> _Rule:
    def rule(rows: pd.DataFrame, request: _Request) -> list[str]:
        return [judge(row, request) for row in rows_of(rows)]

    return rule


def _outside_evidence_set(row: Row, request: _Request) -> str:
    if request.evidence_set == "core" and row["evidence_set"] != "core":
        return "extended evidence, and this pool is of the core evidence"
    return ""


def _not_for_pooling(row: Row, request: _Request) -> str:
    if row["use"] in ("pool", "sensitivity"):
        return ""
    missing = row["missing_reason"]
    return f"not known: {missing}" if missing else f"not for pooling: {row['use_reason']}"


def _other_denominator(row: Row, request: _Request) -> str:
    if row["unit"] != "patients":
        return f"counts {row['unit']}, not patients"
    if row["denominator"] == request.denominator:
        return ""
    return f"counted per {PER[row['denominator']]}, and this pool is per {PER[request.denominator]}"


def _other_stratum(row: Row, request: _Request) -> str:
    strata_plan = request.protocol.strata
    if request.setting is not None and row["setting"] != request.setting:
        other = row["setting_label"] or "not stated"
        return f"another setting: {other}"
    if request.agent_group is not None:
        group = strata_plan.agent_group[request.agent_group]
        if row["agent_class"] not in group.members:
            other = row["agent_group_label"] or row["agent_class"].replace("_", " ")
            return f"other drugs: {other}"
    return ""


def _variants(rows: pd.DataFrame, request: _Request) -> list[str]:
    """Keep the variants that were named, and drop the rows that they stand for."""
    named = rows[(rows["use"] == "sensitivity") & rows["variant"].isin(request.variants)]
    twice = named[named.duplicated(["study_id", "population"], keep=False)]
    if len(twice):
        choices = listing([f"“{v}”" for v in sorted(set(twice["variant"]))])
        raise InputError(
            f"{choices} stand for the same row of {twice['label'].iloc[0]}: name one of them."
        )
    replaced: dict[tuple[str, str], str] = {
        (s, p): v for s, p, v in
        zip(named["study_id"], named["population"], named["variant"], strict=True)
    }  # fmt: skip

    def reason(row: Row) -> str:
        study, population = row["study_id"], row["population"]
        if row["use"] == "sensitivity":
            kept = replaced.get((study, population)) == row["variant"]
            return "" if kept else f"an alternative choice ({row['variant']}): {row['use_reason']}"
        # A variant of the whole speaks for the parts too: they would no longer add up to it.
        variant = replaced.get((study, population)) or replaced.get((study, "all"))
        return f"replaced by the alternative choice ({variant})" if variant else ""

    return [reason(row) for row in rows_of(rows)]


def _whole_or_parts(rows: pd.DataFrame, request: _Request) -> list[str]:
    reasons = pd.Series("", index=rows.index)
    for _, of_study in rows.groupby("study_id", sort=False):
        is_whole = of_study["population"] == "all"
        whole, parts = of_study[is_whole], of_study[~is_whole]
        if whole.empty or parts.empty:
            continue
        adds_up = bool((whole[["events", "n"]].iloc[0] == parts[["events", "n"]].sum()).all())
        if request.parts and adds_up:
            reasons[whole.index] = "its parts are counted instead"
        else:
            also = ", and the parts do not add up to it" if not adds_up else ""
            reasons[parts.index] = f"a part of a study that is counted whole{also}"
    return list(reasons)


def _too_small(row: Row, request: _Request) -> str:
    if row["n"] >= request.minimum_n:
        return ""
    kind = "a case report, n" if row["design"] == "case_report" else "n"
    return f"{kind} = {row['n']}, and the plan asks for at least {request.minimum_n}"


_RULES: tuple[_Rule, ...] = (
    _by_row(_outside_evidence_set),
    _by_row(_not_for_pooling),
    _by_row(_other_denominator),
    _variants,
    _by_row(_other_stratum),
    _whole_or_parts,
    _by_row(_too_small),
)


def _drop_versions(rows: pd.DataFrame, studies: pd.DataFrame) -> None:
    """Of two versions of one trial, keep the one that the other names, else the later."""
    head = families(studies)
    still = rows[rows["reason"] == ""]
    for trial, versions in still.groupby(still["study_id"].map(head), sort=False):
        names = versions["study_id"].unique()
        if len(names) < 2:
            continue
        latest = versions.sort_values(["year", "study_id"])["study_id"].iloc[-1]
        kept = str(trial) if trial in names else latest
        label = versions.loc[versions["study_id"] == kept, "study_label"].iloc[0]
        gone = versions.index[versions["study_id"] != kept]
        rows.loc[gone, "reason"] = f"another version of the trial that {label} reports"
