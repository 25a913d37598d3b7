"""The tables and sentences of the page that says what changed since a release."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from onearm.evidence import Protocol
from onearm.evidence.tables.columns import TABLES
from onearm.report.history.attribution import PoolChange
from onearm.report.history.changes import Changes
from onearm.report.history.snapshot import WHOLE
from onearm.report.kit.html import Html, folded, joined, prose, table
from onearm.report.pages.changes.words import (
    conclusion_told,
    conclusion_words,
    evidence_words,
    gap,
    plan_words,
    pool_words,
    program_words,
    release_words,
    results_words,
    visible,
)
from onearm.words import count, listing

__all__ = ["in_short", "plan_values", "results", "rows", "software", "studies"]

NONE_YET = "No version has been released yet, so there is nothing to compare with."
NOTHING = "Nothing to compare."
COLUMNS = ("Outcome", "Pool", "k", "Patients", "Estimate with interval",
           "Prediction interval", "tau", "Certainty", "Caused by", "Conclusion")  # fmt: skip


def in_short(found: Changes | None, protocol: Protocol) -> Html:
    """Say in one sentence and one table what changed."""
    if found is None:
        return prose(
            f"{NONE_YET} This is version {protocol.version} of the plan, unreleased; "
            f"“onearm release {protocol.version}” freezes it."
        )
    since = found.since.version
    if found.is_none:
        said = f"No change since version {since}: no row, no value of the plan, no number."
    else:
        said = f"Since version {since}: {evidence_words(found)}; {conclusion_words(found)}."
    concluded = "; ".join(conclusion_told(pool) for pool in found.conclusions)
    lines = [
        ("This report", f"release {found.is_release}" if found.is_release else
         f"version {protocol.version}, not yet released"),
        ("Compared with", release_words(found)),
        ("Evidence", evidence_words(found)),
        ("Plan", plan_words(found)),
        ("Program", program_words(found)),
        ("Results", results_words(found)),
        ("Conclusion changed", concluded or "no"),
    ]  # fmt: skip
    return joined(
        prose(said, kind="answer"),
        table(f"Since version {since}", ["Item", "Change"], lines, name="since"),
    )


def studies(found: Changes | None) -> Html:
    """Return the studies that came, went or were corrected."""
    if found is None:
        return prose(NOTHING)
    change = found.tables["studies"]
    if change.is_none:
        return prose("No change: no study was added, corrected or withdrawn.")
    lines = [
        *((line.get("label", key), kind, line.get("citation", ""))
          for kind, part in (("added", change.added), ("withdrawn", change.withdrawn))
          for key, line in part.items()),
        *((key, "corrected", _cells(found, "studies", key)) for key in change.corrected),
    ]  # fmt: skip
    columns = ["Study", "Change", "What"]
    return table("Studies that changed", columns, lines, name="changed-studies")


def rows(found: Changes | None) -> Html:
    """Return the rows of the other tables that came and went, and every edited cell."""
    if found is None:
        return prose(NOTHING)
    others = {name: change for name, change in found.tables.items() if name != "studies"}
    if all(change.is_none for change in others.values()):
        return prose("No change: no row was added, corrected or withdrawn.")
    whole = [
        (key, name, kind, _line_words(name, line))
        for name, change in others.items()
        for kind, lines in (("added", change.added), ("withdrawn", change.withdrawn))
        for key, line in lines.items()
    ]
    cells = [
        (edit.key, name, edit.column, edit.old or "(empty)", edit.new or "(empty)")
        for name, change in others.items()
        for edit in change.edited
    ]
    moved = table("Rows added and withdrawn", ["Row", "Table", "Change", "What it says"], whole,
                  name="changed-rows") if whole else prose(
        "No change: no row was added or withdrawn.")  # fmt: skip
    edited = table("Cells corrected", ["Row", "Table", "Column", "Before", "Now"], cells,
                   name="changed-cells") if cells else prose(
        "No change: no cell was corrected.")  # fmt: skip
    return joined(moved, edited)


def plan_values(found: Changes | None) -> Html:
    """Return the values of the plan that differ."""
    if found is None:
        return prose(NOTHING)
    if not found.plan:
        tail = "" if found.same["plan"] else " Only comments or layout of its file differ."
        return prose(f"No change: no value of the plan is another.{tail}")
    lines = [(where, was or "(absent)", now or "(absent)") for where, was, now in found.plan]
    return table("Values of the plan that changed", ["Place", "Before", "Now"], lines,
                 name="changed-plan")  # fmt: skip


def results(found: Changes | None) -> Html:
    """Return every pool that differs, before and now, with the cause."""
    if found is None:
        return prose(NOTHING)
    if not found.pools:
        return prose(f"No change: {results_words(found)}.")
    seen = [pool for pool in found.pools if visible(pool)]
    whole = [pool for pool in seen if pool.part == WHOLE]
    parts = [pool for pool in seen if pool.part != WHOLE]
    pieces = [prose(f"{_capital(results_words(found))}.")]
    if whole:
        pieces.append(_pools_table("The plan's pools, before → now", whole, "changed-pools"))
    if parts:
        caption = "Strata and companion models, before → now"
        pieces.append(folded(f"{caption} ({len(parts)})",
                             _pools_table(caption, parts, "changed-parts")))  # fmt: skip
    hidden = [pool for pool in found.pools if not visible(pool)]
    if hidden:
        pieces.append(
            prose(
                f"{count(len(hidden), 'pool')} of these differ by less than what is printed; no "
                f"estimate among them by more than {max(map(gap, hidden)):.0e}."
            )
        )
    return joined(*pieces)


def software(found: Changes | None) -> Html:
    """Say whether the program changed, and how a cause is told."""
    if found is None:
        return prose(NOTHING)
    how = (
        "The frozen evidence was analysed again under the frozen plan by today's program, and "
        "today's evidence under the frozen plan. What the first step changes is caused by the "
        "software, what the second changes by the data, and the rest by the plan."
    )
    if found.unread:
        how = (
            "Today's program cannot read the frozen evidence, so no cause can be told apart: "
            f"{found.unread}"
        )
    return prose(f"{_capital(program_words(found))}.", how)


def _pools_table(caption: str, pools: list[PoolChange], name: str) -> Html:
    lines = [
        (
            pool.outcome,
            pool.evidence_set if pool.part == WHOLE else f"{pool.evidence_set}; {pool.part}",
            *(" → ".join(dict.fromkeys(pair)) for pair in _pairs(pool)),
            listing(list(pool.causes)) or "not told apart",
            pool.conclusion or ("no change" if pool.is_concluded else ""),
        )
        for pool in pools
    ]
    return table(caption, COLUMNS, lines, name=name)


def _pairs(pool: PoolChange) -> Iterator[tuple[str, str]]:
    """Yield what is printed of a pool, before and now."""
    yield from zip(pool_words(pool.before), pool_words(pool.now), strict=True)


def _cells(found: Changes, name: str, key: str) -> str:
    return "; ".join(
        f"{edit.column}: {edit.old or '(empty)'} → {edit.new or '(empty)'}"
        for edit in found.tables[name].edited
        if edit.key == key
    )


def _line_words(name: str, line: Mapping[str, str]) -> str:
    """Return a row in words: counts for an outcome, else its first cells."""
    if name == "outcomes":
        events, n = line.get("events") or "?", line.get("n") or "?"
        place = ", ".join(filter(None, (line.get("source"), line.get("locator"))))
        return (
            f"{line.get('study_id', '')}, {line.get('outcome', '')}: {events} of {n} "
            f"{line.get('denominator', '')} ({line.get('use', '')}); {place}"
        )
    keys = set(TABLES[name].key)
    return "; ".join(value for column, value in line.items() if value and column not in keys)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
