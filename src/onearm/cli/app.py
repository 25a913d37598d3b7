"""The application: its commands, its version, and how an error of ours ends.

Exit codes: 0 all went well, 1 a run failed or the output could not be written, 2 the input is
wrong.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.text import Text

import onearm
from onearm import cache as kept
from onearm.cli import manuscript, pool, report, specifications
from onearm.cli.console import OUT, problem, unwritten
from onearm.errors import OnearmError
from onearm.words import count

app = typer.Typer(
    name="onearm",
    help="Meta-analysis of single-arm proportions, from the counted rows to a report.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(report.check)
app.command()(report.report)
app.command()(manuscript.manuscript)
app.command()(pool.pool)
app.command()(specifications.calibrate)
app.command()(specifications.specifications)
app.command()(report.refresh)
app.command()(report.release)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"onearm {onearm.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
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


@app.command()
def cache(
    clear: Annotated[
        bool, typer.Option("--clear", help="Remove every result that is kept.")
    ] = False,
) -> None:
    """Print where results are kept for later runs and how much they take, or clear them.

    The variable ONEARM_CACHE names another folder, or is "off".
    """
    folder = kept.folder()
    if folder is None:
        OUT.print("The cache is off: nothing is kept.")
    elif clear:
        OUT.print(Text(f"{count(kept.clear(), 'entry', 'entries')} removed from {folder}"))
    else:
        size = f"{kept.size() / 2**20:.1f} MiB of at most {kept.LIMIT / 2**20:.0f}"
        OUT.print(Text(f"{folder}: {count(kept.entries(), 'entry', 'entries')}, {size}"))
