"""``onearm calibrate``: how often each method is right for studies of given sizes."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from onearm.cli.console import OUT
from onearm.executors import opened
from onearm.robustness import calibration, coverage_percent, operating_characteristics
from onearm.words import percent


def calibrate(
    sizes: Annotated[
        list[int], typer.Argument(help="The number of people in each study, such as 6 1 12 8 10.")
    ],
    method: Annotated[
        list[str] | None,
        typer.Option(help="Only this method, by its label; may be given several times."),
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Processes of this machine.")] = 2,
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler to use instead.")
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print every scenario as CSV.")] = False,
) -> None:
    """Print coverage and width of every method, exact where that can be enumerated.

    It depends on the sizes alone, never on events, so it may guide the choice of a method.
    Exits with 2 if the sizes are so large that likelihoods of all results do not fit in memory.
    """
    with opened(jobs, scheduler, local="processes") as executor:
        frame = operating_characteristics(sizes, methods=method or None, executor=executor)
    if as_csv:
        typer.echo(frame.to_csv(index=False), nl=False)
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("Method")
    for name in ("Interval", "Least coverage", "Median coverage", "Mean width"):
        table.add_column(name, justify="right")
    grouped = frame.groupby(["interval", "method"], sort=False)
    for (interval, label), part in grouped:
        coverage, width = part["coverage"], part["mean_width"].mean()
        cells = (
            str(label),
            str(interval),
            coverage_percent(coverage.min()),
            coverage_percent(coverage.median()),
            percent(width),
        )
        table.add_row(*(Text(cell) for cell in cells))
    OUT.print(table)
    OUT.print(Text(calibration(frame).sentence))
