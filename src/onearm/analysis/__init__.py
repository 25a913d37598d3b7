"""From the plan to the answers: which rows meet in which pool, for every outcome."""

from onearm.analysis.certainty import Certainty
from onearm.analysis.outcome import CONVENTIONAL, OutcomeAnalysis
from onearm.analysis.plain import per_hundred
from onearm.analysis.pools import Pool
from onearm.analysis.review import Review

__all__ = ["CONVENTIONAL", "Certainty", "OutcomeAnalysis", "Pool", "Review", "per_hundred"]
