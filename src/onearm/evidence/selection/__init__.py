"""Which rows meet in one pool, and why every other row stays out."""

from onearm.evidence.selection.gates import Gate, Standing, gate
from onearm.evidence.selection.overlap import OverlapPair, study_pairs
from onearm.evidence.selection.selected import Excluded, NonOverlapping, Selection, non_overlapping
from onearm.evidence.selection.selecting import counts_by_parts, select, strata

__all__ = [
    "Excluded",
    "Gate",
    "NonOverlapping",
    "OverlapPair",
    "Selection",
    "Standing",
    "counts_by_parts",
    "gate",
    "non_overlapping",
    "select",
    "strata",
    "study_pairs",
]
