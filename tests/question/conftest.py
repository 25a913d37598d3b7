"""Reviews on other questions than the shipped one."""

from pathlib import Path

import pytest

import onearm

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def foreign() -> Path:
    """The folder of the second, foreign review."""
    return ROOT / "examples" / "depression-in-diabetes"


@pytest.fixture(scope="session")
def foreign_review(foreign: Path) -> onearm.Review:
    return onearm.Review(foreign)
