"""``onearm refresh``: run the notebooks in place, so that their stored outputs are current."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from onearm.cli.console import ERR
from onearm.errors import OnearmError


def refresh(
    notebooks: Annotated[Path, typer.Option(help="Folder of the notebooks.")] = Path("notebooks"),
) -> None:
    """Run every notebook with its default parameters and store its outputs in it.

    Exits with 1 if one fails; it keeps the outputs it had. Exits with 2 if there is none.
    """
    from onearm.report.build.refresh import refresh as run_all

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
