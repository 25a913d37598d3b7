"""What of an outcome's results is frozen and compared: one small record a pool."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from onearm.analysis import SET_LABELS, STRATA_LABELS, analyse, companions
from onearm.evidence import Evidence, Protocol
from onearm.models import clopper_pearson
from onearm.reporting.record import rounded

__all__ = ["WHOLE", "cut", "cut_now", "pools_of"]

WHOLE = "All studies"
Record = dict[str, Any]
_OWN = ("label", "evidence_set", "denominator", "standing", "k", "patients", "events", "rows")
_FITTED = ("model", "estimate", "ci", "mean_proportion", "tau2")


def cut_now(evidence: Evidence, code: str) -> Record:
    """Analyse an outcome and return what is compared of it, as ``results.json`` would hold it."""
    analysis = analyse(evidence, code)
    fitted = [model for pool in analysis.pools.values() for model in companions(evidence, pool)]
    models = [pool.to_dict() for pool in fitted]
    return cut(rounded({**analysis.to_dict(), "models": models}), evidence.protocol)


def cut(outcome: Mapping[str, Any], protocol: Protocol) -> Record:
    """Return what is compared of an outcome's entry in ``results.json``."""
    least = protocol.gates.get("prediction_interval", 3)
    level = protocol.pooling.level
    return {
        "label": outcome["label"],
        "pools": {name: _cut(pool, least, level) for name, pool in outcome["pools"].items()},
        "strata": {
            name: {by: [_cut(pool, least, level) for pool in split] for by, split in splits.items()}
            for name, splits in outcome["strata"].items()
        },
        "models": [_cut(pool, least, level) for pool in outcome["models"]],
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
        yield SET_LABELS.get(name, name), f"Model: {pool['label']}", pool


def _cut(pool: Mapping[str, Any], least: int, level: float) -> Record:
    pooled = pool["pooled"]
    ahead = pooled["prediction_interval"] if pool["k"] >= least else [None, None]
    return {
        **{name: pool[name] for name in _OWN},
        **{name: pooled[name] for name in _FITTED},
        "prediction_interval": list(ahead),
        "shown": _shown(pool, level),
    }


def _shown(pool: Mapping[str, Any], level: float) -> list[float | None]:
    """Return the interval that a page shows: of the one study, the exact bound, or the pool's."""
    standing = pool["standing"]
    if standing == "single":
        return list(pool["pooled"]["studies"][0]["ci"])
    if standing in ("no-event", "only-events"):
        counts = np.array([pool["events"]]), np.array([pool["patients"]])
        ((low, high),) = clopper_pearson(*counts, 2 * level - 1)
        return [float(rounded(float(end))) for end in (low, high)]
    return list(pool["pooled"]["ci"])
