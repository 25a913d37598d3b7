"""What another defensible choice would have changed."""

from onearm.robustness.base import Check, CheckResult, Diagnostic, Gate, Sheet
from onearm.robustness.calibration.characteristics import calibration, operating_characteristics
from onearm.robustness.calibration.methods import METHODS
from onearm.robustness.calibration.words import coverage_percent
from onearm.robustness.checks import CHECKS
from onearm.robustness.checks.agreement import agreement, agreement_record, disagree
from onearm.robustness.checks.cumulative import cumulative
from onearm.robustness.checks.fragility import fragility
from onearm.robustness.checks.influence import influence
from onearm.robustness.checks.moderators import moderators
from onearm.robustness.checks.overlap import overlap_bounds
from onearm.robustness.checks.small_study import small_study_effects
from onearm.robustness.checks.subsets import Pull, pulls, subsets, subsets_json
from onearm.robustness.checks.unseen import unseen
from onearm.robustness.choices import SIDES, side_of_estimate, side_of_interval
from onearm.robustness.examine import diagnostic_gate, diagnostics, examine, gates, unknown_gates
from onearm.robustness.sensitivity import (
    LEAVES_OUT,
    Alternative,
    analysis_record,
    outcome_record,
    sensitivity,
    sensitivity_note,
)
from onearm.robustness.specifications.axes import curve_sheets
from onearm.robustness.specifications.curve import specifications
from onearm.robustness.unpooled import Known, known

__all__ = [
    "CHECKS",
    "LEAVES_OUT",
    "METHODS",
    "SIDES",
    "Alternative",
    "Check",
    "CheckResult",
    "Diagnostic",
    "Gate",
    "Known",
    "Pull",
    "Sheet",
    "agreement",
    "agreement_record",
    "analysis_record",
    "calibration",
    "coverage_percent",
    "cumulative",
    "curve_sheets",
    "diagnostic_gate",
    "diagnostics",
    "disagree",
    "examine",
    "fragility",
    "gates",
    "influence",
    "known",
    "moderators",
    "operating_characteristics",
    "outcome_record",
    "overlap_bounds",
    "pulls",
    "sensitivity",
    "sensitivity_note",
    "side_of_estimate",
    "side_of_interval",
    "small_study_effects",
    "specifications",
    "subsets",
    "subsets_json",
    "unknown_gates",
    "unseen",
]
