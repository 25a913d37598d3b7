"""Whether strata differ: the test, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from onearm.analysis.pools import Pool
from onearm.models import InverseVariance, Model
from onearm.models.subgroups import subgroups
from onearm.words import count, listing, number, p_value

CONVENTIONAL: Model = InverseVariance(transform="logit", tau2="REML")


@dataclass(frozen=True)
class Differences:
    """Whether strata share one centre, or why that is not tested.

    Attributes
    ----------
    q, df, p : float or None
        Of Cochran's Q between the strata; None where there is no test.
    model : str
        What tested, in words; empty where there is no test.
    sentence : str
        All of that, or the reason why there is no test.
    """

    q: float | None
    df: float | None
    p: float | None
    model: str
    sentence: str

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe record."""
        return asdict(self)


def differences(parts: Sequence[Pool]) -> Differences:
    """Test whether strata differ, by the model of their pools where it has such a test.

    Where it has none, as a Bayesian one, the conventional model tests: inverse variance on logits
    with REML. Every stratum has a between-study variance of its own.

    Parameters
    ----------
    parts : sequence of Pool
        One a stratum. There is no test with fewer than two, or when one has a single study.
    """
    reason = _reason(parts)
    if reason:
        return Differences(None, None, None, "", f"Test for subgroup differences: none, {reason}.")
    first = parts[0].pooled
    own = first.method
    model = own if own.has_regression else CONVENTIONAL
    found = subgroups(
        np.concatenate([part.selection.events for part in parts]),
        np.concatenate([part.selection.n for part in parts]),
        [f"{place:03d}" for place, part in enumerate(parts) for _ in range(part.selection.k)],
        model=model,
        level=first.level,
    )
    words = f"{model.description.name}, Wald"
    why = "" if own.has_regression else "; the pools' own model has no such test"
    sentence = (
        f"Test for subgroup differences ({words}{why}): Q = {number(found.q_between)}, "
        f"{found.q_df:g} df, p {_compared(found.q_pvalue)}. "
        "Nobody was randomised between the subgroups."
    )
    return Differences(found.q_between, found.q_df, found.q_pvalue, words, sentence)


def _reason(parts: Sequence[Pool]) -> str:
    if len(parts) < 2:
        return f"there {'is' if len(parts) == 1 else 'are'} {count(len(parts), 'subgroup')}"
    few = [part.label for part in parts if part.selection.studies < 2]
    if few:
        return f"fewer than two studies in {listing(few)}"
    alike = [part.label for part in parts if not part.is_pooled]
    if alike:
        return f"everybody in {listing(alike)} is alike"
    return ""


def _compared(value: float) -> str:
    words = p_value(value)
    return words if words.startswith("<") else f"= {words}"
