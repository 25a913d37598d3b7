"""Commands over a data folder: ``check``, ``report``, ``refresh`` and ``release``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from onearm.cli.console import ERR, OUT, DataFolder, findings
from onearm.errors import OnearmError
from onearm.evidence import check as check_folder
from onearm.evidence.plan.reading import read_plan
from onearm.robustness import unknown_gates
from onearm.words import count

if TYPE_CHECKING:
    from onearm.report.build.execute import Executed
    from onearm.report.build.runs import Run


def report(
    data: DataFolder = Path("data"),
    out: Annotated[
        Path, typer.Option(help="Folder of the report; replaced only by a complete new one.")
    ] = Path("reports"),
    notebooks: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the notebooks; else the folder notebooks beside the data or here, "
            "and the package's own for what these lack."
        ),
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Notebooks executed at a time.")] = 2,
    scheduler: Annotated[
        str | None,
        typer.Option(
            help="Address of a Dask scheduler, such as tcp://10.0.0.5:8786, to use its "
            "workers instead of this machine (pip install onearm\\[cluster])."
        ),
    ] = None,
) -> None:
    """Make the report: pages, executed notebooks, results.json and results.csv.

    Exits with 1 if a notebook fails; the last good report then stays as it is.
    """
    from onearm.report.build.build import build  # papermill and nbconvert: slow to import

    with _bar() as progress:
        task = progress.add_task("checking the evidence", total=None)

        def started(runs: Sequence[Run]) -> None:
            progress.update(task, total=len(runs), description="executing notebooks")

        def done(status: Executed) -> None:
            progress.advance(task)
            mark = Text("ok     ", "green") if status.ok else Text("failed ", "bold red")
            progress.console.print(mark + Text(status.run.name))

        built = build(
            data, out, notebooks, jobs=jobs, scheduler=scheduler, started=started, done=done
        )
    if built.kept:
        for failure in built.failures:
            ERR.print(Text(f"{failure.run.name}: ", "bold red") + Text(failure.cause))
        failed = count(len(built.failures), "notebook")
        ERR.print(Text(f"{failed} failed; {out} is as it was. See {built.kept}"))
        raise typer.Exit(1)
    OUT.print(Text(f"{count(len(built.statuses), 'page')}: open {out / 'index.html'}"))


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=ERR,
        transient=True,
    )


def refresh(
    notebooks: Annotated[Path, typer.Option(help="Folder of the notebooks.")] = Path("notebooks"),
) -> None:
    """Run every notebook with its default parameters and store its outputs in it.

    Exits with 1 if one fails; it keeps the outputs it had. Exits with 2 if there is none.
    """
    from onearm.report.build.execute import refresh as run_all

    statuses = run_all(notebooks)
    if not statuses:
        raise OnearmError(
            f"There is no notebook (*.ipynb) in {notebooks}; name their folder by --notebooks."
        )
    for status in statuses:
        mark = Text("ok     ", "green") if status.ok else Text("failed ", "bold red")
        ERR.print(mark + Text(status.run.notebook) + Text(f"  {status.cause}".rstrip()))
    if not all(status.ok for status in statuses):
        raise typer.Exit(1)


def release(
    version: Annotated[str, typer.Argument(help="The version, as in protocol.toml: 1.1.")],
    data: DataFolder = Path("data"),
    reports: Annotated[
        Path, typer.Option(help="The report made from it; it must be current.")
    ] = Path("reports"),
) -> None:
    """Freeze a version into data/releases/, so that later reports say what changed since.

    Exits with 2, and writes nothing, if the version is there already or not the plan's, or
    if the report is not current.
    """
    from onearm.report.history.releases import freeze  # nbconvert's neighbours: slow to import

    frozen = freeze(version, data, reports)
    outcomes = count(len(frozen.results), "outcome")
    OUT.print(Text(f"Released {frozen.version} with {outcomes}: {frozen.folder}"))
    OUT.print("Make the report again, so that its page of changes knows; then commit both.")


def check(
    data: DataFolder = Path("data"),
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print errors and warnings only, no notes.")
    ] = False,
) -> None:
    """Check the evidence tables and print every problem with its place and mend.

    Exits with 2 if any finding is an error, else with 0.
    """
    plan = read_plan(data).protocol
    found = [*check_folder(data), *(unknown_gates(plan) if plan else ())]
    findings([item for item in found if not (quiet and item.severity == "note")])
    counted = Counter(item.severity for item in found)
    OUT.print(", ".join(count(counted[kind], kind) for kind in ("error", "warning", "note")))
    if counted["error"]:
        raise typer.Exit(2)
