"""Commands that compute for long: ``specifications`` and ``calibrate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.table import Table
from rich.text import Text

from onearm.analysis import Review
from onearm.cli.console import ERR, OUT, DataFolder, Jobs, Scheduler
from onearm.errors import OnearmError
from onearm.executors import opened
from onearm.robustness import CheckResult, calibration, coverage_percent, operating_characteristics
from onearm.robustness import specifications as curve_of
from onearm.words import count, percent


def specifications(
    outcome: Annotated[str, typer.Argument(help="Code of the outcome, as in protocol.toml.")],
    data: DataFolder = Path("data"),
    stratum: Annotated[
        str | None, typer.Option(help="Only one subgroup: its stratum, as in protocol.toml.")
    ] = None,
    group: Annotated[
        str | None, typer.Option(help="The subgroup of that stratum, as in protocol.toml.")
    ] = None,
    jobs: Jobs = 2,
    scheduler: Scheduler = None,
    csv: Annotated[
        Path | None, typer.Option(help="File for the table, one line an analysis.")
    ] = None,
) -> None:
    """Print how much the choices of the analysis move the answer for one outcome.

    Exits with 2 if the input is wrong or there is no curve to write; nothing is written then.
    """
    if csv is not None and (csv.is_dir() or not csv.parent.is_dir()):
        raise OnearmError(f"{csv} cannot be written: name a file in a folder that exists.")
    review = Review(data)
    review.protocol.plan(outcome)  # an unknown outcome needs no cluster
    with opened(jobs, scheduler, local="processes") as executor:
        curve = curve_of(review, outcome, stratum=stratum, group=group, executor=executor)
    if curve.table.empty and csv is not None:
        raise OnearmError(f"{curve.sentence} So there is no table, and {csv} is not written.")
    if csv is not None:
        _write(curve, csv)
        ERR.print(Text(f"{count(len(curve.table), 'line')} written to {csv}"))
    OUT.print(Text(curve.sentence))
    if not curve.table.empty:
        OUT.print(_axes(curve))


def _axes(curve: CheckResult) -> Table:
    """Lay out which choice moves the estimate, the strongest first."""
    table = Table(box=None, pad_edge=False)
    table.add_column("Choice")
    for name in ("Comparisons", "Median change", "Largest change"):
        table.add_column(name, justify="right")
    for axis in curve.data["axes"]:
        if axis["pairs"]:
            changes = (f"{100 * axis[name]:.1f} points" for name in _CHANGES)
            table.add_row(*map(Text, (axis["label"], str(axis["pairs"]), *changes)))
    return table


_CHANGES = ("median_change", "largest_change")


def _write(curve: CheckResult, path: Path) -> None:
    """Write the table whole or not at all; of several settings that lead to a line, all."""
    lines = [
        {
            name: "; ".join(value) if isinstance(value, tuple) else value
            for name, value in row.items()
        }
        for row in curve.rows
    ]
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(pd.DataFrame(lines).to_csv(index=False), encoding="utf-8", newline="")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OnearmError(
            f"{path} cannot be written ({error.strerror}): choose another file."
        ) from None


def calibrate(
    sizes: Annotated[
        list[int], typer.Argument(help="The number of people in each study, such as 6 1 12 8 10.")
    ],
    method: Annotated[
        list[str] | None,
        typer.Option(help="Only this method, by its label; may be given several times."),
    ] = None,
    jobs: Jobs = 2,
    scheduler: Scheduler = None,
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
