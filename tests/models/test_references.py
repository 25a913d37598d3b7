"""Every reference value holds at its tolerance; a failure lists every deviation."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
compare: Any = importlib.import_module("validation.compare")


def beyond(deviations: Iterable[Any]) -> tuple[int, list[str]]:
    """Count the values compared, and list those beyond tolerance without a stated reason."""
    count, listed = 0, []
    for d in deviations:
        count += 1
        if d.ratio > 1 and compare.on_purpose(d) is None:
            listed.append(f"{d.dataset} {d.block} {d.quantity}: {d.ours!r}, not {d.theirs!r}")
    return count, listed


def test_the_references_kept_here_hold() -> None:
    count, listed = beyond(compare.reference_deviations())
    assert not listed, "\n".join(listed)
    assert count > 17_000


@pytest.mark.slow
@pytest.mark.skipif(not compare.ORACLE.exists(), reason="the large reference file is not here")
def test_the_whole_reference_file_holds() -> None:
    count, listed = beyond(compare.oracle_deviations())
    assert not listed, "\n".join(listed)
    assert count > 250_000


def test_a_wrong_number_would_be_noticed() -> None:
    wrong = compare.Deviation("d", "glmm/exact", "b", 1.0, 1.0 + 1e-5, 1e-7, 1e-8)
    lost = compare.Deviation("d", "glmm/exact", "b", float("nan"), 1.0, 1e-7, 1e-8)
    assert beyond([wrong, lost])[0] == 2
    assert len(beyond([wrong, lost])[1]) == 2


def test_metafor_is_beaten_where_it_is_wrong() -> None:
    """The stated reason is itself checked: our point has the higher likelihood."""
    import numpy as np

    from onearm.models.inverse_variance.heterogeneity import log_likelihood, maximise

    # effects and variances whose restricted likelihood rises from zero
    y = np.array([0.1, 0.4, 0.9, 1.6])[:, None]
    v = np.array([0.01, 0.02, 0.01, 0.03])[:, None]
    best = maximise(y, v, restricted=True)
    for factor in (0.0, 0.5, 0.99, 1.01, 2.0):
        assert log_likelihood(y, v, best, True) > log_likelihood(y, v, best * factor, True)
