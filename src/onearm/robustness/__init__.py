"""What another defensible choice would have changed."""

from onearm.robustness.agreement import agreement
from onearm.robustness.base import CheckResult
from onearm.robustness.fragility import fragility
from onearm.robustness.gates import diagnostic_gate, gates
from onearm.robustness.overlap_bounds import overlap_bounds
from onearm.robustness.sensitivity import Alternative, outcome_record, sensitivity
from onearm.robustness.small_study import small_study_effects
from onearm.robustness.specifications import specifications
from onearm.robustness.unseen import unseen

__all__ = [
    "Alternative",
    "CheckResult",
    "agreement",
    "diagnostic_gate",
    "fragility",
    "gates",
    "outcome_record",
    "overlap_bounds",
    "sensitivity",
    "small_study_effects",
    "specifications",
    "unseen",
]
