"""Where work runs: threads, this machine's processes, or a Dask cluster.

One seam, the standard library's `concurrent.futures.Executor`. Whoever fans work out takes
an executor and gives it pure functions of picklable arguments, so that the same call gives
the same bytes on any of the three.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Literal

from onearm.errors import OnearmError

__all__ = ["opened"]

Local = Literal["threads", "processes"]
RETRIES = 3  # of a task whose worker died; a task that fails by itself is not tried again
CONNECT_SECONDS = 20


@contextmanager
def opened(
    jobs: int = 2, scheduler: str | None = None, *, local: Local = "threads"
) -> Iterator[Executor]:
    """Open an executor and close it at the end.

    Parameters
    ----------
    jobs : int
        Tasks at a time on this machine.
    scheduler : str, optional
        Address of a Dask scheduler. Its workers need the same version of onearm, and no
        folder of this machine. A task whose worker dies is done again by another.
    local : {"threads", "processes"}
        What this machine uses: threads for work that starts processes of its own, such as
        notebooks; processes for computing.

    Yields
    ------
    Executor

    Raises
    ------
    OnearmError
        If Dask is not installed or the scheduler does not answer.
    """
    if scheduler is not None:
        with _cluster(scheduler) as executor:
            yield executor
    elif local == "threads":
        with ThreadPoolExecutor(max_workers=max(1, jobs)) as executor:
            yield executor
    else:
        # Fork copies the locks of other threads as they happen to stand.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(max_workers=max(1, jobs), mp_context=context) as executor:
            yield executor


@contextmanager
def _cluster(address: str) -> Iterator[Executor]:
    try:
        from distributed import Client
    except ImportError:
        raise OnearmError("A scheduler needs Dask: pip install onearm[cluster].") from None
    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise OnearmError(f"No Dask scheduler answers at {address}: {reason}.") from None
    with client, client.get_executor(pure=False, retries=RETRIES) as executor:
        yield executor
