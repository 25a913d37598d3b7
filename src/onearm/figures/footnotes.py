"""Where a source prints another percentage or interval than its counts give."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_lowercase

from onearm.analysis import Pool
from onearm.evidence.audit.rounding import how_printed, prints_as, share
from onearm.evidence.frames import Row, rows_of
from onearm.models import StudyResult
from onearm.words import interval, percent, with_interval

_HOW = {"twice": ", rounded twice", "cut": ", cut off and not rounded"}


def letter(place: int) -> str:
    """Return the mark of a footnote: a to z, then aa, ab and so on.

    Examples
    --------
    >>> letter(0), letter(25), letter(26)
    ('a', 'z', 'aa')
    """
    first, last = divmod(place, len(ascii_lowercase))
    return (letter(first - 1) if first else "") + ascii_lowercase[last]


def footnotes(pool: Pool) -> list[str]:
    """Return, for every study of a pool, what its source prints otherwise; "" where it does not.

    A derived count has no printed figure of its own. Then the figure that the source prints
    over another denominator is told, which is the one a reader will find there.
    """
    level, left_out = pool.pooled.level, rows_of(pool.selection.excluded)
    drawn = zip(rows_of(pool.selection.rows), pool.pooled.studies, strict=True)
    return [_footnote(row, study, level, left_out) for row, study in drawn]


def _footnote(row: Row, study: StudyResult, level: float, left_out: Sequence[Row]) -> str:
    if row["basis"] == "derived" and not row["printed_percent"]:
        return next(
            (_elsewhere(other, study, row, level) for other in left_out if _other(row, other)), ""
        )
    parts = [_percentage(row, study), _interval(row, study, level)]
    return "; ".join(part for part in parts if part)


def _other(row: Row, other: Row) -> bool:
    """Whether a row counts the same patients' events over another denominator, as printed."""
    same = all(row[name] == other[name] for name in ("study_id", "population", "agent_class"))
    return (
        same
        and other["use"] == "pool"
        and other["denominator"] != row["denominator"]
        and bool(other["printed_percent"])
        and other["n"] is not None
    )


def _elsewhere(other: Row, study: StudyResult, row: Row, level: float) -> str:
    low, high = other["printed_ci_low"], other["printed_ci_high"]
    its = f" at {other['printed_ci_level']} %" if other["printed_ci_level"] else ""
    limits = f" ({low} to {high}{its})" if low and high else ""
    return (
        f"printed {other['printed_percent']} %{limits} of {other['n']} {other['denominator']}, "
        f"recomputed {with_interval(study.proportion, study.ci)} at {100 * level:g} % of "
        f"{study.n} {row['denominator']}"
    )


def _percentage(row: Row, study: StudyResult) -> str:
    printed = str(row.get("printed_percent") or "")
    if not printed:
        return ""
    way = how_printed(share(study.events, study.n), printed)
    if way == "once":
        return ""
    return f"printed {printed} %{_HOW.get(way or '', '')}, recomputed {percent(study.proportion)}"


def _interval(row: Row, study: StudyResult, level: float) -> str:
    low, high, its = (str(row.get(f"printed_ci_{name}") or "") for name in ("low", "high", "level"))
    if not (low and high):
        return ""
    same_level = its != "" and abs(float(its) - 100 * level) < 1e-9
    pairs = zip(study.ci, (low, high), strict=True)
    if same_level and all(prints_as(100 * limit, shown, "once") for limit, shown in pairs):
        return ""
    at = f"at {its} %" if its else "without a level"
    return f"printed {low} to {high} {at}, recomputed {interval(*study.ci)} at {100 * level:g} %"
