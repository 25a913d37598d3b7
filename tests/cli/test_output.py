"""When the output cannot be written a command says so in one line, and does not end with 0."""

import subprocess
import sys
from pathlib import Path

import pytest

FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_full_disk_is_one_message(options, tmp_path):
    counts = tmp_path / "counts.csv"
    counts.write_text("study,events,n\nA,5,10\nB,4,28\n")
    command = [sys.executable, "-m", "onearm", "pool", str(counts), *options]
    with FULL.open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "error: the output was not written: No space left on device\n"
