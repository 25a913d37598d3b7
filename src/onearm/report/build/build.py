"""A report from its evidence: snapshot, execute, render, publish.

Everything is made from a snapshot of the data in a folder beside the target, so that a
table edited in mid-run changes nothing and the finished report needs one move to stand.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat

from onearm.errors import InputError, OnearmError
from onearm.evidence import Evidence, audit, read_evidence
from onearm.evidence.findings import errors_among
from onearm.executors import opened
from onearm.report.build.about import about_report, page_meta, status_line
from onearm.report.export.crate import COPIES, CRATE, crate, inputs
from onearm.report.build.execute import Executed, execute_all
from onearm.report.build.pages import page
from onearm.report.build.runs import Run, plan
from onearm.report.pages.methods.prisma import check_map
from onearm.report.build.publish import check_target, publish, recover
from onearm.report.build.record import records
from onearm.report.kit.references import BIBTEX_FILE, bibtex
from onearm.report.build.results import results_csv, results_json

FAILED = ".failed"  # the folder beside the report that keeps the notebooks of a failed run


@dataclass(frozen=True)
class Built:
    """What came of a report.

    Attributes
    ----------
    out : Path
        The report's folder.
    statuses : tuple of Executed
        How each run ended.
    kept : Path or None
        Where the notebooks of a failed report are; None when it was published.
    """

    out: Path
    statuses: tuple[Executed, ...]
    kept: Path | None

    @property
    def failures(self) -> tuple[Executed, ...]:
        """The runs that failed."""
        return tuple(status for status in self.statuses if not status.ok)


def build(
    data: Path,
    out: Path,
    notebooks: Path,
    *,
    jobs: int = 2,
    scheduler: str | None = None,
    started: Callable[[Sequence[Run]], None] = lambda _: None,
    done: Callable[[Executed], None] = lambda _: None,
) -> Built:
    """Make a report and publish it whole, or leave the last one as it is.

    Parameters
    ----------
    data : Path
        Folder of the evidence tables and the protocol.
    out : Path
        Folder of the report; replaced only by a complete new one.
    notebooks : Path
        Folder of the notebooks.
    jobs : int
        Notebooks executed at a time, on this machine.
    scheduler : str, optional
        Address of a Dask scheduler whose workers execute the notebooks instead.
    started, done : callable
        Told of the plan, and of each run as it ends.

    Raises
    ------
    InputError
        When a table is wrong; nothing is written then.
    OnearmError
        When `out` must not be replaced, there are no notebooks, or a section that the
        PRISMA map names is on no page.
    """
    _refuse_errors(data)
    recover(out)
    check_target(out, data)
    if not notebooks.is_dir():
        raise OnearmError(f"there is no folder {notebooks}; run from the project, or name it")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".onearm-", dir=out.parent) as name:
        stage = Path(name)
        (stage / "reports").mkdir()
        shutil.copytree(data, stage / "data")
        evidence = read_evidence(stage / "data")
        runs = plan(evidence.protocol)
        started(runs)
        with opened(jobs, scheduler) as executor:
            statuses = execute_all(runs, notebooks.resolve(), stage / "data", executor, done)
        for executed in statuses:
            _keep(executed, stage / "reports")
        built = Built(out, tuple(statuses), None)
        kept = out.with_name(out.name + FAILED)
        if kept.exists():
            shutil.rmtree(kept)
        if built.failures:
            shutil.move(stage / "reports", kept)
            return Built(out, built.statuses, kept)
        _render(runs, stage / "reports", evidence, stage / "data")
        publish(stage / "reports", out)
    return built


def _refuse_errors(data: Path) -> None:
    """Stop before anything is written."""
    errors = errors_among(audit(read_evidence(data)))
    if errors:
        raise InputError("The evidence contradicts itself; nothing was made.", errors)


def _keep(executed: Executed, folder: Path) -> None:
    """Write an executed notebook, and what its figures give to take away."""
    path = folder / f"{executed.run.name}.ipynb"
    path.write_text(executed.notebook, encoding="utf-8", newline="\n")
    for place, content in executed.files.items():
        (folder / place).parent.mkdir(exist_ok=True)
        (folder / place).write_bytes(content)


def _copy_tables(data: Path, folder: Path) -> None:
    """Put the tables and the plan into the report, as they were read."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, _ in inputs():
        if (data / name).exists():  # certainty.csv may be absent
            shutil.copyfile(data / name, folder / name)


def _render(runs: Sequence[Run], folder: Path, evidence: Evidence, data: Path) -> None:
    """Add the pages, the results and the metadata to the executed notebooks of a folder."""
    protocol, about = evidence.protocol, about_report(evidence.protocol, data)
    found: dict[str, object] = {}
    pages: dict[str, str] = {}
    for run in runs:
        notebook = nbformat.read(folder / f"{run.name}.ipynb", as_version=4)
        found.update(records(notebook))
        pages[run.page] = page(
            notebook, run, runs, report=protocol.title, status=status_line(protocol),
            meta=page_meta(about, protocol),
        )  # fmt: skip
    check_map(pages, protocol)
    codes = [outcome.code for outcome in protocol.outcome]
    outcomes = {code: found[code] for code in codes}
    others = {name: value for name, value in found.items() if name not in codes}
    texts = pages | {
        "results.json": results_json({"outcomes": outcomes, **others}, about),
        "results.csv": results_csv(outcomes),
        BIBTEX_FILE: bibtex(),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    _copy_tables(data, folder / COPIES)
    files = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    text = crate(files, runs, protocol, about)
    (folder / CRATE).write_text(text, encoding="utf-8", newline="\n")
