"""The rows behind an outcome's numbers: pool by pool, one by one, and those in no pool."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from markupsafe import Markup

from onearm.analysis import OutcomeAnalysis, Pool
from onearm.evidence import Protocol, Row
from onearm.models import StudyResult
from onearm.report.kit.html import Cell, Html, anchor, digest, joined, link, prose, table
from onearm.report.kit.sentences import within
from onearm.words import with_interval

__all__ = ["excluded_table", "full_name", "pool_anchor", "pool_rows_table", "rows_table"]

_ROWS = "files/data/outcomes.csv"

#: A column of the table of rows: its head, and the cell of a row.
Column = tuple[str, Callable[[Row, StudyResult], Cell]]


def pool_anchor(pool: Pool) -> str:
    """Return the id of the line that lists the rows of a pool.

    Two subgroups may have one label, so that the rows are part of it.
    """
    selection = pool.selection
    name = "".join(char if char.isalnum() else "-" for char in pool.label)
    rows = sorted(selection.row_ids)
    return f"pool-{name}-{digest(selection.evidence_set, pool.label, *rows)}"


def full_name(pool: Pool) -> str:
    """Name a pool with its evidence where the plan has several sets."""
    protocol = pool.selection.protocol
    evidence = protocol.set_named(pool.selection.evidence_set).label
    if pool.label == evidence or not protocol.has_several_sets:
        return pool.label
    return f"{pool.label}, {within(evidence)}"


def rows_table(analysis: OutcomeAnalysis) -> Html | None:
    """Return the rows of every pool of an outcome, by pool and then one by one; None of none."""
    pools = [pool for pool in analysis.every_pool() if pool.selection.k]
    by_pool = pool_rows_table(pools, "Which rows each pool holds")
    if by_pool is None:
        return None
    rows = _by_id(pools)
    columns = _filled(_columns(analysis), rows.values())
    one_by_one = table(
        "The rows, each with its source",
        [head for head, _ in columns],
        [[cell(*pair) or "–" for _, cell in columns] for pair in rows.values()],
        name="rows",
        ids=[anchor(row_id) for row_id in rows],
    )
    return joined(by_pool, one_by_one, prose(link(_ROWS, "Download: every row (CSV)")))


def pool_rows_table(pools: Iterable[Pool], caption: str, page: str = "") -> Html | None:
    """Return one line a pool, at its anchor, that names its rows and links to each of them.

    Parameters
    ----------
    pools : iterable of Pool
        Those without a row are left out, and the same pool is told once.
    caption : str
        Of the table.
    page : str
        Where the rows stand, if not on the same page.
    """
    lines = {pool_anchor(pool): pool for pool in pools if pool.selection.k}
    if not lines:
        return None
    return table(
        caption,
        ["Pool", "Holds", "Rows"],
        [[full_name(pool), pool.cohorts, _row_links(pool, page)] for pool in lines.values()],
        ids=list(lines),
    )


def excluded_table(analysis: OutcomeAnalysis) -> Html | None:
    """Return the rows of the outcome that are in no pool, subgroups included, and why."""
    pooled = {row_id for pool in analysis.every_pool() for row_id in pool.selection.row_ids}
    out = {each.row.row_id: each for each in analysis.widest.selection.excluded}
    left = [each for row_id, each in out.items() if row_id not in pooled]
    if not left:
        return None
    protocol = analysis.review.protocol
    return table(
        f"Rows in no pool ({len(left)})",
        ["Row", "Study", "Events / n", "Counted over", "Reason"],
        [
            [
                _to_evidence(each.row),
                each.row.label,
                _counts(each.row),
                protocol.denominator_noun(each.row.count.denominator).many,
                each.reason,
            ]
            for each in left
        ],
        ids=[anchor(each.row.row_id, "left-out") for each in left],
    )


def _by_id(pools: Iterable[Pool]) -> dict[str, tuple[Row, StudyResult]]:
    """Return the rows of all pools once, in the order of studies, with what is known of each."""
    found = [
        pair
        for pool in pools
        for pair in zip(pool.selection.rows, pool.pooled.studies, strict=True)
    ]
    found.sort(key=lambda pair: pair[0].order)
    return {row.row_id: (row, study) for row, study in found}


def _row_links(pool: Pool, page: str) -> Markup:
    return Markup("; ").join(
        Markup("{} {}, {}/{}").format(
            link(f"{page}#{anchor(row.row_id)}", row.row_id), row.label, row.events, row.n
        )
        for row in pool.selection.rows
    )


def _columns(analysis: OutcomeAnalysis) -> Iterator[Column]:
    """Yield the columns that the table of rows may have."""
    evidence, protocol = analysis.review.evidence, analysis.review.protocol
    yield "Row", lambda row, _: _to_evidence(row)
    yield "Study", lambda row, _: _to_study(row)
    yield from (_declared(protocol, name) for name in _split_by(protocol))
    yield "Events / n", lambda row, study: _of_whom(protocol, row, study)
    yield "Percent (exact interval)", lambda _, study: with_interval(study.proportion, study.ci)
    yield "As printed", lambda row, _: row.count.printed
    if evidence.has("outcomes", "basis"):
        yield "Basis", lambda row, _: _basis(row)
    yield "Definition", lambda row, _: row.count.definition
    yield "Source and place", lambda row, _: _source(protocol, row)


def _filled(columns: Iterable[Column], rows: Iterable[tuple[Row, StudyResult]]) -> list[Column]:
    """Return the columns that say anything of any row."""
    rows = list(rows)
    return [(head, cell) for head, cell in columns if any(cell(*pair) for pair in rows)]


def _split_by(protocol: Protocol) -> tuple[str, ...]:
    """Return the columns that tell rows apart: those of strata, then those with listed values."""
    declared = {**protocol.columns.studies, **protocol.columns.outcomes}
    strata = [stratum.column for stratum in protocol.strata.values()]
    listed = [name for name, column in declared.items() if column.values]
    return tuple(dict.fromkeys([*strata, *listed]))


def _declared(protocol: Protocol, name: str) -> Column:
    plan = protocol.column_plan(name)
    labels = [each.label for each in protocol.strata.values() if each.column == name]
    head = plan.label if plan else labels[0]
    return head, lambda row, _: protocol.value_label(name, row.value(name))


def _of_whom(protocol: Protocol, row: Row, study: StudyResult) -> str:
    noun = protocol.denominator_noun(row.count.denominator)
    return f"{study.events}/{study.n} {noun.many}"


def _basis(row: Row) -> str:
    count = row.count
    return "stated" if count.basis == "stated" else f"derived: {count.derivation}".rstrip(": ")


def _source(protocol: Protocol, row: Row) -> str:
    study = row.study
    kind = protocol.all_source_types.get(study.source_type)
    about = [study.evidence_set] if protocol.has_several_sets else []
    about += [kind.label] if kind else []
    told = f" ({', '.join(filter(None, about))})" if any(about) else ""
    return f"{row.count.source}{told}" + (f": {row.count.locator}" if row.count.locator else "")


def _to_study(row: Row) -> Markup:
    return link(f"evidence.html#{anchor(row.study_id, 'study')}", row.label)


def _to_evidence(row: Row) -> Markup:
    return link(f"evidence.html#{anchor(row.row_id)}", row.row_id)


def _counts(row: Row) -> str:
    if row.count.events is None and row.count.n is None:
        return "not reported"
    return "/".join(
        "not reported" if value is None else str(value) for value in (row.count.events, row.count.n)
    )
