"""What all tests share: the project's folders, and a copy of its data to spoil."""

import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def project() -> Path:
    return ROOT


@pytest.fixture
def data_copy(tmp_path: Path) -> Path:
    """A copy of the shipped data, beside which a report may be made."""
    return Path(shutil.copytree(ROOT / "data", tmp_path / "data"))


@pytest.fixture(scope="session")
def evidence():
    from onearm import read_evidence

    return read_evidence(ROOT / "data")
