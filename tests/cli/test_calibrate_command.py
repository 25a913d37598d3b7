"""``onearm calibrate`` prints what the function gives, and refuses what memory cannot hold."""

import io

import pandas as pd
import pytest

from onearm.robustness import calibration, coverage_percent, operating_characteristics

QUICK = ["--method", "Logit, Wald", "--method", "Arcsine, conservative Knapp–Hartung"]
LABELS = QUICK[1::2]


def test_it_prints_chosen_methods_and_the_sentence(onearm):
    done = onearm("calibrate", 4, 6, "--jobs", 1, *QUICK)
    assert done.returncode == 0
    frame = operating_characteristics([4, 6], methods=LABELS)
    assert calibration(frame).sentence in " ".join(done.stdout.split())
    for label in LABELS:
        part = frame[(frame["method"] == label) & (frame["interval"] == "confidence")]
        assert coverage_percent(part["coverage"].min()) in done.stdout
    assert "GLMM" not in done.stdout


def test_the_csv_has_both_intervals_and_their_tails(onearm):
    done = onearm("calibrate", 4, 6, "--jobs", 1, "--csv", *QUICK)
    written = pd.read_csv(io.StringIO(done.stdout))
    expected = operating_characteristics([4, 6], methods=LABELS)
    pd.testing.assert_frame_equal(written, expected, check_exact=False, rtol=1e-12)


@pytest.mark.parametrize("sizes", [(100_000, 100_000), (2000, 1500)])
def test_sizes_beyond_memory_end_with_one_message_and_the_way_out(onearm, sizes):
    done = onearm("calibrate", *sizes)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    for word in (f"{max(sizes):,} people", "GiB would be needed", "--method", "smaller studies"):
        assert word in " ".join(done.stderr.split())


def test_an_unknown_method_is_refused_with_those_that_exist(onearm):
    done = onearm("calibrate", 4, 6, "--method", "Walt")
    assert done.returncode == 2
    assert "Walt" in done.stderr
    assert "Bayes, half-normal(1)" in " ".join(done.stderr.split())
