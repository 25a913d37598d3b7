"""The shipped review, in which everything is computed once."""

import pytest

from onearm.analysis import Review
from onearm.evidence import Evidence


@pytest.fixture(scope="session")
def review(evidence: Evidence) -> Review:
    return Review(evidence)
