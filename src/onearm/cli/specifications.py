"""``onearm specifications``: every defensible analysis of one outcome."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.table import Table
from rich.text import Text

from onearm.analysis import Review
from onearm.cli.console import ERR, OUT
from onearm.errors import OnearmError
from onearm.executors import opened
from onearm.robustness import CheckResult
from onearm.robustness import specifications as curve_of
from onearm.words import count


def specifications(
    outcome: Annotated[str, typer.Argument(help="Code of the outcome, as in protocol.toml.")],
    data: Annotated[
        Path, typer.Option(help="Folder with the evidence tables and protocol.toml.")
    ] = Path("data"),
    stratum: Annotated[
        str | None, typer.Option(help="Only one subgroup: its stratum, as in protocol.toml.")
    ] = None,
    group: Annotated[
        str | None, typer.Option(help="The subgroup of that stratum, as in protocol.toml.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Processes of this machine.")] = 2,
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler to use instead.")
    ] = None,
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
