"""The tables and sentences of the page that says what changed since a release."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from onearm.evidence import Protocol
from onearm.evidence.tables.columns import TABLES
from onearm.report.history.attribution import PoolChange
from onearm.report.history.changes import Changes
from onearm.report.history.releases import WHOLE
from onearm.report.history.table_changes import TableChange
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
    set_and_part,
    visible,
)
from onearm.words import count, listing

__all__ = ["in_short", "plan_values", "results", "rows", "software", "studies"]

NONE_YET = "First release: there is none before it to compare with."
UNNUMBERED = "0"  # the version of a plan that names none


def in_short(found: Changes | None, protocol: Protocol) -> Html:
    """Say in one sentence and one table what changed.

    Parameters
    ----------
    found : Changes or None
        None when nothing was released yet.
    protocol : Protocol
        Today's plan.
    """
    version = protocol.version
    if found is None:
        if version == UNNUMBERED:
            return prose(f"{NONE_YET} Give the plan a version to release it.")
        return prose(f"{NONE_YET} “onearm release {version}” freezes version {version}.")
    since = found.since.version
    if found.is_none:
        said = f"No change since version {since}: no row, no value of the plan, no number."
    elif found.has_old_format and not found.pools and found.has_same_rows:
        said = f"No change since version {since}: no row, no number; the plan has a new format."
    else:
        said = f"Since version {since}: {evidence_words(found)}; {conclusion_words(found)}."
    own = f"release {found.is_release}" if found.is_release else f"version {version}, not released"
    lines = [
        ("This report", own),
        ("Compared with", release_words(found)),
        ("Evidence", evidence_words(found)),
        ("Plan", plan_words(found)),
        ("Program", program_words(found)),
        ("Results", results_words(found)),
    ]
    if not found.conclusions:
        lines.append(("Conclusion changed", "no"))
    parts = [
        prose(said, kind="answer"),
        table(f"Since version {since}", ["Item", "Change"], lines, name="since"),
    ]
    if found.conclusions:
        told = [(conclusion_told(pool),) for pool in found.conclusions]
        parts.append(table("Conclusions that changed", ["Conclusion"], told, name="conclusions"))
    return joined(*parts)


def studies(found: Changes | None) -> Html | None:
    """Return the studies that came, went or were corrected."""
    if found is None:
        return None
    change = found.tables["studies"]
    if change.is_none:
        return prose("No change: no study was added, corrected or withdrawn.")
    lines = [
        *(
            (line.get("label", key), kind, line.get("citation", ""))
            for kind, key, line in _moved(change)
        ),
        *((key, "corrected", _cells(change, key)) for key in change.corrected),
    ]
    columns = ["Study", "Change", "What"]
    return table("Studies that changed", columns, lines, name="changed-studies")


def rows(found: Changes | None) -> Html | None:
    """Return the rows of the other tables that came and went, and every edited cell."""
    if found is None:
        return None
    others = {name: change for name, change in found.tables.items() if name != "studies"}
    if all(change.is_none for change in others.values()):
        return prose("No change: no row was added, corrected or withdrawn.")
    whole = [
        (key, name, kind, _line_words(name, line))
        for name, change in others.items()
        for kind, key, line in _moved(change)
    ]
    cells = [
        (edit.key, name, edit.column, edit.old or "(empty)", edit.new or "(empty)")
        for name, change in others.items()
        for edit in change.edited
    ]
    return joined(
        _listed(
            "Rows added and withdrawn",
            ("Row", "Table", "Change", "What it says"),
            whole,
            name="changed-rows",
            none="No change: no row was added or withdrawn.",
        ),
        _listed(
            "Cells corrected",
            ("Row", "Table", "Column", "Before", "Now"),
            cells,
            name="changed-cells",
            none="No change: no cell was corrected.",
        ),
    )


def _listed(
    caption: str,
    columns: Sequence[str],
    lines: Sequence[Sequence[str]],
    *,
    name: str,
    none: str,
) -> Html:
    return table(caption, columns, lines, name=name) if lines else prose(none)


def _moved(change: TableChange) -> Iterator[tuple[str, str, Mapping[str, str]]]:
    """Yield what happened, the key and the row, of rows that came or went."""
    for kind, part in (("added", change.added), ("withdrawn", change.withdrawn)):
        for key, line in part.items():
            yield kind, key, line


def plan_values(found: Changes | None) -> Html | None:
    """Return the values of the plan that differ."""
    if found is None:
        return None
    if not found.plan:
        tail = "" if found.same["plan"] else " Only comments or layout of its file differ."
        return prose(f"No change: no value of the plan is another.{tail}")
    lines = [(where, was or "(absent)", now or "(absent)") for where, was, now in found.plan]
    columns = ["Place", "Before", "Now"]
    listed = table("Values of the plan that changed", columns, lines, name="changed-plan")
    if not found.has_old_format:
        return listed
    return joined(
        prose(
            "The plan's file has a new format: values stand at other places, even where they are "
            "the same."
        ),
        folded(f"Every place of the file that differs ({len(lines)})", listed),
    )


def results(found: Changes | None) -> Html | None:
    """Return every pool that differs, before and now, with the cause."""
    if found is None:
        return None
    if not found.pools:
        return prose(f"No change: {results_words(found)}.")
    seen = [pool for pool in found.pools if visible(pool)]
    whole = [pool for pool in seen if pool.part == WHOLE]
    parts = [pool for pool in seen if pool.part != WHOLE]
    pieces = [prose(f"{_capital(results_words(found))}.")]
    people = found.protocol.words.person.many.capitalize()
    if whole:
        pieces.append(
            _pools_table("Pools of the plan, before → now", people, whole, "changed-pools")
        )
    if parts:
        caption = "Subgroups and companion models, before → now"
        listed = _pools_table(caption, people, parts, "changed-parts")
        pieces.append(folded(f"{caption} ({len(parts)})", listed))
    hidden = [pool for pool in found.pools if not visible(pool)]
    if hidden:
        pieces.append(
            prose(
                f"{count(len(hidden), 'pool')} of these differ by less than what is printed; no "
                f"estimate among them by more than {max(map(gap, hidden)):.0e}."
            )
        )
    return joined(*pieces)


def software(found: Changes | None) -> Html | None:
    """Say whether the program changed, and how causes are told apart."""
    if found is None:
        return None
    how = (
        "The frozen evidence was analysed again under the frozen plan by today's program, and "
        "today's evidence under the frozen plan. What the first step changes is caused by the "
        "software, what the second changes by the data, and the rest by the plan."
    )
    if found.has_old_format:
        how = (
            "The plan's format changed, so today's program cannot read the frozen plan. Plan and "
            "software are therefore one cause: the frozen evidence was analysed again under "
            "today's plan. What that changes is caused by plan and software, and the rest by the "
            "data."
        )
    if found.unread:
        how = (
            "Today's program cannot read the frozen evidence, so causes cannot be told apart: "
            f"{found.unread}"
        )
    return prose(f"{_capital(program_words(found))}.", how)


def _pools_table(caption: str, people: str, pools: Iterable[PoolChange], name: str) -> Html:
    columns = (
        "Outcome",
        "Pool",
        "k",
        people,
        "Estimate with interval",
        "Prediction interval",
        "tau",
        "Certainty",
        "Caused by",
        "Conclusion",
    )
    lines = [
        (
            pool.outcome,
            set_and_part(pool),
            *(" → ".join(dict.fromkeys(pair)) for pair in _pairs(pool)),
            listing(list(pool.causes)) or "not known",
            pool.conclusion or ("no change" if pool.is_concluded else ""),
        )
        for pool in pools
    ]
    return table(caption, columns, lines, name=name)


def _pairs(pool: PoolChange) -> Iterator[tuple[str, str]]:
    """Yield what is printed of a pool, before and now."""
    yield from zip(pool_words(pool.before), pool_words(pool.now), strict=True)


def _cells(change: TableChange, key: str) -> str:
    return "; ".join(
        f"{edit.column}: {edit.old or '(empty)'} → {edit.new or '(empty)'}"
        for edit in change.edited
        if edit.key == key
    )


def _line_words(name: str, line: Mapping[str, str]) -> str:
    """Return a row in words: counts for an outcome, else its first cells."""
    if name == "outcomes":
        events, n = line.get("events") or "?", line.get("n") or "?"
        place = ", ".join(filter(None, (line.get("source"), line.get("locator"))))
        how = " ".join(filter(None, (line.get("denominator"), line.get("use"))))
        tail = f" ({how})" if how else ""
        return (
            f"{line.get('study_id', '')}, {line.get('outcome', '')}: {events} of {n}{tail}; {place}"
        )
    keys = set(TABLES[name].key)
    return "; ".join(value for column, value in line.items() if value and column not in keys)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
