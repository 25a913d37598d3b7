"""In one process the evidence is read and audited once, and nothing is fitted twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.question.in_process import run_page

import onearm
import onearm.analysis.review as reviewing
from onearm.evidence.selection import selecting
from onearm.report.build.runs import plan

ROOT = Path(__file__).resolve().parents[2]


def counting(calls: Counter[object], key: Callable[..., object], function: Any) -> Any:
    def counted(*args: Any, **options: Any) -> Any:
        calls[key(*args, **options)] += 1
        return function(*args, **options)

    return counted


@pytest.mark.slow
def test_the_whole_report_computes_nothing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONEARM_CACHE", "off")
    reads, audits, fits, decisions = Counter(), Counter(), Counter(), Counter()
    monkeypatch.setattr(reviewing, "read_evidence", counting(reads, str, reviewing.read_evidence))
    monkeypatch.setattr(reviewing, "audit", counting(audits, id, reviewing.audit))
    monkeypatch.setattr(
        reviewing,
        "pool",
        counting(
            fits,
            lambda events, n, **o: (tuple(events), tuple(n), tuple(o["study"]), str(o)),
            reviewing.pool,
        ),
    )
    monkeypatch.setattr(
        selecting,
        "decided",
        counting(
            decisions,
            lambda rows, request: (request.plan.code, request.evidence_set, request.denominator),
            selecting.decided,
        ),
    )
    review = onearm.Review(ROOT / "data")
    for run in plan(review.protocol):
        if run.notebook != "changes.ipynb":  # which analyses the frozen release, another evidence
            run_page(review, run)
    assert sum(reads.values()) == 1
    assert sum(audits.values()) == 1
    assert set(fits.values()) == {1}
    assert set(decisions.values()) == {1}
