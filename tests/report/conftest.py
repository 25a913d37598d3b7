"""A report's results without its pages, for tests that compare versions."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onearm.analysis import Review
from onearm.evidence import Evidence
from onearm.report.build.colophon import about_report, data_digest
from onearm.report.build.record import rounded
from onearm.robustness.sensitivity import analysis_record


@pytest.fixture(scope="session")
def review(evidence: Evidence) -> Review:
    """The shipped review, in which everything is computed once."""
    return Review(evidence)


@pytest.fixture(scope="session")
def outcomes_of() -> Callable[[Review, str], dict[str, Any]]:
    """Analyse the outcomes of a review, once for the same tables and plan."""
    known: dict[tuple[str, str], dict[str, Any]] = {}

    def make(review: Review, tables: str) -> dict[str, Any]:
        key = tables, review.protocol.model_copy(update={"version": ""}).model_dump_json()
        if key not in known:
            known[key] = {}
            for found in review.outcomes:
                models = [pool.to_dict() for pools in found.companions.values() for pool in pools]
                known[key][found.code] = rounded({**analysis_record(found), "models": models})
        return known[key]

    return make


@pytest.fixture
def reported(outcomes_of) -> Callable[[Path], Path]:
    """Write the results.json of a data folder beside it, as a report would hold it."""

    def make(data: Path) -> Path:
        review = Review(data)
        outcomes = outcomes_of(review, data_digest(data))
        reports = data.parent / "reports"
        reports.mkdir(exist_ok=True)
        content = {**about_report(review.protocol, data), "outcomes": outcomes}
        (reports / "results.json").write_text(json.dumps(content))
        return reports

    return make


@pytest.fixture
def version() -> Callable[[Path, str], None]:
    """Set the version of the plan."""

    def make(data: Path, number: str) -> None:
        path = data / "protocol.toml"
        text = re.sub(r'(?m)^version = ".*?"', f'version = "{number}"', path.read_text(), count=1)
        path.write_text(text)

    return make
