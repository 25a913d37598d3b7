"""The rows behind an outcome's numbers: pool by pool, one by one, and those in no pool."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from markupsafe import Markup

from onearm.analysis import SET_LABELS, Pool
from onearm.evidence.frames import Row, rows_of
from onearm.models import StudyResult
from onearm.report.kit.html import Cell, Html, anchor, joined, link, prose, table
from onearm.words import with_interval

Pools = Mapping[str, Pool]  # by evidence set
Strata = Mapping[str, Mapping[str, Sequence[Pool]]]  # and then by what they are split by


def pool_anchor(pool: Pool) -> str:
    """Return the id of the line that lists the rows of a pool."""
    return anchor(f"{pool.selection.evidence_set}-{pool.label}", "pool")


def rows_table(pools: Pools, strata: Strata) -> Html:
    """Return the rows of every pool of the protocol, by pool and then one by one.

    Parameters
    ----------
    pools : mapping of str to Pool
        The whole of each evidence set.
    strata : mapping of str to mapping of str to sequence of Pool
        Evidence set, then what is split by, to its pools.
    """
    everything = [pool for pool in _all(pools, strata) if pool.selection.k]
    if not everything:
        return prose("No pool of the protocol has a row of this outcome.", kind="muted")
    rows = _by_id(everything)
    one_by_one = table(
        "The rows behind the numbers, each with its source",
        ["Row", "Study", "Setting", "Class of drug", "Events / n", "Percent (exact interval)",
         "As printed", "Basis", "Definition", "Source and place"],
        [_row_cells(row, study) for row, study in rows.values()],
        name="rows",
        ids=[anchor(row_id) for row_id in rows],
    )  # fmt: skip
    return joined(pool_rows_table(everything, "Which rows meet in which pool"), one_by_one)


def pool_rows_table(pools: Iterable[Pool], caption: str, page: str = "") -> Html:
    """Return one line a pool, at its anchor, that names its rows and leads to each of them.

    Parameters
    ----------
    pools : iterable of Pool
        Those without a row are left out.
    caption : str
        Of the table.
    page : str
        Where the rows stand, if not on the same page.
    """
    pools = [pool for pool in pools if pool.selection.k]
    if not pools:
        return prose(f"{caption}: none in any pool.", kind="muted")
    return table(
        caption,
        ["Pool", "Meet in it", "Rows"],
        [[_name(pool), pool.cohorts, _row_links(pool, page)] for pool in pools],
        ids=[pool_anchor(pool) for pool in pools],
    )


def excluded_table(pools: Pools, strata: Strata) -> Html:
    """Return the rows of the outcome that are in no pool, strata included, and why."""
    pooled = {
        row_id for pool in _all(pools, strata) for row_id in pool.selection.rows["row_id"]
    }  # fmt: skip
    *_, whole = pools.values()
    left_out = whole.selection.excluded.drop_duplicates("row_id")
    rows = [row for row in rows_of(left_out) if row["row_id"] not in pooled]
    if not rows:
        return prose("No row of this outcome was left out.")
    lines: list[list[Cell]] = [
        [_to_evidence(row), str(row["label"]), _counts(row), str(row["denominator"]),
         str(row["reason"])]
        for row in rows
    ]  # fmt: skip
    return table(
        f"Rows of this outcome that are in no pool of the protocol ({len(rows)})",
        ["Row", "Study", "Events / n", "Denominator", "Reason"], lines,
        ids=[anchor(str(row["row_id"]), "left-out") for row in rows],
    )  # fmt: skip


def _all(pools: Pools, strata: Strata) -> list[Pool]:
    parts = (split for splits in strata.values() for split in splits.values())
    return [*pools.values(), *chain.from_iterable(parts)]


def _by_id(pools: Iterable[Pool]) -> dict[str, tuple[Row, StudyResult]]:
    """Return the rows of all pools once, in the order of studies, with what is known of each."""
    found = [
        (row, study)
        for pool in pools
        for row, study in zip(rows_of(pool.selection.rows), pool.pooled.studies, strict=True)
    ]
    found.sort(key=lambda item: tuple(str(item[0][key]) for key in ("year", "label", "row_id")))
    return {str(row["row_id"]): (row, study) for row, study in found}


def _name(pool: Pool) -> str:
    """Name a pool with its evidence; the whole of a set is named by it."""
    evidence = SET_LABELS["core" if pool.selection.evidence_set == "core" else "core+extended"]
    return evidence if pool.label == evidence else f"{pool.label}, {evidence.lower()}"


def _row_links(pool: Pool, page: str) -> Markup:
    return Markup("; ").join(
        Markup("{} {}, {}/{}").format(
            link(f"{page}#{anchor(str(row['row_id']))}", str(row["row_id"])),
            row["label"], row["events"], row["n"],
        )
        for row in rows_of(pool.selection.rows)
    )  # fmt: skip


def _row_cells(row: Row, study: StudyResult) -> list[Cell]:
    return [
        _to_evidence(row),
        link(f"evidence.html#{anchor(str(row['study_id']), 'study')}", str(row["label"])),
        str(row["setting_label"]) or "not stated",
        str(row["agent_group_label"]) or str(row["agent_class"]).replace("_", " "),
        f"{study.events}/{study.n} {row['denominator']}",
        with_interval(study.proportion, study.ci),
        str(row["printed"]) or "–",
        "stated" if row["basis"] == "stated" else f"derived: {row['derivation']}",
        str(row["definition"]) or "not given",
        f"{row['source']} ({row['evidence_set']}, {str(row['source_type']).replace('_', ' ')}): "
        f"{row['locator']}",
    ]


def _to_evidence(row: Row) -> Markup:
    row_id = str(row["row_id"])
    return link(f"evidence.html#{anchor(row_id)}", row_id)


def _counts(row: Row) -> str:
    events, n = (
        "not reported" if row[name] is None else str(row[name]) for name in ("events", "n")
    )
    return events if events == n == "not reported" else f"{events}/{n}"
