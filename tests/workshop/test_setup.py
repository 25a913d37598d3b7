"""The Makefile explains itself, and the set-up refuses what it was not locked for."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RULE = re.compile(r"^([a-z][a-z-]*)\s*:(?!=)(.*)$", re.MULTILINE)


def makefile() -> str:
    return (ROOT / "Makefile").read_text(encoding="utf-8")


def rules() -> dict[str, str]:
    """Every target that a person would name, with the rest of its line."""
    return dict(RULE.findall(makefile()))


def make(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    # Flags of an outer `make test` would be inherited: -n or -q there must not matter here.
    clean = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=cwd,
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def workshop(tmp_path: Path) -> Path:
    """A copy of what the set-up rule depends on, with an environment that counts as made."""
    for name in ("Makefile", "requirements.lock", "pyproject.toml", "tools/setup.sh"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
        os.utime(tmp_path / name, (1, 1))
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / ".ready").touch()
    return tmp_path


def fake_python(folder: Path, number: str) -> Path:
    """Make a program that answers as a Python of that version would; it can do nothing else."""
    script = folder / "fake-python"
    major, minor = number.split(".")[:2]
    script.write_text(
        "#!/bin/sh\n"
        f'if [ "$1" = -V ]; then echo "Python {number}"; exit 0; fi\n'
        f'if [ "$1" = -c ]; then [ {major}.{minor} = 3.11 ]; exit; fi\n'
        'echo "asked to $*" >&2; exit 70\n',
        encoding="utf-8",
    )
    script.chmod(0o755)
    return script


def setup(python: Path, venv: Path) -> subprocess.CompletedProcess[str]:
    # On a bare PATH: the script may call apt-get or uv where it finds them, and a test must
    # never change the machine that it runs on.
    tools = python.parent / "bin"
    tools.mkdir()
    for name in ("rm", "mv", "touch", "id"):
        found = shutil.which(name)
        assert found
        (tools / name).symlink_to(found)
    return subprocess.run(
        [ROOT / "tools" / "setup.sh", python, venv],
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("arguments", [(), ("help",)], ids=["alone", "help"])
def test_make_prints_every_target_with_its_words(arguments: tuple[str, ...]) -> None:
    shown = make(*arguments)
    assert shown.returncode == 0, shown.stderr
    printed = dict(re.findall(r"^  make (\S+)\s+(.+)$", shown.stdout, re.MULTILINE))
    assert printed == {name: rest.split("## ")[1] for name, rest in rules().items()}


def test_every_target_says_what_it_does() -> None:
    assert len(rules()) > 5
    for name, rest in rules().items():
        assert re.search(r"## \S", rest), f"make {name} has no words"


def test_every_target_is_phony() -> None:
    # Else a file called "report" or "test" would stop it.
    (line,) = re.findall(r"^\.PHONY:(.*)$", makefile(), re.MULTILINE)
    assert set(line.split()) == set(rules())


def test_a_made_environment_costs_nothing(workshop: Path) -> None:
    assert make("-q", "setup", cwd=workshop).returncode == 0


@pytest.mark.parametrize("changed", ["requirements.lock", "pyproject.toml", "tools/setup.sh"])
def test_a_changed_lock_makes_it_again(workshop: Path, changed: str) -> None:
    later = (workshop / ".venv" / ".ready").stat().st_mtime + 10
    os.utime(workshop / changed, (later, later))
    assert make("-q", "setup", cwd=workshop).returncode == 1


@pytest.mark.parametrize("number", ["3.10.14", "3.12.3", "2.7.18"])
def test_another_python_is_refused_in_one_sentence(tmp_path: Path, number: str) -> None:
    venv = tmp_path / "venv"
    venv.mkdir()
    (venv / "mine").touch()
    refused = setup(fake_python(tmp_path, number), venv)
    assert refused.returncode == 2
    assert refused.stdout == ""
    (sentence,) = refused.stderr.splitlines()
    assert "locked for Python 3.11" in sentence
    assert f"Python {number}" in sentence
    assert "make PYTHON=" in sentence
    assert (venv / "mine").exists(), "an environment was deleted before the refusal"


def test_the_right_python_is_asked_for_an_environment(tmp_path: Path) -> None:
    # The other side of the refusal: the fake answers 3.11, and the set-up goes on to use it.
    went_on = setup(fake_python(tmp_path, "3.11.9"), tmp_path / "venv")
    assert went_on.returncode not in (0, 2)
    assert "locked for Python" not in went_on.stderr
    assert "-m venv" in went_on.stderr


def chromium(folder: Path, **programs: str) -> subprocess.CompletedProcess[str]:
    """Look for a browser on a machine that has these programs only, as shell scripts."""
    tools = folder / "bin"
    tools.mkdir()
    (tools / "cat").symlink_to(shutil.which("cat") or "cat")
    required = programs.pop("required", "")
    for name, does in ({"python": "exit 1", "id": "echo 1000"} | programs).items():
        (tools / name.replace("_", "-")).write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
        (tools / name.replace("_", "-")).chmod(0o755)
    return subprocess.run(
        [ROOT / "tools" / "chromium.sh", tools / "python"],
        env={"PATH": str(tools), "ONEARM_BROWSER": required},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_browser_that_is_there_needs_no_word(tmp_path: Path) -> None:
    for name in ("google_chrome", "python"):  # the system's, or Playwright's own
        (tmp_path / name).mkdir()
        looked = chromium(tmp_path / name, **{name: "exit 0"})
        assert (looked.returncode, looked.stdout, looked.stderr) == (0, "", "")


@pytest.mark.parametrize(
    "programs",
    [{}, {"apt_get": "exit 0"}, {"apt_get": "exit 100", "id": "echo 0"}],
    ids=["no apt", "not root", "apt fails"],
)
def test_without_a_browser_it_says_which_tests_are_left_out(
    tmp_path: Path, programs: dict[str, str]
) -> None:
    looked = chromium(tmp_path, **programs)
    assert looked.returncode == 0
    assert "tests/browser" in looked.stderr
    assert "ONEARM_CHROMIUM=" in looked.stderr


def test_ci_leaves_none_out(tmp_path: Path) -> None:
    assert chromium(tmp_path, required="required").returncode == 1
    assert "export ONEARM_BROWSER=required\n" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_apt_brings_a_browser_where_it_may(tmp_path: Path) -> None:
    place = tmp_path / "bin" / "chromium"
    made = f'echo "#!/bin/sh" >{place}; {shutil.which("chmod")} 755 {place}'
    brings = f'case "$*" in *install*chromium*) {made};; esac'
    looked = chromium(tmp_path, apt_get=brings, id="echo 0")
    assert looked.returncode == 0, looked.stderr
    assert place.exists()
    assert "left out" not in looked.stderr


def test_the_scripts_can_be_run() -> None:
    for name in ("tools/setup.sh", "tools/chromium.sh", ".ci/run"):
        assert os.access(ROOT / name, os.X_OK), f"{name} is not executable"
