"""Execute one run with papermill, and believe only what can be checked.

papermill leaves a notebook whose kernel died or timed out marked complete, and lets a
misspelt parameter through. So parameters are checked before a kernel starts, every cell is
checked after the last one ended, and nothing is published from here.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import papermill
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from onearm.errors import OnearmError
from onearm.report.build.record import strip, take_away
from onearm.report.build.runs import Run, source_of

KERNEL = "python3"
CELL_SECONDS = 900
_KERNEL_SPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": KERNEL}
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Executed:
    """How a run ended.

    Attributes
    ----------
    run : Run
        The run.
    notebook : str
        The executed notebook as text; as far as it came when the run failed.
    cause : str
        Empty when it succeeded; else the cell and the reason, in one line.
    files : mapping of str to bytes
        The files of its figures, by place in the report; not in `notebook`.
    """

    run: Run
    notebook: str
    cause: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether every cell ran to its end."""
        return not self.cause


def execute_all(
    runs: Sequence[Run],
    notebooks: Sequence[Path],
    data: Path,
    executor: Executor,
    done: Callable[[Executed], None],
) -> list[Executed]:
    """Execute runs side by side; a failing one does not stop the others.

    Parameters
    ----------
    runs : sequence of Run
        What to execute.
    notebooks : sequence of Path
        The folders in which notebooks are looked for.
    data : Path
        The evidence. Both are read once, here: a table edited in mid-run changes nothing, and
        a worker on another machine needs neither folder.
    executor : Executor
        Threads suffice on one machine: the kernels are processes of their own.
    done : callable
        Told of each run as it ends.

    Returns
    -------
    list of Executed
        In the order of `runs`.
    """
    tables = {name: (data / name).read_bytes() for name in files_of(data)}
    sources = {run.notebook: source_of(run.notebook, notebooks) for run in runs}
    futures = {executor.submit(execute, run, sources[run.notebook], tables): run for run in runs}
    ended = {}
    for future in as_completed(futures):
        run = futures[future]
        try:
            ended[run.name] = future.result()
        except Exception as error:  # a worker that dies again and again, a cluster gone
            ended[run.name] = Executed(run, "", _cause(run, -1, error))
        done(ended[run.name])
    return [ended[run.name] for run in runs]


def files_of(folder: Path) -> list[str]:
    """Return the files of a folder and its sub-folders by relative path, hidden ones left out."""
    names = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    shown = (name for name in names if not any(part.startswith(".") for part in name.parts))
    return sorted(name.as_posix() for name in shown)


def execute(run: Run, source: str, tables: Mapping[str, bytes]) -> Executed:
    """Execute one run in a folder of its own, laid out as a project is.

    Parameters
    ----------
    run : Run
        Its parameters are checked before a kernel starts.
    source : str
        The notebook.
    tables : mapping of str to bytes
        The files of ``data/`` and its sub-folders, by relative path; the notebook reads them
        as ``../data``, as it does in ``notebooks/`` and in ``reports/``.
    """
    with tempfile.TemporaryDirectory(prefix="onearm-") as name:
        project = Path(name)
        for folder in ("data", "reports"):
            (project / folder).mkdir()
        for file, content in tables.items():
            path = project / "data" / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return execute_in(project / "reports", run, source)


def execute_in(cwd: Path, run: Run, source: str) -> Executed:
    """Execute one run with its kernel working in a given folder, and nothing written there."""
    reached = {"cell": -1}
    with tempfile.TemporaryDirectory(prefix="onearm-") as name:
        before, after = Path(name) / run.notebook, Path(name) / "executed.ipynb"
        before.write_text(source, encoding="utf-8")
        try:
            _check_parameters(run, before)
            papermill.execute_notebook(
                str(before),
                str(after),
                parameters=dict(run.parameters),
                kernel_name=KERNEL,
                progress_bar=False,
                request_save_on_cell_execute=False,
                execution_timeout=CELL_SECONDS,
                # Engine options: they reach nbclient, whose working directory is per client,
                # where papermill's own `cwd` would move the whole process.
                resources={"metadata": {"path": str(cwd)}},
                extra_arguments=["--IPKernelApp.log_level=ERROR"],
                shutdown_kernel="immediate",  # nothing in a kernel needs a farewell
                on_cell_start=lambda cell, cell_index, **_: reached.update(cell=cell_index),
            )
            notebook = _cleaned(nbformat.read(after, as_version=4), run)
            _check_complete(notebook)
            files = take_away(notebook, run)
        except Exception as error:  # any way a kernel can die must end as a status
            partial = after.read_text(encoding="utf-8") if after.exists() else source
            return Executed(run, partial, _cause(run, reached["cell"], error))
    return Executed(run, nbformat.writes(strip(notebook)) + "\n", files=files)


def _check_parameters(run: Run, source: Path) -> None:
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
