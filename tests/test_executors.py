"""The three places where work may run give the same results, and a dead worker loses none."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from distributed import LocalCluster

from onearm import OnearmError, operating_characteristics
from onearm.analysis import Review
from onearm.executors import opened
from onearm.report.build.build import build
from onearm.robustness import specifications


@pytest.fixture(scope="module")
def cluster():
    """A real scheduler with two worker processes."""
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as running:
        yield running


@pytest.mark.parametrize("local", ["threads", "processes"])
def test_tasks_come_back_in_order_with_their_exceptions(local):
    with opened(2, local=local) as executor:
        assert list(executor.map(pow, range(5), [2] * 5)) == [0, 1, 4, 9, 16]
        with pytest.raises(ZeroDivisionError):
            executor.submit(divmod, 1, 0).result()


def test_a_cluster_is_an_executor_like_the_others(cluster):
    with opened(scheduler=cluster.scheduler_address) as executor:
        assert list(executor.map(pow, range(5), [2] * 5)) == [0, 1, 4, 9, 16]
        with pytest.raises(ZeroDivisionError):
            executor.submit(divmod, 1, 0).result()


@pytest.mark.parametrize("where", ["processes", "cluster"])
def test_a_calibration_is_the_same_wherever_it_runs(where, cluster):
    here = operating_characteristics((3, 4, 3), p=(0.1, 0.4), tau=(0.0, 0.5))
    address = cluster.scheduler_address if where == "cluster" else None
    with opened(2, address, local="processes") as executor:
        there = operating_characteristics(
            (3, 4, 3), p=(0.1, 0.4), tau=(0.0, 0.5), executor=executor
        )
    assert there.to_csv() == here.to_csv()


@pytest.mark.parametrize("where", ["processes", "cluster"])
def test_a_specification_curve_is_the_same_wherever_it_runs(where, cluster, evidence):
    here = specifications(Review(evidence), "r0")
    address = cluster.scheduler_address if where == "cluster" else None
    with opened(2, address, local="processes") as executor:
        there = specifications(Review(evidence), "r0", executor=executor)
    assert there.table.to_csv() == here.table.to_csv()
    assert there.sentence == here.sentence
    assert there.data == here.data


def test_a_curve_and_a_calibration_survive_a_killed_worker(evidence):
    """One of two workers is killed while it computes; the bytes are those of this process."""
    curve = specifications(Review(evidence), "mpr")
    sizes = (6, 1, 12, 8)
    scores = operating_characteristics(sizes)
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        opened(scheduler=cluster.scheduler_address) as executor,
    ):
        for run, expected in (
            (lambda: specifications(Review(evidence), "mpr", executor=executor).table, curve.table),
            (lambda: operating_characteristics(sizes, executor=executor), scores),
        ):
            with ThreadPoolExecutor(1) as beside:
                found = beside.submit(run)
                pid = _busy(cluster)
                os.kill(pid, signal.SIGKILL)
                assert not found.done(), "the worker was killed after the end"
                assert found.result().to_csv() == expected.to_csv()


def _busy(cluster) -> int:
    """Wait for a worker that computes, and return its process."""
    for _ in range(6000):
        for worker in list(cluster.scheduler.workers.values()):
            if worker.processing:
                return next(
                    nanny.pid for nanny in cluster.workers.values()
                    if nanny.worker_address == worker.address
                )  # fmt: skip
        time.sleep(0.005)
    raise AssertionError("no worker ever had anything to do")


def test_a_worker_of_another_version_is_refused(cluster, monkeypatch):
    monkeypatch.setattr("onearm.executors.version", lambda _: "0.0.9")
    with (
        pytest.raises(OnearmError, match=r"The worker tcp://\S+ has onearm .* and this is 0\.0\.9"),
        opened(scheduler=cluster.scheduler_address),
    ):
        pass


def test_an_address_without_a_port_is_refused_at_once():
    started = time.monotonic()
    with (
        pytest.raises(OnearmError, match=r"No Dask scheduler answers at nowhere.*tcp://10"),
        opened(scheduler="nowhere"),
    ):
        pass
    assert time.monotonic() - started < 5


def test_a_process_that_ends_early_is_a_message():
    with pytest.raises(OnearmError, match="try --jobs 1"), opened(1, local="processes") as executor:
        list(executor.map(os._exit, [1]))


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch):
    monkeypatch.setattr("onearm.executors.CONNECT_SECONDS", 1)
    with (
        pytest.raises(OnearmError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:9"),
        opened(scheduler="tcp://127.0.0.1:9"),
    ):
        pass


@pytest.fixture
def lonely_scheduler(tmp_path):
    """A scheduler and one worker, each a process of its own: (address, the scheduler)."""
    file = tmp_path / "scheduler.json"
    dask = [sys.executable, "-m", "distributed.cli"]
    commands = (
        [f"{dask[-1]}.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"],
        [f"{dask[-1]}.dask_worker", "--no-nanny", "--nthreads", "1", "--no-dashboard"],
    )
    running = [
        subprocess.Popen([*dask[:-1], *command, "--scheduler-file", str(file)],
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for command in commands
    ]  # fmt: skip
    end = time.monotonic() + 60
    while time.monotonic() < end and not (file.is_file() and file.read_text().endswith("}")):
        time.sleep(0.1)
    yield json.loads(file.read_text())["address"], running[0]
    for process in running:
        process.kill()
        process.wait()


def test_a_scheduler_lost_in_mid_run_is_one_message(lonely_scheduler, capfd):
    address, scheduler = lonely_scheduler

    def lose_it():
        with opened(scheduler=address) as executor:
            task = executor.submit(time.sleep, 60)
            scheduler.kill()
            task.result(timeout=50)

    with pytest.raises(OnearmError, match=f"The Dask scheduler at {address} is gone"):
        lose_it()
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.slow
def test_a_report_made_by_a_cluster_with_a_killed_worker_has_the_same_bytes(
    cluster, small_data, project, tmp_path
):
    local = build(small_data, tmp_path / "local", project / "notebooks", jobs=2)
    killed = []

    def kill_one(_runs):
        """Once the notebooks run, end a worker as a machine does that loses power."""
        import threading

        def strike():
            time.sleep(4)
            pids = [worker.pid for worker in cluster.workers.values()]
            os.kill(pids[0], signal.SIGKILL)
            killed.append(pids[0])

        threading.Thread(target=strike, daemon=True).start()

    remote = build(
        small_data, tmp_path / "remote", project / "notebooks",
        scheduler=cluster.scheduler_address, started=kill_one,
    )  # fmt: skip
    assert killed
    assert local.failures == remote.failures == ()
    names, others = (
        sorted(path.relative_to(built.out) for path in built.out.rglob("*") if path.is_file())
        for built in (local, remote)
    )
    assert names == others
    for name in names:
        assert Path(local.out / name).read_bytes() == Path(remote.out / name).read_bytes(), name
