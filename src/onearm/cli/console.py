"""What commands share: options, and consoles: results to stdout, all else to stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from onearm.errors import InputError, OnearmError
from onearm.evidence import Finding

#: Options that several commands have.
DataFolder = Annotated[
    Path, typer.Option(help="Folder with the evidence tables and protocol.toml.")
]
Jobs = Annotated[int, typer.Option(min=1, help="Processes of this machine.")]
Scheduler = Annotated[str | None, typer.Option(help="Address of a Dask scheduler to use instead.")]

OUT = Console(highlight=False, soft_wrap=True)
ERR = Console(stderr=True, highlight=False, soft_wrap=True)
COLOURS = {"error": "bold red", "warning": "yellow", "note": "cyan"}


def problem(error: OnearmError) -> None:
    """Print an error of ours: the message, then every finding behind it."""
    message = error.message if isinstance(error, InputError) else str(error)
    ERR.print(Text("error: ", "bold red") + Text(message))
    if isinstance(error, InputError):
        findings(error.findings, ERR)


def unwritten(error: OSError) -> None:
    """Say that the standard output could not be written, and write no more to it.

    Python writes what is left once more as it ends; that must not fail a second time.
    """
    with Path(os.devnull).open("wb") as nowhere, suppress(OSError, ValueError):
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
    ERR.print(Text("error: ", "bold red") + Text(f"the output was not written: {error.strerror}"))


def findings(items: Sequence[Finding], console: Console = OUT) -> None:
    """Print findings one under the other: place, value, what is wrong, what to do.

    Texts of the tables are printed as text: nothing in them is taken for markup.
    """
    for item in items:
        head = Text(item.severity, COLOURS[item.severity]) + Text(f" {item.code}  {item.place}")
        if item.value is not None:
            head.append(f" = {item.value!r}")
        console.print(head)
        console.print(Text(f"    {item.sentence}"))
        if item.mend:
            console.print(Text(f"    what to do: {item.mend}", "dim"))
