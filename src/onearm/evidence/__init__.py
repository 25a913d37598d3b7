"""The evidence: tables, plan, audit, overlap, and the rows that meet in one pool."""

from onearm.evidence.audit import audit, check
from onearm.evidence.evidence import Evidence
from onearm.evidence.findings import Finding, Severity
from onearm.evidence.plan import (
    EvidenceSetPlan,
    Group,
    ModelPlan,
    OutcomePlan,
    Pooling,
    Protocol,
    StratumPlan,
)
from onearm.evidence.records import Count, Item, Judgement, Record, Row, Study
from onearm.evidence.selection import (
    Excluded,
    Gate,
    OverlapPair,
    Selection,
    Standing,
    gate,
    non_overlapping,
    select,
    strata,
    study_pairs,
)
from onearm.evidence.tables.quick import read_counts
from onearm.evidence.tables.reading import read_evidence

__all__ = [
    "Count",
    "Evidence",
    "EvidenceSetPlan",
    "Excluded",
    "Finding",
    "Gate",
    "Group",
    "Item",
    "Judgement",
    "ModelPlan",
    "OutcomePlan",
    "OverlapPair",
    "Pooling",
    "Protocol",
    "Record",
    "Row",
    "Selection",
    "Severity",
    "Standing",
    "StratumPlan",
    "Study",
    "audit",
    "check",
    "gate",
    "non_overlapping",
    "read_counts",
    "read_evidence",
    "select",
    "strata",
    "study_pairs",
]
