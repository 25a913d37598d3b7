"""All checks of one pool, each behind its gate, with the protocol's own model.

The methods are calibrated for the sizes of the studies at hand. So that a report does not
take long, up to 20,000 distinct tables all are enumerated; above that 1,500 are drawn. For
more than eight studies it is 600, and only the methods that read them quickly are examined,
beside the plan's own. `onearm.operating_characteristics` has no such limits.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from onearm.analysis import Pool
from onearm.evidence import Protocol
from onearm.models import make_model
from onearm.robustness.agreement import agreement
from onearm.robustness.base import CheckResult
from onearm.robustness.calibration import calibration, operating_characteristics
from onearm.robustness.cumulative import cumulative
from onearm.robustness.designs import distinct
from onearm.robustness.fragility import fragility
from onearm.robustness.gates import closed
from onearm.robustness.influence import influence
from onearm.robustness.methods import METHODS
from onearm.robustness.overlap_bounds import overlap_bounds
from onearm.robustness.small_study import small_study_effects
from onearm.robustness.unseen import unseen

__all__ = ["CHECKS", "calibrate", "examine"]

CAP = 20_000  # distinct tables up to which all are enumerated
DRAWS, DRAWS_FOR_MANY = 1_500, 600
OWN = "The plan's primary model"
FEW = 8  # studies up to which drawn tables are read by every family of methods
#: Methods to leave out when tables are drawn, and when they are of many studies.
SLOW = ("Bayes, half-normal(0.5)",)
SLOW_FOR_MANY = (
    *SLOW, "Bayes, half-normal(1)", "Beta-binomial, t(k−1)", "GLMM, Wald", "GLMM, t(k−1)",
    "GLMM, profile likelihood",
)  # fmt: skip


def examine(pool: Pool, protocol: Protocol) -> dict[str, CheckResult]:
    """Run every check on a pool.

    Parameters
    ----------
    pool : Pool
        k studies, none included.
    protocol : Protocol
        The plan: gates, level, primary model, margin.

    Returns
    -------
    dict of str to CheckResult
        By name, in the order of a report. A check with too few studies says so.
    """
    return {
        name: closed(name, pool.selection.studies, protocol) or check(pool, protocol)
        for name, check in CHECKS.items()
    }


def calibrate(pool: Pool, protocol: Protocol) -> CheckResult:
    """Say how often each method's interval is right for studies of these sizes.

    Returns
    -------
    CheckResult
        As `onearm.robustness.calibration` gives it; ``data`` has in addition ``frame``, the
        scores in every scenario, ``exact``, and ``left_out``, the methods that were not
        examined here.
    """
    sizes = sorted(int(n) for n in pool.selection.n)
    level, exact = protocol.pooling.level, distinct(tuple(sizes)) <= CAP
    primary = make_model(protocol.primary.model, level=level, **protocol.primary.options)
    known = {label: make_model(level=level, **spec) for label, spec in METHODS.items()}
    own = next((label for label, model in known.items() if model == primary), OWN)
    draws = DRAWS if len(sizes) <= FEW else DRAWS_FOR_MANY
    slow = () if exact else SLOW if len(sizes) <= FEW else SLOW_FOR_MANY
    left_out = [label for label in slow if label != own]
    specs = {label: model for label, model in known.items() if label not in left_out}
    specs.setdefault(own, primary)
    frame = operating_characteristics(sizes, methods=specs, level=level, cap=CAP, draws=draws)
    result = calibration(frame, level=level, own=own)
    how = (
        "Exact, by enumeration of every table these sizes can show."
        if exact
        else f"From {draws:,} drawn tables, seeded: all are too many to enumerate here."
    )
    if left_out:
        how += f" Not examined here, for time: {', '.join(left_out)}."
    return CheckResult(
        result.name, result.verdict, f"{pool.label}: {result.sentence} {how}",
        result.table, result.data | {"frame": frame, "exact": exact, "left_out": left_out},
    )  # fmt: skip


def _influence(pool: Pool, protocol: Protocol) -> CheckResult:
    return _named(pool, influence(
        pool.selection.events, pool.selection.n, study=pool.selection.labels,
        model=protocol.primary.model, level=protocol.pooling.level, **protocol.primary.options,
    ))  # fmt: skip


def _cumulative(pool: Pool, protocol: Protocol) -> CheckResult:
    rows = pool.selection.rows
    return _named(pool, cumulative(
        pool.selection.events, pool.selection.n, by="year", year=pd.to_numeric(rows["year"]),
        study=pool.selection.labels, model=protocol.primary.model,
        level=protocol.pooling.level, **protocol.primary.options,
    ))  # fmt: skip


def _named(pool: Pool, result: CheckResult) -> CheckResult:
    said = f"{pool.label}: {result.sentence}"
    return CheckResult(result.name, result.verdict, said, result.table, result.data)


CHECKS: dict[str, Callable[[Pool, Protocol], CheckResult]] = {
    "agreement": agreement,
    "calibration": calibrate,
    "influence": _influence,
    "cumulative": _cumulative,
    "overlap_choices": overlap_bounds,
    "fragility": fragility,
    "unseen": unseen,
    "small_study_effects": small_study_effects,
}
