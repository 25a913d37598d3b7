"""``onearm manuscript``: the review as a Word file for a journal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from onearm.analysis import Review
from onearm.cli.console import OUT
from onearm.errors import InputError, OnearmError
from onearm.evidence.findings import errors_among
from onearm.words import count


def manuscript(
    data: Annotated[
        Path, typer.Option(help="Folder with the evidence tables and protocol.toml.")
    ] = Path("data"),
    out: Annotated[
        Path, typer.Option(help="The Word file; one that is there already is replaced.")
    ] = Path("manuscript.docx"),
) -> None:
    """Write methods, results, tables, figures, PRISMA checklist and references as a Word file.

    Exits with 2, and writes nothing, if the input is wrong or the file cannot be written.
    """
    from onearm.report.manuscript.document import manuscript as made  # draws: slow to import

    if out.suffix != ".docx" or out.is_dir() or not out.parent.is_dir():
        raise OnearmError(f"{out} cannot be written: name a .docx file in a folder that exists.")
    review = Review(data)
    errors = errors_among(review.findings)
    if errors:
        raise InputError("The evidence contradicts itself; nothing was made.", errors)
    part = out.with_name(out.name + ".part")
    try:
        part.write_bytes(made(review))
        part.replace(out)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OnearmError(
            f"{out} cannot be written ({error.strerror}): choose another file."
        ) from None
    OUT.print(Text(f"{count(len(review.outcomes), 'outcome')}: open {out}"))
