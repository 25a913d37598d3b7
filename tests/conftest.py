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
    copy = Path(shutil.copytree(ROOT / "data", tmp_path / "data", ignore=ours))
    plan = copy / "protocol.toml"
    first = re.sub(r'(?m)^version = ".*?"', 'version = "1.0"', plan.read_text(), count=1)
    plan.write_text(first)
    return copy


@pytest.fixture(scope="session")
def evidence():
    from onearm import read_evidence

    return read_evidence(ROOT / "data")


@pytest.fixture(scope="session")
def first_evidence(tmp_path_factory: pytest.TempPathFactory):
    """The tables of the first release under today's plan: more evidence changes nothing here."""
    from onearm import read_evidence

    folder = tmp_path_factory.mktemp("first")
    for table in (ROOT / "data" / "releases" / "1.0").glob("*.csv"):
        shutil.copy(table, folder)
    shutil.copy(ROOT / "data" / "protocol.toml", folder)
    return read_evidence(folder)


@pytest.fixture(scope="session")
def first_review(first_evidence):
    """A review of the first release's tables, for what needs few studies, or none."""
    from onearm.analysis import Review

    return Review(first_evidence)


@pytest.fixture
def small_data(data_copy: Path, one_outcome: Callable[[Path], Path]) -> Path:
    """The shipped data with a protocol of one outcome."""
    return one_outcome(data_copy)


@pytest.fixture(scope="session")
def one_outcome() -> Callable[[Path], Path]:
    """Return a function that plans one outcome in a folder of data, and names the others."""

    def shrink(data: Path) -> Path:
        path = data / "protocol.toml"
        planned, others, rest = re.split(r"(?m)^(\[other_outcomes\]\n)", path.read_text())
        head, *outcomes = re.split(r"(?m)^(?=\[\[outcome\]\])", planned)
        chosen = [part for part in outcomes if 'code = "complication_any"' in part]
        names = [
            "{} = {}\n".format(*re.findall(r'(?m)^(?:code|label) = "?(.*?)"?$', part))
            for part in outcomes
            if part not in chosen
        ]
        named = (re.sub(r"= (.*)", r'= "\1"', line) for line in names)
        path.write_text("".join([head, *chosen, others, *named, rest]))
        return data

    return shrink
