"""Run the notebooks where they are, so that their stored outputs are current."""

from __future__ import annotations

from pathlib import Path

from onearm.report.build.execute import Executed, execute_in
from onearm.report.build.runs import Run


def refresh(notebooks: Path) -> list[Executed]:
    """Execute every notebook of a folder with its own default parameters.

    Parameters
    ----------
    notebooks : Path
        The folder. A notebook that fails keeps the outputs it had.

    Returns
    -------
    list of Executed
        One a notebook, by name.
    """
    ended = []
    for path in sorted(notebooks.glob("*.ipynb")):
        run = Run(path.stem, path.name, path.stem, path.stem)
        executed = execute_in(notebooks.resolve(), run, path.read_text(encoding="utf-8"))
        if executed.ok:
            path.write_text(executed.notebook, encoding="utf-8", newline="\n")
        ended.append(executed)
    return ended
