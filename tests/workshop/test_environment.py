"""One set of dependencies, told three times: pyproject.toml, the lock and environment.yml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
OWNERS = {"jupyterlab", "pymare", "pandas", "seaborn", "papermill", "nbval"}
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def declared() -> list[Requirement]:
    """What the project needs to run, as pyproject.toml says it."""
    return [Requirement(text) for text in pyproject()["project"]["dependencies"]]


def developed() -> list[Requirement]:
    """What its tests need besides."""
    extra = pyproject()["project"]["optional-dependencies"]["dev"]
    return [Requirement(text) for text in extra]


def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def conda() -> list[str]:
    """The dependencies of environment.yml as written, its pip part included."""
    listed = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    flat: list[str] = []
    for item in listed:
        flat += item["pip"] if isinstance(item, dict) else [item]
    return flat


def conda_requirements() -> list[Requirement]:
    """Those that are packages: neither the interpreter, nor pip, nor the project itself."""
    packages = (text for text in conda() if not text.startswith(("python=", "-e ")))
    return [Requirement(text) for text in packages if text != "pip"]


def lock_lines() -> list[str]:
    return (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()


def lock_entries() -> Iterator[tuple[Requirement, list[str]]]:
    """Every pin of the lock, with its lines of hashes."""
    entry: tuple[Requirement, list[str]] | None = None
    for line in lock_lines():
        if line[:1].isalnum():
            if entry:
                yield entry
            entry = (Requirement(line.rstrip("\\ ")), [])
        elif entry and line.strip().startswith("--hash"):
            entry[1].append(line.strip().rstrip("\\ "))
    if entry:
        yield entry


def pins() -> dict[str, str]:
    """The version of each package that the lock chooses for this interpreter."""
    chosen = {}
    for requirement, _ in lock_entries():
        if requirement.marker is None or requirement.marker.evaluate():
            (only,) = requirement.specifier
            chosen[name_of(requirement)] = only.version
    return chosen


def name_of(requirement: Requirement) -> str:
    return canonicalize_name(requirement.name)


def label(requirement: Requirement) -> str:
    return requirement.name


def test_no_dependency_is_declared_twice() -> None:
    for listed in (declared(), developed(), conda_requirements()):
        names = [name_of(item) for item in listed]
        assert sorted(names) == sorted(set(names))


def test_conda_names_and_bounds_are_those_of_pyproject() -> None:
    ours = {name_of(item): str(item.specifier) for item in declared()}
    theirs = {name_of(item): str(item.specifier) for item in conda_requirements()}
    assert theirs == ours


def test_the_owners_packages_are_in_both() -> None:
    assert {name_of(item) for item in declared()} >= OWNERS
    assert {name_of(item) for item in conda_requirements()} >= OWNERS


def test_conda_file_installs_the_project_and_fixes_the_interpreter() -> None:
    assert "-e ." in conda()
    (python,) = (text for text in conda() if text.startswith("python="))
    number = python.removeprefix("python=")
    assert number in SpecifierSet(pyproject()["project"]["requires-python"])
    assert number == "3.11"


def test_conda_file_has_no_syntax_that_only_conda_reads() -> None:
    # Channel prefixes and build strings ("conda-forge::x", "x=1.2=py311") tie it to one solver.
    content = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert set(content) == {"name", "channels", "dependencies"}
    for text in conda():
        assert "::" not in text
        assert not re.search(r"(?<![<>=!~])=(?!=)", text.removeprefix("python="))


@pytest.mark.parametrize("requirement", declared() + developed(), ids=label)
def test_the_lock_satisfies_every_requirement(requirement: Requirement) -> None:
    assert name_of(requirement) in pins()
    assert pins()[name_of(requirement)] in requirement.specifier


@pytest.mark.parametrize("requirement", declared() + developed(), ids=label)
def test_what_is_installed_is_what_the_lock_says(requirement: Requirement) -> None:
    assert version(requirement.name) == pins()[name_of(requirement)]


def test_the_lock_is_exact_and_hashed() -> None:
    entries = list(lock_entries())
    assert len(entries) > 50
    for requirement, hashes in entries:
        assert re.fullmatch(r"==[^*,]+", str(requirement.specifier)), requirement
        assert requirement.url is None
        assert hashes, f"{requirement.name} has no hash"
        assert all(HASH.fullmatch(line) for line in hashes), requirement.name


def test_the_lock_names_no_host() -> None:
    for number, line in enumerate(lock_lines(), start=1):
        # Pins, their hashes, and comments that say which package asked for them; no options.
        assert re.match(r"[A-Za-z0-9]|    --hash=|    #|$", line), f"line {number}: {line}"
        assert "://" not in line, f"line {number}: {line}"
