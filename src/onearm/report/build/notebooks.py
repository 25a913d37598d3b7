"""Where the notebooks of a report are: beside the data, or within the package."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import onearm
from onearm.errors import OnearmError

__all__ = ["folders_of", "source_of"]

FOLDER = "notebooks"


def folders_of(data: Path, given: Path | None = None) -> tuple[Path, ...]:
    """Return the folders in which notebooks are looked for, the first that has one being used.

    Parameters
    ----------
    data : Path
        The data folder; a folder ``notebooks`` beside it comes first, then one in the working
        directory, then the package's own.
    given : Path, optional
        The only folder, where it is named.

    Raises
    ------
    OnearmError
        If the folder that is named is not there.
    """
    if given is not None:
        if not given.is_dir():
            raise OnearmError(f"There is no folder {given}: name the folder of the notebooks.")
        return (given.resolve(),)
    beside = data.resolve().parent / FOLDER
    places = (beside, Path.cwd() / FOLDER, _own())
    return tuple(dict.fromkeys(place for place in places if place.is_dir()))


def source_of(name: str, folders: Sequence[Path]) -> str:
    """Return the text of a notebook.

    Parameters
    ----------
    name : str
        Its file name.
    folders : sequence of Path
        Where it may be, in order.

    Raises
    ------
    OnearmError
        If it is in none of them.
    """
    for folder in folders:
        if (folder / name).is_file():
            return (folder / name).read_text(encoding="utf-8")
    places = ", ".join(f"{folder.name}/" for folder in folders) or "the package"
    raise OnearmError(f"There is no notebook {name} in {places}.")


def _own() -> Path:
    """Return the package's notebooks: those of the clone that it runs from, or of the wheel."""
    package = Path(onearm.__file__).resolve().parent
    clone = package.parents[1]
    return (clone if (clone / "setup.py").is_file() else package / "report") / FOLDER
