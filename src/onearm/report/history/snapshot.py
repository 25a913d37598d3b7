"""What of an outcome's results is frozen and compared: one small record a pool."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from onearm.analysis import SET_LABELS, STRATA_LABELS, analyse, companions
from onearm.evidence import Evidence
from onearm.report.build.record import rounded
from onearm.robustness.sensitivity import analysis_record

__all__ = ["COMPANION", "WHOLE", "cut", "cut_now", "pools_of"]

WHOLE = "All studies"
COMPANION = "Model: "  # what the part of a companion model starts with
Record = dict[str, Any]
_OWN = ("label", "evidence_set", "denominator", "standing", "k", "patients", "events", "rows")
_SHOWN = ("estimate", "ci", "prediction_interval", "mean_proportion", "tau2")


def cut_now(evidence: Evidence, code: str) -> Record:
    """Analyse an outcome and return what is compared of it, as ``results.json`` would hold it."""
    analysis = analyse(evidence, code)
    fitted = [model for pool in analysis.pools.values() for model in companions(evidence, pool)]
    models = [pool.to_dict() for pool in fitted]
    return cut(rounded({**analysis_record(evidence, analysis), "models": models}))


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


def pools_of(outcome: Mapping[str, Any]) -> Iterator[tuple[str, str, Record]]:
    """Yield (evidence set, part, record) of every pool: whole, strata, companion models."""
    for name, pool in outcome["pools"].items():
        yield SET_LABELS.get(name, name), WHOLE, pool
    for name, splits in outcome["strata"].items():
        for by, split in splits.items():
            for pool in split:
                kind = STRATA_LABELS.get(by, by)
                yield SET_LABELS.get(name, name), f"{kind}: {pool['label']}", pool
    for pool in outcome["models"]:
        name = pool["evidence_set"]
        yield SET_LABELS.get(name, name), f"{COMPANION}{pool['label']}", pool


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
