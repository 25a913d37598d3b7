"""``onearm report``: execute the notebooks, render the pages, publish the folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from onearm.cli.console import ERR, OUT
from onearm.words import count

if TYPE_CHECKING:
    from onearm.report.build.execute import Executed
    from onearm.report.build.runs import Run


def report(
    data: Annotated[
        Path, typer.Option(help="Folder with the evidence tables and protocol.toml.")
    ] = Path("data"),
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
