"""``onearm pool FILE.csv``: a table and a forest plot of any counts, in the terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from onearm.cli.console import OUT
from onearm.evidence import read_counts
from onearm.figures import terminal
from onearm.models import MODELS, Pooled
from onearm.models import pool as pool_counts
from onearm.words import count, number, p_value, percent, with_interval


def _values(option: str) -> str:
    """List the values of an option for every model that has it."""
    return "; ".join(
        f"{name}: {', '.join(kind.choices[option])}"
        for name, kind in MODELS.items()
        if option in kind.choices
    )


def pool(
    file: Annotated[Path, typer.Argument(help="CSV with the columns study, events and n.")],
    model: Annotated[str, typer.Option(help=f"Model: {', '.join(MODELS)}.")] = "bayes",
    level: Annotated[float, typer.Option(help="Level of the intervals, as a share.")] = 0.95,
    transform: Annotated[str | None, typer.Option(help=f"Scale. {_values('transform')}.")] = None,
    tau2: Annotated[
        str | None, typer.Option(help=f"Variance between studies. {_values('tau2')}.")
    ] = None,
    ci: Annotated[str | None, typer.Option(help=f"Interval. {_values('ci')}.")] = None,
    independent: Annotated[
        bool, typer.Option(help="Take rows that share a study as studies of their own.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Pool the proportions of a CSV file and print a table and a text forest plot.

    Exits with 2 if the file or an option is wrong; every problem is listed at once.
    """
    counts = read_counts(file)
    given: dict[str, Any] = {"transform": transform, "tau2": tau2, "ci": ci}
    options = {name: value for name, value in given.items() if value is not None}
    pooled = pool_counts(
        list(counts["events"]),
        list(counts["n"]),
        study=list(counts["study"]),
        model=model,
        level=level,
        independent=independent,
        **options,
    )
    if as_json:
        OUT.print_json(json.dumps(pooled.to_dict()))
        return
    OUT.print(_table(pooled))
    for line in [*_summary(pooled), *_beside(pooled)]:
        OUT.print(Text(line))


def _table(pooled: Pooled) -> Table:
    level = f"{100 * pooled.level:g} %"
    table = Table(box=None, pad_edge=False)
    cells = terminal.WIDE if OUT.width >= 110 else terminal.NARROW
    table.add_column("Study", overflow="fold")
    table.add_column("Events/n", justify="right", no_wrap=True)
    table.add_column(f"Percent ({level})", justify="right", no_wrap=True)
    table.add_column(Text(terminal.scale(cells)), no_wrap=True)
    weights = [percent(each.weight) for each in pooled.studies if pooled.weights and pooled.k > 1]
    if weights:
        table.add_column("Weight", justify="right", no_wrap=True)
    for place, line in enumerate(terminal.studies(pooled, cells)):
        row = (line.name, line.counts, line.numbers, line.plot, *weights[place : place + 1])
        table.add_row(*(Text(cell) for cell in row))
    for line in terminal.totals(pooled, cells):
        row = (line.name, line.counts, line.numbers, line.plot)
        table.add_row(*(Text(cell, "bold") for cell in row))
    return table


def _beside(pooled: Pooled) -> list[str]:
    """Give what inverse variance says of the same counts, where another model was asked."""
    alike = pooled.verdict.code in ("all-zero", "all-full")
    if pooled.k < 2 or alike or pooled.model.startswith("inverse-variance"):
        return []
    events, n = zip(*((study.events, study.n) for study in pooled.studies), strict=True)
    names = [study.study for study in pooled.studies]
    flat = not pooled.is_clustered
    other = pool_counts(
        events, n, study=names, model="inverse-variance", level=pooled.level, independent=flat
    )
    return [
        f"For comparison, inverse variance (--model inverse-variance): "
        f"{with_interval(other.estimate, other.ci)}."
    ]


def _summary(pooled: Pooled) -> list[str]:
    said = [pooled.verdict.sentence]
    if pooled.k > 1:
        rows = f"{count(pooled.k, 'row')} of " if pooled.is_clustered else ""
        said.append(
            f"{rows}{count(pooled.study_count, 'study', 'studies')}, "
            f"{count(pooled.n, 'participant')}; model "
            f"{pooled.model}; marginal mean {percent(pooled.mean_proportion)}; tau² "
            f"{number(pooled.tau2, 3)}, I² {percent(pooled.i2)}, Q {number(pooled.q, 2)} "
            f"(p {p_value(pooled.q_pvalue)})."
        )
    return ["", *said, *(f"Caution: {caution.sentence}" for caution in pooled.cautions)]
