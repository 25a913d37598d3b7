"""The application: its commands, its version, and how an error of ours ends.

Exit codes: 0 all went well, 1 a run failed or the output could not be written, 2 the input is
wrong.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

import onearm
from onearm.cli import (
    cache,
    calibrate,
    check,
    manuscript,
    pool,
    refresh,
    release,
    report,
    specifications,
)
from onearm.cli.console import problem, unwritten
from onearm.errors import OnearmError

app = typer.Typer(
    name="onearm",
    help="Meta-analysis of single-arm proportions, from the counted rows to a report.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(check.check)
app.command()(report.report)
app.command()(manuscript.manuscript)
app.command()(pool.pool)
app.command()(calibrate.calibrate)
app.command()(specifications.specifications)
app.command()(refresh.refresh)
app.command()(release.release)
app.command()(cache.cache)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"onearm {onearm.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    del version


def main() -> None:
    """Run the command line; an error of ours is a message and exit code 2, no traceback."""
    try:
        try:
            app()
        finally:
            sys.stdout.flush()  # a full disk may show only here
    except OnearmError as error:
        problem(error)
        sys.exit(2)
    except OSError as error:
        if error.filename is not None:  # a file, not the output
            raise
        unwritten(error)
        sys.exit(1)
