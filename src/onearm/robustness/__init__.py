"""What another defensible choice would have changed."""

from onearm.robustness.base import CheckResult
from onearm.robustness.calibration.characteristics import calibration, operating_characteristics
from onearm.robustness.calibration.methods import METHODS
from onearm.robustness.calibration.words import coverage_percent
from onearm.robustness.checks.agreement import agreement
from onearm.robustness.checks.cumulative import cumulative
from onearm.robustness.checks.fragility import fragility
from onearm.robustness.checks.influence import influence
from onearm.robustness.checks.moderators import moderators
from onearm.robustness.checks.overlap import overlap_bounds
from onearm.robustness.checks.small_study import small_study_effects
from onearm.robustness.checks.subsets import Pull, pulls, subsets, subsets_json
from onearm.robustness.checks.unseen import unseen
from onearm.robustness.examine import examine
from onearm.robustness.gates import diagnostic_gate, gates
from onearm.robustness.sensitivity import Alternative, outcome_record, sensitivity
from onearm.robustness.specifications.curve import specifications

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
