"""The evidence: tables, plan, audit, overlap, and the rows that meet in one pool."""

from onearm.evidence.audit import audit, check
from onearm.evidence.findings import Finding, Severity
from onearm.evidence.plan.protocol import (
    AgentGroup,
    EvidenceSet,
    ModelPlan,
    OutcomePlan,
    Pooling,
    Protocol,
)
from onearm.evidence.selection.gates import Gate, gate
from onearm.evidence.selection.overlap import OverlapPair
from onearm.evidence.selection.select import select, strata
from onearm.evidence.selection.selected import Selection, non_overlapping, overlap_pairs
from onearm.evidence.tables.quick import read_counts
from onearm.evidence.tables.reading import Evidence, read_evidence

__all__ = [
    "AgentGroup",
    "Evidence",
    "EvidenceSet",
    "Finding",
    "Gate",
    "ModelPlan",
    "OutcomePlan",
    "OverlapPair",
    "Pooling",
    "Protocol",
    "Selection",
    "Severity",
    "audit",
    "check",
    "gate",
    "non_overlapping",
    "overlap_pairs",
    "read_counts",
    "read_evidence",
    "select",
    "strata",
]
