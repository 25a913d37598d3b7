"""The pool without each study, by every model of the plan."""

from __future__ import annotations

import numpy as np
import pandas as pd

from onearm.analysis import Pool
from onearm.evidence import Protocol
from onearm.robustness.checks.threshold import fit_batch

__all__ = ["ALL", "leave_one_out"]

ALL = "none (all of them)"


def leave_one_out(pool: Pool, protocol: Protocol) -> pd.DataFrame:
    """Leave out every row in turn, under the primary model and each companion.

    The whole pool and all pools without a row are one batch of each model.

    Parameters
    ----------
    pool : Pool
        k rows.
    protocol : Protocol
        The plan: level, and its models.

    Returns
    -------
    DataFrame
        One line for the whole pool (`ALL`), then one a row: ``without``, and by the label of
        each model the pooled proportion; nan where a model gives none.
    """
    selection = pool.selection
    kept = np.column_stack([np.ones(selection.k, dtype=bool), ~np.eye(selection.k, dtype=bool)])
    events, n = (np.where(kept, counts[:, None], 0) for counts in (selection.events, selection.n))
    models = {plan.label or plan.model: plan for plan in (protocol.primary, *protocol.companions)}
    found = {
        label: fit_batch(plan, events, n, protocol.pooling.level).estimate
        for label, plan in models.items()
    }
    return pd.DataFrame({"without": [ALL, *selection.labels], **found})
