"""``onearm cache``: what is kept on disk between runs, and how to clear it."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from onearm import cache as kept
from onearm.cli.console import OUT
from onearm.words import count


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
