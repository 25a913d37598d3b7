"""From the protocol to the answers: which rows meet in which pool, for every outcome."""

from onearm.analysis.outcome import (
    SET_LABELS,
    STRATA_LABELS,
    OutcomeAnalysis,
    analyse,
    companions,
    fit,
    stratify,
)
from onearm.analysis.plain import per_hundred
from onearm.analysis.pools import Pool, pool_selection

__all__ = [
    "SET_LABELS",
    "STRATA_LABELS",
    "OutcomeAnalysis",
    "Pool",
    "analyse",
    "companions",
    "fit",
    "per_hundred",
    "pool_selection",
    "stratify",
]
