"""Run the notebooks where they are, so that their stored outputs are current."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from onearm.reporting.execute import RunStatus, execute
from onearm.reporting.plan import Run


def refresh(notebooks: Path) -> list[RunStatus]:
    """Execute every notebook of a folder with its own default parameters.

    Parameters
    ----------
    notebooks : Path
        The folder. A notebook that fails keeps the outputs it had.

    Returns
    -------
    list of RunStatus
        One a notebook, by name.
    """
    statuses = []
    with tempfile.TemporaryDirectory() as name:
        for path in sorted(notebooks.glob("*.ipynb")):
            run = Run(path.stem, path.name, path.stem, path.stem)
            status = execute(run, notebooks, Path(name), cwd=notebooks.resolve())
            if status.ok:
                shutil.copyfile(Path(name) / path.name, path)
            statuses.append(status)
    return statuses
