"""The analysis plan: its parts, what binds them, and how it is read."""

from onearm.evidence.plan.base import Noun
from onearm.evidence.plan.models import Companion, ModelPlan
from onearm.evidence.plan.outcomes import OPERATORS, Group, OutcomePlan, StratumPlan
from onearm.evidence.plan.pooling import CERTAINTY_WORDS, CertaintyRules, Deviation, Pooling, Status
from onearm.evidence.plan.protocol import Protocol
from onearm.evidence.plan.reading import PROTOCOL_FILE, PlanReading, read_plan
from onearm.evidence.plan.vocabulary import EvidenceSetPlan

__all__ = [
    "CERTAINTY_WORDS",
    "OPERATORS",
    "PROTOCOL_FILE",
    "CertaintyRules",
    "Companion",
    "Deviation",
    "EvidenceSetPlan",
    "Group",
    "ModelPlan",
    "Noun",
    "OutcomePlan",
    "PlanReading",
    "Pooling",
    "Protocol",
    "Status",
    "StratumPlan",
    "read_plan",
]
