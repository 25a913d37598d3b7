"""Where work runs: threads, this machine's processes, or a Dask cluster.

One seam, the standard library's `concurrent.futures.Executor`. Whoever fans work out takes
an executor and gives it pure functions of picklable arguments, so that the same call gives
the same bytes on any of the three.
"""

from __future__ import annotations

import logging
import multiprocessing
from collections.abc import Iterator, Mapping
from concurrent.futures import CancelledError, Executor, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from importlib.metadata import version
from typing import Literal

from onearm.errors import OnearmError

__all__ = ["opened"]

log = logging.getLogger(__name__)

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
        If Dask is not installed, the scheduler does not answer, a worker has another version
        of onearm, or the work ends every process that it is given to.
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
        try:
            with ProcessPoolExecutor(max_workers=max(1, jobs), mp_context=context) as executor:
                yield executor
        except BrokenProcessPool:
            raise OnearmError(
                "A process ended before its work was done, most likely for want of memory: "
                "try --jobs 1."
            ) from None


@contextmanager
def _cluster(address: str) -> Iterator[Executor]:
    try:
        from distributed import Client, KilledWorker
        from distributed.comm.addressing import get_address_host_port
        from distributed.comm.core import CommClosedError
    except ImportError:
        raise OnearmError(
            'A scheduler needs Dask: pip install "onearm[cluster]", or leave --scheduler out.'
        ) from None
    try:
        get_address_host_port(address, strict=True)  # a client of nowhere takes long to die
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise OnearmError(
            f"No Dask scheduler answers at {address}: {reason}. "
            "Give the address that `dask scheduler` prints, such as tcp://10.0.0.5:8786."
        ) from None
    with _quiet("distributed"), client:
        _same_version(client.run(_version, on_error="return"), address)
        try:
            with client.get_executor(pure=False, retries=RETRIES) as executor:
                yield executor
        except KilledWorker:
            raise OnearmError(
                f"One task ended {RETRIES + 1} workers of the cluster at {address}, most likely "
                "for want of memory: give each worker more, or run it here without --scheduler."
            ) from None
        except (CommClosedError, CancelledError):
            raise OnearmError(
                f"The Dask scheduler at {address} is gone; start it and run this again."
            ) from None


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    """Keep a library's log off the screen: our error says in one line what it tells in pages."""
    loggers = [
        logger for key, logger in logging.root.manager.loggerDict.items()
        if key.split(".")[0] == name and isinstance(logger, logging.Logger)
    ]  # fmt: skip
    before = [logger.handlers[:] for logger in loggers]
    for logger in loggers:
        logger.handlers[:] = [logging.NullHandler()]
    try:
        yield
    finally:
        for logger, handlers in zip(loggers, before, strict=True):
            logger.handlers[:] = handlers


def _version() -> str:
    return version("onearm")


def _same_version(found: Mapping[str, object], address: str) -> None:
    """Refuse workers that cannot do the work or would do it by other code."""
    own = _version()
    if not found:
        # An adaptive cluster starts workers once there is work: wait, but say so.
        log.warning("The Dask cluster at %s has no worker yet; waiting for one.", address)
    for worker, its in found.items():
        if its != own:
            has = f"has onearm {its}" if isinstance(its, str) else "has no onearm"
            raise OnearmError(
                f"The worker {worker} {has}, and this is {own}: "
                f"install onearm {own} where the workers run, and start them again."
            )
