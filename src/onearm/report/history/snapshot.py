"""What of an outcome's results is frozen and compared: one small record a pool."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from onearm.analysis import Review
from onearm.evidence import Protocol
from onearm.report.build.record import rounded
from onearm.robustness.sensitivity import analysis_record

__all__ = ["COMPANION", "WHOLE", "cut", "cut_now", "pools_of"]

WHOLE = "All studies"
COMPANION = "Model: "  # what the part of a companion model starts with
Record = dict[str, Any]
_OWN = ("label", "evidence_set", "denominator", "standing", "k", "patients", "events", "rows")
_SHOWN = ("estimate", "ci", "prediction_interval", "mean_proportion", "tau2")


def cut_now(review: Review, code: str) -> Record:
    """Analyse an outcome and return what is compared of it, as ``results.json`` would hold it.

    Parameters
    ----------
    review : Review
        The evidence and the plan.
    code : str
        An outcome of the plan.
    """
    analysis = review.outcome(code)
    models = [pool.to_dict() for pools in analysis.companions.values() for pool in pools]
    return cut(rounded({**analysis_record(analysis), "models": models}))


def cut(outcome: Mapping[str, Any]) -> Record:
    """Return what is compared of an outcome's entry in ``results.json``."""
    return {
        "label": outcome["label"],
        "pools": {name: _cut(pool) for name, pool in outcome["pools"].items()},
        "strata": {
            name: {by: [_cut(pool) for pool in split] for by, split in splits.items()}
            for name, splits in outcome["strata"].items()
        },
        "models": [_cut(pool) for pool in outcome["models"]],
    }


def pools_of(outcome: Mapping[str, Any], protocol: Protocol) -> Iterator[tuple[str, str, Record]]:
    """Yield (evidence set, part, record) of every pool: whole, subgroups, companion models.

    Parameters
    ----------
    outcome : mapping
        As `cut` gives it, of today or of a release.
    protocol : Protocol
        Today's plan, for the labels of evidence sets and strata; one that it does not have
        keeps its name, and its only evidence set is not named.
    """
    several = protocol.has_several_sets
    sets = {each.name: each.label if several else "" for each in protocol.sets}
    strata = {name: plan.label for name, plan in protocol.strata.items()}
    for name, pool in outcome["pools"].items():
        yield sets.get(name, name), WHOLE, pool
    for name, splits in outcome["strata"].items():
        for by, split in splits.items():
            for pool in split:
                yield sets.get(name, name), f"{strata.get(by, by)}: {pool['label']}", pool
    for pool in outcome["models"]:
        name = pool["evidence_set"]
        yield sets.get(name, name), f"{COMPANION}{pool['label']}", pool


def _cut(pool: Mapping[str, Any]) -> Record:
    """Keep what a page shows: what is not shown cannot change."""
    shown = pool["shown"]
    alike = pool["standing"] in ("no-event", "only-events")
    return {
        **{name: pool[name] for name in _OWN},
        **{name: shown[name] for name in _SHOWN},
        "model": pool["pooled"]["model"],
        "shown": list(shown["bound" if alike else "ci"]),  # the one interval that is printed
        "certainty": _certainty(pool.get("certainty")),
        "agreement": pool.get("agreement", {}).get("verdict"),  # a companion model has none
    }


def _certainty(graded: Mapping[str, Any] | None) -> Record | None:
    """Keep the level and what lowers it; a companion model is not judged."""
    if graded is None:
        return None
    lowered = {domain["name"]: domain["downgrade"] for domain in graded["domains"]}
    return {"word": graded["word"], "lowered": lowered}
