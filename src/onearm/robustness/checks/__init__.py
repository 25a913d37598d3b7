"""Every check of a pool, in the order of a report: a new one is a file here and a line below."""

from onearm.robustness.base import Check
from onearm.robustness.checks.agreement import AGREEMENT
from onearm.robustness.checks.calibration import CALIBRATION
from onearm.robustness.checks.cumulative import CUMULATIVE
from onearm.robustness.checks.fragility import FRAGILITY
from onearm.robustness.checks.influence import INFLUENCE
from onearm.robustness.checks.moderators import META_REGRESSION
from onearm.robustness.checks.overlap import OVERLAP_CHOICES
from onearm.robustness.checks.small_study import SMALL_STUDY_EFFECTS
from onearm.robustness.checks.subsets import SUBSETS
from onearm.robustness.checks.unseen import UNSEEN

__all__ = ["CHECKS"]

CHECKS: dict[str, Check] = {
    check.name: check
    for check in (
        AGREEMENT,
        CALIBRATION,
        INFLUENCE,
        SUBSETS,
        CUMULATIVE,
        META_REGRESSION,
        OVERLAP_CHOICES,
        FRAGILITY,
        UNSEEN,
        SMALL_STUDY_EFFECTS,
    )
}
