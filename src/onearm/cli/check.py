"""``onearm check``: read the tables, recompute what was printed, say everything at once."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from onearm.cli.console import OUT, DataFolder, findings
from onearm.evidence import check as check_folder
from onearm.evidence.plan.reading import read_plan
from onearm.robustness import unknown_gates
from onearm.words import count


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
