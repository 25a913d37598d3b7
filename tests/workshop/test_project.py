"""What the project says of itself holds: its pages, its commands, and what git keeps."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer
import yaml  # type: ignore[import-untyped]
from packaging.version import Version
from typer.core import TyperGroup

from onearm.cli.app import app
from onearm.evidence import read_evidence
from onearm.report.build.runs import plan

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("work", "farm", "home", "root", "Users", "mnt")
# An absolute path, not a part of another one, of a tag or of a pattern.
MACHINE = re.compile(rf"(?<![\w.<>)*?~-])/(?:{'|'.join(PLACES)})/")
REGISTRY = re.compile(
    r"\b(?:pypi|pythonhosted|anaconda|npmjs)\.(?:org|com)\b|\b(?:artifactory|nexus)\."
    r"|--(?:extra-)?index-url[ =]\S|--find-links[ =]\S"
)
UNFINISHED = re.compile(r"\b(?:TO[D]O|FIX[M]E)\b")  # bracketed, so as not to find itself
COUNTS = re.compile(r"\d+ errors?, \d+ warnings?, \d+ notes?$")
PROSE = ("README.md", "CONTRIBUTING.md", "docs/architecture.md")


@cache
def tracked() -> dict[str, str]:
    """Every text file that git keeps, by name; a picture is no text."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = {}
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.is_file() and b"\0" not in (content := path.read_bytes()):
            found[name] = content.decode("utf-8")
    return found


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()[:120]}"
        for name, text in tracked().items()
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


