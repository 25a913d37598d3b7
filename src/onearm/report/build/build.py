"""A report from its evidence: snapshot, execute, render, publish.

Everything is made from a snapshot of the data, which is read and audited once, so that a table
edited in mid-run changes nothing. The finished report needs one move to stand.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat

from onearm.analysis import Review
from onearm.errors import InputError, OnearmError
from onearm.evidence.findings import errors_among
from onearm.executors import opened
from onearm.report.build.colophon import about_report, page_meta, status_line
from onearm.report.build.everything import FILE as EVERYTHING
from onearm.report.build.everything import everything
from onearm.report.build.execute import Executed, execute_all
from onearm.report.build.pages import page
from onearm.report.build.record import records
from onearm.report.build.results import results_csv, results_json
from onearm.report.build.runs import Run, folders_of, plan
from onearm.report.export.crate import COPIES, CRATE, crate, inputs
from onearm.report.kit.references import BIBTEX_FILE, bibtex
from onearm.report.manuscript.document import manuscript_files
from onearm.report.pages.methods.prisma import check_map

__all__ = ["Built", "build"]

FAILED = ".failed"  # the folder beside the report that keeps the notebooks of a failed run
MARK = "results.json"  # a folder that holds it is a report of ours, and may be replaced


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
    notebooks: Path | None = None,
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
    notebooks : Path, optional
        Folder of the notebooks; else those beside the data, or the package's own.
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
    with _snapshot(data) as review:
        recover(out)
        check_target(out, data)
        folders = folders_of(data, notebooks)
        runs = plan(review.protocol)
        started(runs)
        with opened(jobs, scheduler) as executor:
            statuses = execute_all(runs, folders, _folder(review), executor, done)
        return _published(review, runs, statuses, out)


@contextmanager
def _snapshot(data: Path) -> Iterator[Review]:
    """Read and audit a copy of a data folder; stop if the evidence contradicts itself."""
    with tempfile.TemporaryDirectory(prefix="onearm-") as name:
        copy = Path(name) / "data"
        if data.is_dir():
            shutil.copytree(data, copy)
        review = Review(copy if data.is_dir() else data)
        errors = errors_among(review.findings)
        if errors:
            raise InputError("The evidence contradicts itself; nothing was made.", errors)
        yield review


def _folder(review: Review) -> Path:
    if review.folder is None:
        raise OnearmError("A report needs a review that was read from a folder.")
    return review.folder


def _published(
    review: Review, runs: Sequence[Run], statuses: Sequence[Executed], out: Path
) -> Built:
    """Render the pages and publish them, or keep the notebooks of a failed report."""
    out.parent.mkdir(parents=True, exist_ok=True)
    kept = out.with_name(out.name + FAILED)
    with tempfile.TemporaryDirectory(prefix=".onearm-", dir=out.parent) as name:
        stage = Path(name) / "reports"
        stage.mkdir()
        for executed in statuses:
            _keep(executed, stage)
        if kept.exists():
            shutil.rmtree(kept)
        built = Built(out, tuple(statuses), None)
        if built.failures:
            shutil.move(stage, kept)
            return Built(out, built.statuses, kept)
        _render(review, runs, stage)
        publish(stage, out)
    return built


def _keep(executed: Executed, folder: Path) -> None:
    """Write an executed notebook, and the files of its figures."""
    path = folder / f"{executed.run.name}.ipynb"
    path.write_text(executed.notebook, encoding="utf-8", newline="\n")
    for place, content in executed.files.items():
        _put(folder / place, content)


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)


def _render(review: Review, runs: Sequence[Run], folder: Path) -> None:
    """Add the pages, the results and the metadata to the executed notebooks of a folder."""
    protocol, data = review.protocol, _folder(review)
    about = about_report(protocol, data)
    found: dict[str, object] = {}
    pages: dict[str, str] = {}
    for run in runs:
        notebook = nbformat.read(folder / f"{run.name}.ipynb", as_version=4)
        found |= records(notebook)
        pages[run.page] = page(
            notebook,
            run,
            runs,
            report=protocol.title,
            status=status_line(protocol),
            meta=page_meta(about, protocol),
        )
    check_map(pages, review.evidence)
    pages[EVERYTHING] = everything(pages, runs, protocol.title)
    _write(folder, pages | _numbers(review, found, about) | {BIBTEX_FILE: bibtex()})
    _copy_tables(data, folder / COPIES)
    for place, content in manuscript_files(review).items():
        _put(folder / place, content)
    files = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    _write(folder, {CRATE: crate(files, runs, protocol, about)})


def _numbers(
    review: Review, found: Mapping[str, object], about: Mapping[str, str]
) -> dict[str, str]:
    """Return the files of results, from what the notebooks recorded."""
    codes = [outcome.code for outcome in review.protocol.outcome]
    lacking = [code for code in codes if code not in found]
    if lacking:
        raise OnearmError(
            f"No notebook recorded the results of {', '.join(lacking)}; nothing was published."
        )
    outcomes = {code: found[code] for code in codes}
    others = {name: value for name, value in found.items() if name not in codes}
    return {
        "results.json": results_json({"outcomes": outcomes, **others}, about),
        "results.csv": results_csv(outcomes),
    }


def _write(folder: Path, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def _copy_tables(data: Path, folder: Path) -> None:
    """Put the tables and the plan into the report, as they were read."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in inputs():
        if (data / name).exists():  # tables may be absent
            shutil.copyfile(data / name, folder / name)


def check_target(out: Path, data: Path) -> None:
    """Refuse a target whose replacement would lose something that is not a report.

    Raises
    ------
    OnearmError
        When `out` is a file, holds anything but a report, or shares a place with the data.
    """
    if out.is_file():
        raise OnearmError(f"--out {out} is a file; name a folder")
    if out.is_dir() and any(out.iterdir()) and not (out / MARK).is_file():
        raise OnearmError(
            f"--out {out} is not empty and holds no report (no {MARK}); "
            "name another folder, so that nothing of yours is replaced"
        )
    one, other = out.resolve(), data.resolve()
    if one == other or one in other.parents or other in one.parents:
        raise OnearmError(f"--out {out} and --data {data} must not lie within each other")


def publish(stage: Path, out: Path) -> None:
    """Move `stage` to `out`; the old report goes only when the new one stands.

    Parameters
    ----------
    stage : Path
        The finished folder, on the same file system as `out`.
    out : Path
        Its place.
    """
    old = _aside(out)
    if out.exists():
        shutil.rmtree(old, ignore_errors=True)
        out.replace(old)
    try:
        stage.replace(out)
    except OSError:
        if old.exists():
            old.replace(out)
        raise
    shutil.rmtree(old, ignore_errors=True)


def recover(out: Path) -> None:
    """Put back the last report if an earlier run was cut off between the two moves."""
    if not out.exists() and _aside(out).exists():
        _aside(out).replace(out)


def _aside(out: Path) -> Path:
    return out.with_name(f".{out.name}.old")
