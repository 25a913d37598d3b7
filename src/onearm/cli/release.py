"""``onearm release VERSION``: freeze the evidence, the plan and the results of a version."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from onearm.cli.console import OUT
from onearm.words import count


def release(
    version: Annotated[str, typer.Argument(help="The version, as in protocol.toml: 1.1.")],
    data: Annotated[
        Path, typer.Option(help="Folder with the evidence tables and protocol.toml.")
    ] = Path("data"),
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