def prose(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def spoken(name: str) -> Iterator[str]:
    """Yield what a page offers to type: lines of its code blocks, and its code spans."""
    text = prose(name)
    for kind, block in re.findall(r"^```(sh|console)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        typed = [line for line in block.splitlines() if kind == "sh" or line.startswith("$ ")]
        yield from (line.removeprefix("$ ").split("  #")[0] for line in typed)
    without_blocks = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    yield from re.findall(r"`([^`\n]+)`", without_blocks)


def onearm_lines(name: str) -> list[list[str]]:
    """The command lines of a page that call the program, as words after its name."""
    starts = ("onearm ", ".venv/bin/onearm ", "python -m onearm ")
    return [
        line[len(start) :].split() for line in spoken(name) for start in starts
        if line.startswith(start)
    ]  # fmt: skip


def options() -> dict[str, set[str]]:
    """The options of each command that there is."""
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    return {
        name: {flag for parameter in command.params for flag in parameter.opts} | {"--help"}
        for name, command in group.commands.items()
    }


def sessions() -> list[tuple[str, list[str]]]:
    """The examples of the README with their output: a command, and the lines shown below it."""
    found = []
    for block in re.findall(r"^```console\n(.*?)^```", prose("README.md"), re.M | re.S):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *shown = part.rstrip().splitlines()
            found.append((command, shown))
    return found


def test_git_keeps_something_to_look_at() -> None:
    assert {"README.md", "pyproject.toml", "data/outcomes.csv"} <= set(tracked())


@pytest.mark.parametrize(
    "pattern", [MACHINE, REGISTRY, UNFINISHED], ids=["machine", "registry", "unfinished"]
)
def test_no_tracked_file_names_a_machine_a_registry_or_unfinished_work(
    pattern: re.Pattern[str],
) -> None:
    assert lines_with(pattern) == []


def test_the_patterns_see_what_they_are_for() -> None:
    for place in PLACES:
        assert MACHINE.search(f'path = "/{place}/x"')
        assert not MACHINE.search(f"a frame/{place}/x")
    for host in ("pypi", "files.pythonhosted", "conda.anaconda"):
        assert REGISTRY.search(f"https://{host}.org/simple")
    for option in ("index-url", "extra-index-url", "find-links"):
        assert REGISTRY.search(f"--{option} there")
    for word in ("TO" + "DO", "FIX" + "ME"):
        assert UNFINISHED.search(f"# {word}: later")


@pytest.mark.parametrize("name", PROSE)
def test_every_make_command_exists(name: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", prose("Makefile"), re.MULTILINE))
    said = {
        word
        for line in spoken(name)
        if re.match(r"make( |$)", line)
        for word in line.split()[1:]
        if "=" not in word
    }
    assert said <= targets
    if name == "README.md":
        assert {"report", "test"} <= said


@pytest.mark.parametrize("name", PROSE)
def test_every_onearm_command_and_option_exists(name: str) -> None:
    for words in onearm_lines(name):
        if words in (["--version"], ["--help"]):
            continue
        assert words[0] in options(), f"onearm {words[0]} does not exist"
        used = {word.split("=")[0] for word in words if word.startswith("-")}
        assert used <= options()[words[0]], f"onearm {' '.join(words)}"


def test_the_readme_shows_every_command_that_is_not_for_the_workshop() -> None:
    shown = {words[0] for words in onearm_lines("README.md")}
    assert shown >= {"--version", "check", "report", "pool"}


@pytest.mark.parametrize(
    ("command", "shown"),
    [session for session in sessions() if not session[0].startswith("onearm report")],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_the_readme_shows_real_output(command: str, shown: list[str], tmp_path: Path) -> None:
    """Run each example; every shown line must come, in that order ("…" stands for any)."""
    assert shown
    words = command.split()
    (tmp_path / "data").symlink_to(ROOT / "data")
    for name, text in files_of_the_readme().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    ran = subprocess.run(
        [ROOT / ".venv" / "bin" / words[0], *words[1:]],
        cwd=tmp_path,
        env={"PATH": "", "COLUMNS": "80", "PYTHONIOENCODING": "utf-8", "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    rest = iter((ran.stdout + ran.stderr).splitlines())
    for line in shown:
        if line.strip() != "…":
            assert any(is_line(line, real) for real in rest), f"{line!r} is not in\n{ran.stdout}"


def is_line(shown: str, real: str) -> bool:
    if COUNTS.match(shown):  # a new study may add findings, and the README need not follow
        return bool(COUNTS.match(real))
    return real.rstrip() == shown.rstrip()


def files_of_the_readme() -> dict[str, str]:
    """The small files that the examples read: a block of csv below a line "… in `name.csv`:"."""
    found = re.findall(r"`(\w+\.csv)`:\n\n```csv\n(.*?)^```", prose("README.md"), re.M | re.S)
    return dict(found)


def test_the_readme_counts_the_pages_of_the_report() -> None:
    runs = plan(read_evidence(ROOT / "data").protocol)
    (shown,) = [shown for command, shown in sessions() if command.startswith("onearm report")]
    assert shown[-1] == f"{len(runs)} pages: open reports/index.html"
    assert {line.split()[1] for line in shown[:-1] if line.startswith("ok")} <= {
        run.name for run in runs
    }


@pytest.mark.parametrize("name", [*PROSE, "CHANGELOG.md", "data/README.md"])
def test_links_within_the_project_lead_somewhere(name: str) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", prose(name)):
        assert ((ROOT / name).parent / target).exists(), f"{name}: {target}"


def test_every_picture_has_words() -> None:
    (words,) = re.findall(r"!\[([^\]]*)\]\(docs/report\.png\)", prose("README.md"))
    assert len(words.split()) > 12


def test_the_citation_agrees_with_the_package() -> None:
    citation = yaml.safe_load(prose("CITATION.cff"))
    project = tomllib.loads(prose("pyproject.toml"))["project"]
    assert citation["cff-version"] == "1.2.0"
    assert citation["version"] == project["version"]
    assert citation["license"] == project["license"]
    assert citation["title"] == project["name"]
    assert citation["type"] == "software"
    assert citation["message"]
    assert [author["name"] for author in citation["authors"]] == [
        author["name"] for author in project["authors"]
    ]


def test_the_changelog_has_its_unreleased_part_on_top_and_is_in_order() -> None:
    headings = re.findall(r"^## \[(.+?)\]", prose("CHANGELOG.md"), re.MULTILINE)
    assert headings[0] == "Unreleased"
    released = [Version(heading) for heading in headings[1:]]
    assert released == sorted(set(released), reverse=True)


def test_the_licence_is_the_one_that_is_named() -> None:
    licence = prose("LICENSE")
    assert licence.startswith("MIT License\n\nCopyright (c) 2026 The onearm authors\n")
    assert "WITHOUT WARRANTY OF ANY KIND" in licence


def test_public_ci_runs_what_ours_runs_and_keeps_the_report() -> None:
    workflow = yaml.safe_load(prose(".github/workflows/check.yml"))
    (job,) = workflow["jobs"].values()
    steps = job["steps"]
    assert [step["run"] for step in steps if "run" in step] == [".ci/run"]
    (python,) = [step for step in steps if "setup-python" in step.get("uses", "")]
    assert python["with"]["python-version"] == "3.11"
    (kept,) = [step for step in steps if "upload-artifact" in step.get("uses", "")]
    assert "reports/" in kept["with"]["path"].split()
    assert workflow["permissions"] == {"contents": "read"}


def test_hooks_run_offline_with_the_projects_own_tools() -> None:
    (repository,) = yaml.safe_load(prose(".pre-commit-config.yaml"))["repos"]
    assert repository["repo"] == "local"
    called = {hook["entry"].split()[0] for hook in repository["hooks"]}
    assert called == {".venv/bin/ruff", ".venv/bin/mypy", ".venv/bin/onearm"}
    assert {hook["language"] for hook in repository["hooks"]} == {"system"}
    assert all((ROOT / program).exists() for program in called)
