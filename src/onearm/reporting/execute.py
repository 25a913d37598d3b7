"""Execute one run with papermill, and believe only what can be checked.

papermill leaves a notebook whose kernel died or timed out marked complete, and lets a
misspelt parameter through. So parameters are checked before a kernel starts, every cell is
checked after the last one ended, and nothing is published from here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass
from pathlib import Path

import nbformat
import papermill
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from onearm.errors import OnearmError
from onearm.reporting.plan import Run

KERNEL = "python3"
CELL_SECONDS = 900
_KERNEL_SPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": KERNEL}
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class RunStatus:
    """How a run ended.

    Attributes
    ----------
    run : Run
        The run.
    cause : str
        Empty when it succeeded; else the cell and the reason, in one line.
    """

    run: Run
    cause: str = ""

    @property
    def ok(self) -> bool:
        """Whether every cell ran to its end."""
        return not self.cause


def execute_all(
    runs: Iterable[Run],
    notebooks: Path,
    folder: Path,
    executor: Executor,
    done: Callable[[RunStatus], None],
) -> list[RunStatus]:
    """Execute runs side by side; a failing one does not stop the others.

    Parameters
    ----------
    runs : iterable of Run
        What to execute.
    notebooks : Path
        Where the notebooks are.
    folder : Path
        Where the executed copies go, and the kernels' working directory.
    executor : Executor
        Threads suffice: the kernels are processes of their own.
    done : callable
        Told of each run as it ends.

    Returns
    -------
    list of RunStatus
        In the order of `runs`.
    """
    futures = {executor.submit(execute, run, notebooks, folder): run for run in runs}
    for future in as_completed(futures):
        done(future.result())
    return [future.result() for future in futures]


def execute(run: Run, notebooks: Path, folder: Path, cwd: Path | None = None) -> RunStatus:
    """Execute one run; the executed notebook is ``folder/<name>.ipynb``, whole or failed.

    The kernel works in `cwd`, or in `folder` when that is not given.
    """
    source, target = notebooks / run.notebook, folder / f"{run.name}.ipynb"
    reached = {"cell": -1}
    try:
        _check_parameters(run, source)
        papermill.execute_notebook(
            str(source),
            str(target),
            parameters=dict(run.parameters),
            kernel_name=KERNEL,
            progress_bar=False,
            request_save_on_cell_execute=False,
            execution_timeout=CELL_SECONDS,
            # Engine options: they reach nbclient, whose working directory is per client,
            # where papermill's own `cwd` would move the whole process.
            resources={"metadata": {"path": str(cwd or folder)}},
            extra_arguments=["--IPKernelApp.log_level=ERROR"],
            shutdown_kernel="immediate",  # nothing in a kernel needs a farewell
            on_cell_start=lambda cell, cell_index, **_: reached.update(cell=cell_index),
        )
        notebook = _cleaned(nbformat.read(target, as_version=4), run)
        _check_complete(notebook)
    except Exception as error:  # any way a kernel can die must end as a status, not a crash
        return RunStatus(run, _cause(run, reached["cell"], error))
    nbformat.write(notebook, target)
    return RunStatus(run)


def _check_parameters(run: Run, source: Path) -> None:
    if not source.is_file():
        raise OnearmError(f"there is no notebook {run.notebook} in {source.parent.name}/")
    known = papermill.inspect_notebook(str(source))
    for name, value in run.parameters.items():
        if name not in known:
            raise OnearmError(
                f"{run.notebook} has no parameter {name!r}; it has {', '.join(sorted(known))}"
            )
        wanted = known[name]["inferred_type_name"]
        if wanted not in ("None", type(value).__name__):
            raise OnearmError(
                f"parameter {name} of {run.notebook} is {wanted}, but {value!r} was given"
            )


def _check_complete(notebook: NotebookNode) -> None:
    """Refuse a notebook in which a cell did not run, or ended in an error."""
    for position, cell in enumerate(notebook.cells):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        if cell.execution_count is None:
            raise OnearmError(f"cell {position} did not run")
        if any(output.output_type == "error" for output in cell.outputs):
            raise OnearmError(f"cell {position} ended in an error")


def _cleaned(notebook: NotebookNode, run: Run) -> NotebookNode:
    """Drop everything that differs from run to run: times, paths, random ids."""
    notebook.metadata = NotebookNode(
        kernelspec=_KERNEL_SPEC, language_info={"name": "python"}, title=run.title
    )
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        cell.metadata = NotebookNode({"tags": tags} if tags else {})
        if "injected-parameters" in tags:
            cell.id = "injected-parameters"
    return notebook


def _cause(run: Run, reached: int, error: Exception) -> str:
    if isinstance(error, PapermillExecutionError):
        place, reason = error.cell_index, f"{error.ename}: {error.evalue}"
    else:
        place, reason = reached, f"{type(error).__name__}: {error}"
    where = f"{run.notebook}, cell {place}" if place >= 0 else run.notebook
    lines = [line.strip() for line in _ANSI.sub("", reason).splitlines() if line.strip()]
    return f"{where}: {' '.join(lines)[:400]}"
