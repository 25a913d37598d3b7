"""The command line run within the test's own process: starting another takes seconds each.

That a real process ends the same way is held by `test_cli.py::test_a_real_process_ends_as_well`,
by `test_output.py`, and by the examples of the README.
"""

import contextlib
import io
import subprocess
import sys
from collections.abc import Callable

import pytest

from onearm.cli import main

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def onearm(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs ``onearm`` with arguments and tells how it ended."""

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        words = ["onearm", *map(str, arguments)]
        monkeypatch.setattr(sys, "argv", words)
        out, err = io.StringIO(), io.StringIO()
        code = 0
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main()
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else int(bool(end.code))
        return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())

    return run
