import math
from dataclasses import replace

import onearm
from onearm.figures import terminal
from onearm.words import interval, with_interval


def test_a_bar_starts_ends_and_has_its_mark_where_the_numbers_are():
    bar = terminal.bar((0.25, 0.75), 0.5, "-o", 41)
    assert (bar.index("-"), bar.index("o"), bar.rindex("-"), len(bar)) == (10, 20, 30, 41)


def test_the_ends_of_the_scale_fit():
    assert terminal.bar((0.0, 1.0), 0.0, "-o", 21) == "o" + "-" * 20
    assert terminal.bar((0.0, 1.0), 1.0, "-o", 21) == "-" * 20 + "o"
    assert terminal.bar((float("nan"), float("nan")), float("nan"), "-o", 21) == " " * 21
    assert len(terminal.scale(21)) == 21
    assert terminal.scale(41).index("50 %") + 2 in (20, 21)


def test_one_study_has_no_pool_to_draw():
    one = onearm.pool([3], [10])
    assert [line.name for line in terminal.studies(one)] == ["Study 1"]
    assert terminal.totals(one) == []
    two = onearm.pool([3, 4], [10, 10])
    assert [line.name for line in terminal.studies(two)] == ["Study 1", "Study 2"]
    pooled, ahead = terminal.totals(two)
    assert (pooled.name, pooled.counts) == ("Pooled", "7/20")
    assert pooled.numbers == with_interval(two.estimate, two.ci)
    assert interval(*two.prediction_interval) in ahead.numbers


def test_an_estimate_that_is_not_defined_is_not_drawn():
    pooled = replace(onearm.pool([3, 4], [10, 10]), estimate=math.nan)
    assert terminal.totals(pooled) == []
