"""What all tests share: the project's folders, and a copy of its data to spoil."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def project() -> Path:
    return ROOT


@pytest.fixture
def data_copy(tmp_path: Path) -> Path:
    """A copy of the shipped data, beside which a report may be made."""
    ours = shutil.ignore_patterns("releases")  # a copy starts without a past
    return Path(shutil.copytree(ROOT / "data", tmp_path / "data", ignore=ours))


@pytest.fixture(scope="session")
def evidence():
    from onearm import read_evidence

    return read_evidence(ROOT / "data")


@pytest.fixture
def small_data(data_copy: Path, one_outcome: Callable[[Path], Path]) -> Path:
    """The shipped data with a protocol of one outcome."""
    return one_outcome(data_copy)


@pytest.fixture(scope="session")
def one_outcome() -> Callable[[Path], Path]:
    """Return a function that leaves one outcome in the protocol of a folder of data."""

    def shrink(data: Path) -> Path:
        path = data / "protocol.toml"
        head, *outcomes = re.split(r"(?m)^(?=\[\[outcome\]\])", path.read_text())
        chosen = next(part for part in outcomes if 'code = "complication_any"' in part)
        gates = re.search(r"(?ms)^\[gates\].*", outcomes[-1])
        path.write_text(head + chosen.split("[gates]")[0] + (gates.group() if gates else ""))
        return data

    return shrink
