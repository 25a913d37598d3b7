"""What another defensible choice would have changed."""

from onearm.robustness.agreement import agreement
from onearm.robustness.base import CheckResult
from onearm.robustness.calibration import calibration, operating_characteristics
from onearm.robustness.calibration_words import coverage_percent
from onearm.robustness.cumulative import cumulative
from onearm.robustness.examine import examine
from onearm.robustness.fragility import fragility
from onearm.robustness.gates import diagnostic_gate, gates
from onearm.robustness.influence import influence
from onearm.robustness.methods import METHODS
from onearm.robustness.moderators import moderators
from onearm.robustness.overlap_bounds import overlap_bounds
from onearm.robustness.sensitivity import Alternative, outcome_record, sensitivity
from onearm.robustness.small_study import small_study_effects
from onearm.robustness.specifications import specifications
from onearm.robustness.subsets import Pull, pulls, subsets, subsets_json
from onearm.robustness.unseen import unseen

__all__ = [
    "METHODS",
    "Alternative",
    "CheckResult",
    "Pull",
    "agreement",
    "calibration",
    "coverage_percent",
    "cumulative",
    "diagnostic_gate",
    "examine",
    "fragility",
    "gates",
    "influence",
    "moderators",
    "operating_characteristics",
    "outcome_record",
    "overlap_bounds",
    "pulls",
    "sensitivity",
    "small_study_effects",
    "specifications",
    "subsets",
    "subsets_json",
    "unseen",
]
