"""The rules by which a row of an outcome stays out of a pool, each with its reason in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import groupby

from onearm.errors import InputError
from onearm.evidence.frames import Row
from onearm.evidence.plan.protocol import EvidenceSet, OutcomePlan, Protocol

__all__ = ["PER", "Request", "reasons"]

#: Whom a denominator counts, in the singular.
PER = {
    "enrolled": "enrolled patient",
    "treated": "treated patient",
    "resected": "operated patient",
    "evaluable": "evaluable patient",
    "adjuvant_started": "patient who started adjuvant treatment",
    "unstated": "patient of a group that is not stated",
}


@dataclass(frozen=True)
class Request:
    """What is asked for, complete and checked.

    Attributes
    ----------
    protocol, plan
        The whole plan, and what it says of the outcome.
    evidence_set, denominator, minimum_n, setting, agent_group, variants
        As in `onearm.evidence.selection.select`.
    parts : bool
        Whether disjoint parts are preferred to the whole of a study.
    trial_of : mapping of str to str
        Every study_id to the one that stands for its trial.
    """

    protocol: Protocol
    plan: OutcomePlan
    evidence_set: EvidenceSet
    denominator: str
    minimum_n: int
    setting: str | None
    agent_group: str | None
    parts: bool
    variants: tuple[str, ...]
    trial_of: Mapping[str, str]


#: A rule looks at the rows still in and says, row by row, why one goes out ("" = stays).
_Rule = Callable[[list[Row], Request], list[str]]


def reasons(rows: list[Row], request: Request) -> list[str]:
    """Say of every row why it stays out of the pool.

    Parameters
    ----------
    rows : list of Row
        All rows of the outcome, joined to their studies, in their order.
    request : Request
        What is asked for.

    Returns
    -------
    list of str
        One for each row: the first reason that applies, or ``""`` for those that stay.
    """
    out = [""] * len(rows)
    for rule in _RULES:
        still = [i for i, reason in enumerate(out) if not reason]
        judged = rule([rows[i] for i in still], request)
        for i, reason in zip(still, judged, strict=True):
            out[i] = reason
    return out


def _by_row(judge: Callable[[Row, Request], str]) -> _Rule:
    return lambda rows, request: [judge(row, request) for row in rows]


def _outside_evidence_set(row: Row, request: Request) -> str:
    if request.evidence_set == "core" and row["evidence_set"] != "core":
        return "extended evidence, and this pool is of the core evidence"
    return ""


def _not_for_pooling(row: Row, request: Request) -> str:
    if row["use"] in ("pool", "sensitivity"):
        return ""
    missing = row["missing_reason"]
    return f"not known: {missing}" if missing else f"not for pooling: {row['use_reason']}"


def _drugs_outside(row: Row, request: Request) -> str:
    groups = request.protocol.strata.agent_group
    if not groups or request.protocol.agent_group(row["agent_class"]):
        return ""  # a plan without groups of drugs asks about any
    drugs = row["agent_class"].replace("_", " ")
    return f"other drugs than the plan asks about: {drugs} is in none of its groups of drugs"


def _other_denominator(row: Row, request: Request) -> str:
    if row["unit"] != "patients":
        return f"counts {row['unit']}, not patients"
    if row["denominator"] == request.denominator:
        return ""
    return f"counted per {PER[row['denominator']]}, and this pool is per {PER[request.denominator]}"


def _other_stratum(row: Row, request: Request) -> str:
    if request.setting is not None and row["setting"] != request.setting:
        return f"another setting: {row['setting_label'] or 'not stated'}"
    if request.agent_group is not None:
        group = request.protocol.strata.drugs[request.agent_group]
        if row["agent_class"] not in group.members:
            other = row["agent_group_label"] or row["agent_class"].replace("_", " ")
            return f"other drugs: {other}"
    return ""


def _variants(rows: list[Row], request: Request) -> list[str]:
    """Keep the variants that were named, and drop the rows that they stand for."""
    replaced: dict[tuple[str, str], str] = {}
    for row in rows:
        if row["use"] == "sensitivity" and row["variant"] in request.variants:
            other = replaced.setdefault((row["study_id"], row["population"]), row["variant"])
            if other != row["variant"]:
                raise InputError(f"“{other}” and “{row['variant']}” stand for the same row of "
                                 f"{row['label']}: name one of them.")  # fmt: skip
    return [_replaced(row, replaced) for row in rows]


def _replaced(row: Row, replaced: Mapping[tuple[str, str], str]) -> str:
    variant = replaced.get((row["study_id"], row["population"]))
    if row["use"] == "sensitivity":
        if variant == row["variant"]:
            return ""
        return f"an alternative choice ({row['variant']}): {row['use_reason']}"
    # A variant of the whole speaks for the parts too: they would no longer add up to it.
    variant = variant or replaced.get((row["study_id"], "all"))
    return f"replaced by the alternative choice ({variant})" if variant else ""


def _whole_or_parts(rows: list[Row], request: Request) -> list[str]:
    out = dict.fromkeys((row["row_id"] for row in rows), "")
    for _, of_study in groupby(sorted(rows, key=_study), _study):
        found = list(of_study)
        whole = [row for row in found if row["population"] == "all"]
        parts = [row for row in found if row["population"] != "all"]
        if not whole or not parts:
            continue
        adds_up = all(sum(row[c] for row in parts) == whole[0][c] for c in ("events", "n"))
        if request.parts and adds_up:
            out |= {row["row_id"]: "its parts are counted instead" for row in whole}
        else:
            also = "" if adds_up else ", and the parts do not add up to it"
            out |= {r["row_id"]: f"a part of a study that is counted whole{also}" for r in parts}
    return list(out.values())


def _counted_by_parts(rows: list[Row], request: Request) -> list[str]:
    """Before the strata: a whole that is counted by its parts is in no stratum of its own."""
    if not request.parts or request.variants:
        return [""] * len(rows)
    pooled = [row for row in rows if row["use"] == "pool"]
    judged = dict(zip((row["row_id"] for row in pooled), _whole_or_parts(pooled, request),
                      strict=True))  # fmt: skip
    return [judged.get(row["row_id"], "") if row["population"] == "all" else "" for row in rows]


def _study(row: Row) -> str:
    return str(row["study_id"])


def _too_small(row: Row, request: Request) -> str:
    if row["n"] >= request.minimum_n:
        return ""
    kind = "a case report, n" if row["design"] == "case_report" else "n"
    return f"{kind} = {row['n']}, and the plan asks for at least {request.minimum_n}"


def _other_version(rows: list[Row], request: Request) -> list[str]:
    """Of the versions of one trial, keep the one that the others name, else the latest."""
    kept: dict[str, Row] = {}
    for row in rows:
        trial = request.trial_of[row["study_id"]]
        best = kept.setdefault(trial, row)
        rank = (row["study_id"] == trial, row["year"], row["study_id"])
        if rank > (best["study_id"] == trial, best["year"], best["study_id"]):
            kept[trial] = row
    winners = [kept[request.trial_of[row["study_id"]]] for row in rows]
    return [
        "" if row["study_id"] == winner["study_id"]
        else f"another version of the trial that {winner['study_label']} reports"
        for row, winner in zip(rows, winners, strict=True)
    ]  # fmt: skip


# The stratum comes before the variants: one of the whole says nothing about a part's stratum.
_RULES: tuple[_Rule, ...] = (
    _by_row(_outside_evidence_set),
    _by_row(_not_for_pooling),
    _by_row(_drugs_outside),
    _by_row(_other_denominator),
    _counted_by_parts,
    _by_row(_other_stratum),
    _variants,
    _whole_or_parts,
    _by_row(_too_small),
    _other_version,
)
