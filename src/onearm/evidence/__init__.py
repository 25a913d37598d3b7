"""The evidence: tables, plan, audit, overlap, and the rows that meet in one pool."""

from onearm.evidence.audit import audit, check
from onearm.evidence.counts import read_counts
from onearm.evidence.findings import Finding, Severity
from onearm.evidence.gates import Gate, gate
from onearm.evidence.overlap import OverlapPair
from onearm.evidence.protocol import (
    AgentGroup,
    EvidenceSet,
    ModelPlan,
    OutcomePlan,
    Pooling,
    Protocol,
)
from onearm.evidence.read import Evidence, read_evidence
from onearm.evidence.select import select, strata
from onearm.evidence.selection import Caution, Selection, non_overlapping, overlap_pairs

__all__ = [
    "AgentGroup",
    "Caution",
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
