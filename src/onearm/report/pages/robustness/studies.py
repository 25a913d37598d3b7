"""The tables of what single studies do to a pool, and of what goes with their differences."""

from __future__ import annotations

from onearm.evidence.frames import Row, rows_of
from onearm.report.kit.html import Html, bullets, folded, joined, table
from onearm.robustness import CheckResult
from onearm.words import NOT_ESTIMABLE, number, p_value, percent, with_interval

__all__ = ["influence_tables", "moderator_tables", "pulls_table", "steps_tables"]

ORDERS = {"year": "by year of publication", "size": "from the largest study to the smallest"}


def influence_tables(label: str, result: CheckResult) -> Html:
    """Return the measures of influence, and the pool without each study by every model."""
    return folded(
        f"{label}: the measures of influence, and the pool without each study by every model",
        _measures(label, result), _every_model(label, result),
    )  # fmt: skip


def _measures(label: str, result: CheckResult) -> Html:
    columns = ["Without it", "Deleted residual", "DFFITS", "Cook's distance", "Covariance ratio",
               "Hat", "tau² without", "Q without", "Part of Q"]  # fmt: skip
    return table(
        f"{label}: each study left out, by the plan's own model",
        ["Study", *columns, "Influential"],
        [[str(r["study"]), with_interval(r["estimate"], (r["ci_low"], r["ci_high"])),
          *(number(r[name]) for name in ("rstudent", "dffits", "cook_d", "cov_ratio", "hat",
                                         "tau2")),
          number(result.data["q"] + r["q_change"]), number(r["q_part"]),
          "yes" if r["influential"] else "no"]
         for r in rows_of(result.table)], numeric=columns,
    )  # fmt: skip


def _every_model(label: str, result: CheckResult) -> Html:
    without, *models = result.data["every_model"].items()
    names = [name for name, _ in models]
    lines = zip(without[1], *(estimates for _, estimates in models), strict=True)
    return table(
        f"{label}: the estimate without each study, by every model of the plan",
        ["Left out", *names],
        [[str(study), *(percent(estimate) for estimate in line)] for study, *line in lines],
        numeric=names,
    )


def pulls_table(label: str, result: CheckResult) -> Html:
    """Return what each study does to the estimates of the subsets."""
    return table(
        f"{label}: mean estimate over all subsets with a study and without it",
        ["Study", "With it", "Without it", "Difference"],
        [[str(r["study"]), percent(r["with_it"]), percent(r["without_it"]),
          f"{100 * r['difference']:+.1f} points"] for r in rows_of(result.table)],
        numeric=["With it", "Without it", "Difference"],
    )  # fmt: skip


def steps_tables(label: str, result: CheckResult) -> Html:
    """Return the pool as it grew, in each order."""
    return joined(*(_steps(label, result, by) for by in result.data["by"]))


def _steps(label: str, result: CheckResult, by: str) -> Html:
    return table(
        f"{label}: the pool as it grew, {ORDERS[by]}",
        ["Study that came in", "Patients", "Rows", "Estimate (interval)"],
        [[str(r["study"]), str(r["n"]), str(r["k"]),
          with_interval(r["estimate"], (r["ci_low"], r["ci_high"]))]
         for r in rows_of(result.table[result.table["by"] == by])],
        numeric=["Patients", "Rows", "Estimate (interval)"],
    )  # fmt: skip


def moderator_tables(label: str, result: CheckResult) -> Html:
    """Return the test of each moderator, its odds ratios, and what to bear in mind."""
    tests = result.data["tests"]
    cautions = [f"{test['moderator']}: {said}" for test in tests for said in test["cautions"]]
    parts = [_tests(label, result), _odds_ratios(label, result)]
    return joined(*parts, bullets(cautions, none="")) if cautions else joined(*parts)


def _tests(label: str, result: CheckResult) -> Html:
    numeric = ["Rows", "F (df)", "p", "R²", "tau² left"]
    return table(
        f"{label}: does it go with the differences? One moderator at a time, exploratory",
        ["Moderator", *numeric],
        [[test["moderator"], str(test["k"]), _f_test(test), p_value(test["pvalue"]),
          percent(test["r2"]), number(test["tau2"])] for test in result.data["tests"]],
        numeric=numeric,
    )  # fmt: skip


def _f_test(test: Row) -> str:
    f = number(test["f"])
    return f if f == NOT_ESTIMABLE else f"{f} ({test['df1']:.0f}, {test['df2']:.0f})"


def _odds_ratios(label: str, result: CheckResult) -> Html:
    numeric = ["Rows", "Odds ratio", "Interval"]
    return table(
        f"{label}: odds ratios of the event, by the binomial-normal GLMM",
        ["Moderator", "Level, or step", *numeric],
        [[str(r["moderator"]), str(r["level"]), str(r["k"]), *_ratio(r)]
         for r in rows_of(result.table)], numeric=numeric,
    )  # fmt: skip


def _ratio(row: Row) -> tuple[str, str]:
    if row["reference"] and row["level"] == row["reference"]:
        return "1", "reference"
    low, high = number(row["ci_low"]), number(row["ci_high"])
    limits = NOT_ESTIMABLE if NOT_ESTIMABLE in (low, high) else f"{low} to {high}"
    return number(row["odds_ratio"]), limits
