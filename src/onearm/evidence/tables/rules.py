"""Rules that bind several cells of one row, or a row to another table.

They are asked of the text as it stands, next to the schemas and not after them, so that
every problem of a folder is told at once. A cell that is not a number is no concern of a
rule about numbers: the schema has spoken of it already.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

import pandas as pd

from onearm.evidence.findings import Finding, Place
from onearm.evidence.tables.columns import EXITS, TABLES, Table

__all__ = ["broken_references", "broken_rows", "circular_versions", "repeated_counts"]

Row = Mapping[str, str]
#: What a rule says: code, column, sentence, mend.
Problem = tuple[str, str, str, str]


def broken_rows(
    table: Table, frame: pd.DataFrame, absent: Collection[str] = ()
) -> Iterator[Finding]:
    """Yield a finding for every rule that a row breaks.

    Parameters
    ----------
    table : Table
        Which table.
    frame : DataFrame
        Its cells as text, indexed by spreadsheet row number. Rules that read a column that
        is not there stay silent: the schema names that column.
    absent : collection of str
        Columns that the file does not have, and that hold their defaults: nobody has to say
        why there, but what names an alternative choice has to be said.
    """
    rules = [rule for rule, reads in _RULES.get(table.name, ()) if set(reads) <= set(frame.columns)]
    for line, row in zip(frame.index, _rows(frame), strict=True):
        for rule in rules:
            for code, column, sentence, mend in rule(row):
                if column in absent and column != "variant":
                    continue
                yield table.at(line, column, row).error(code, sentence, mend)


def broken_references(
    table: Table, frame: pd.DataFrame, tables: Mapping[str, pd.DataFrame]
) -> Iterator[Finding]:
    """Yield a finding for every cell that names a row which is in no other table.

    Parameters
    ----------
    table, frame
        The table that refers, as in `broken_rows`.
    tables : mapping of str to DataFrame
        All tables that could be read, as text. References to the others are not judged.
    """
    for reference in table.references:
        target = tables.get(reference.table)
        if target is None or reference.key not in target or reference.column not in frame:
            continue
        known = set(target[reference.key])
        for line, value in frame[reference.column].items():
            if value and value not in known:
                yield Place(table.file, int(str(line)), reference.column, str(value)).error(
                    "unknown-study",
                    f"“{value}” is the {reference.key} of no row in "
                    f"{TABLES[reference.table].file}.",
                    "Add the study there, or correct the name here.",
                )


def repeated_counts(table: Table, frame: pd.DataFrame) -> Iterator[Finding]:
    """Yield a finding for every row that counts the same people as an earlier one.

    Two rows of one study, population, outcome and denominator would enter a pool twice;
    an alternative choice has its own variant.

    Parameters
    ----------
    table, frame
        As in `broken_rows`; of other tables than the outcomes nothing is said.
    """
    key = ["study_id", "population", "outcome", "denominator", "unit", "use", "variant"]
    if table.name != "outcomes" or not {*key, "row_id"} <= set(frame.columns):
        return
    # A row whose row_id is there already has been told of: it is a copy.
    once = frame[~frame.duplicated("row_id")]
    counts = once[once["use"].isin(["pool", "sensitivity"])]
    first = counts.assign(line=counts.index).groupby(key)["line"].transform("first")
    again = counts.duplicated(key)
    for line, earlier, row in zip(
        counts.index[again], first[again], _rows(counts[again]), strict=True
    ):
        yield table.at(line, "outcome", row).error(
            "duplicate-row",
            f"Row {earlier} already counts {row['outcome']} of {row['study_id']} "
            f"({row['population']}, {row['denominator']}) for the same use.",
            "Keep one of them; mark the other sensitivity with its variant, or excluded.",
        )


def circular_versions(studies: pd.DataFrame) -> Iterator[Finding]:
    """Yield an error for every study that is, by way of others, a version of itself.

    Parameters
    ----------
    studies : DataFrame
        studies.csv as text, indexed by spreadsheet row number.
    """
    if not {"study_id", "version_of"} <= set(studies.columns):
        return
    target = {s: v for s, v in zip(studies["study_id"], studies["version_of"], strict=True) if v}
    for line, study in zip(studies.index, studies["study_id"], strict=True):
        chain = [study]
        while (following := target.get(chain[-1])) and following not in chain:
            chain.append(following)
        if following == study and len(chain) > 1:
            cells = {"study_id": study, "version_of": target[study]}
            yield (
                TABLES["studies"]
                .at(line, "version_of", cells)
                .error(
                    "version-circular",
                    f"The versions go in a circle: {' → '.join([*chain, study])}.",
                    "Name the latest record in the others, and empty its own cell.",
                )
            )


def _rows(frame: pd.DataFrame) -> list[dict[str, str]]:
    names = [str(name) for name in frame.columns]
    columns = (frame[name].tolist() for name in names)
    return [dict(zip(names, cells, strict=True)) for cells in zip(*columns, strict=True)]


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


def _counts(row: Row) -> Iterator[Problem]:
    events, n = _number(row["events"]), _number(row["n"])
    if n == 0:
        yield (
            "n-is-zero",
            "n",
            "n is 0: nobody was at risk.",
            "Leave out the row, or enter the number at risk.",
        )
    elif events is not None and n is not None and events > n:
        yield (
            "events-exceed-n",
            "events",
            f"{events} events among {n}: more than there are.",
            "Correct events or n; they may have been exchanged.",
        )


def _missing(row: Row) -> Iterator[Problem]:
    if (row["events"] == "" or row["n"] == "") and not row["missing_reason"].strip():
        yield (
            "missing-without-reason",
            "missing_reason",
            "events or n is empty, and nothing says why.",
            "Say in missing_reason why it is not known. Never enter 0 for not reported.",
        )


def _pooled(row: Row) -> Iterator[Problem]:
    use = row["use"]
    if use in ("pool", "sensitivity") and (row["events"] == "" or row["n"] == ""):
        yield (
            "pool-without-counts",
            "use",
            f"The row is marked {use}, and has no count.",
            "Mark it context, or enter events and n.",
        )


def _use(row: Row) -> Iterator[Problem]:
    use = row["use"]
    if use in ("sensitivity", "context", "excluded") and not row["use_reason"].strip():
        yield (
            "use-without-reason",
            "use_reason",
            f"The row is marked {use}, and nothing says why.",
            "Say why in use_reason.",
        )
    if use == "sensitivity" and not row["variant"].strip():
        yield (
            "variant-missing",
            "variant",
            "A sensitivity row stands for an alternative choice, and this one names none.",
            "Name the choice in variant, such as “definition: <= 10 %”.",
        )
    if use in ("pool", "context", "excluded") and row["variant"].strip():
        yield (
            "variant-misplaced",
            "variant",
            f"Only sensitivity rows have a variant, and this one is marked {use}.",
            "Empty the cell, or mark the row sensitivity.",
        )


def _place(row: Row) -> Iterator[Problem]:
    if (row["use"] in ("pool", "sensitivity") or row["events"]) and not row["locator"].strip():
        yield (
            "locator-missing",
            "locator",
            "The row has a count, and nothing says where in the source it stands.",
            "Enter the place, such as “Abstract, Results, sentence 5” or “Table 2”.",
        )


def _basis(row: Row) -> Iterator[Problem]:
    if row["basis"] == "derived" and not row["derivation"].strip():
        yield (
            "derived-without-derivation",
            "derivation",
            "The count is derived, and nothing says how.",
            "Write the arithmetic in derivation.",
        )


def _interval(row: Row) -> Iterator[Problem]:
    low, high = row["printed_ci_low"], row["printed_ci_high"]
    if (low == "") != (high == ""):
        empty = "printed_ci_low" if low == "" else "printed_ci_high"
        yield (
            "interval-incomplete",
            empty,
            "Only one limit of the printed interval is given.",
            "Enter both limits as printed, or neither.",
        )
    for column in _PRINTED:
        whole, point, decimals = row[column].partition(".")
        if whole.isdigit() and (not point or decimals.isdigit()) and float(row[column]) > 100:
            yield (
                "percent-above-100",
                column,
                f"{row[column]} is more than 100 %.",
                "Enter the figure as printed, in percent.",
            )


def _decision(row: Row) -> Iterator[Problem]:
    reasoned = ("included_not_pooled", "excluded", "not_retrieved")
    if row["decision"] in reasoned and not row["reason"].strip():
        yield (
            "decision-without-reason",
            "reason",
            f"The record is {row['decision'].replace('_', ' ')}, and nothing says why.",
            "Say why in reason.",
        )


def _stage(row: Row) -> Iterator[Problem]:
    stage, decision = row["stage"], row["decision"]
    decided = [d for s, d in EXITS if s == stage]
    if decided and decision not in decided and any(d == decision for _, d in EXITS):
        yield (
            "decision-at-stage",
            "decision",
            f"The record is {decision.replace('_', ' ')} when {stage}: the flow would not add up.",
            f"Correct the stage, or choose from: {', '.join(decided)}.",
        )


def _itself(row: Row) -> Iterator[Problem]:
    if row["version_of"] and row["version_of"] == row["study_id"]:
        yield (
            "version-of-itself",
            "version_of",
            "The study is a version of itself.",
            "Name the other record of the same trial, or empty the cell.",
        )


_Rule = Callable[[Row], Iterator[Problem]]
_PRINTED = ("printed_percent", "printed_ci_low", "printed_ci_high", "printed_ci_level")
#: The rules of each table, and the columns that each of them reads.
_RULES: dict[str, tuple[tuple[_Rule, tuple[str, ...]], ...]] = {
    "studies": ((_itself, ("study_id", "version_of")),),
    "outcomes": (
        (_counts, ("events", "n")),
        (_missing, ("events", "n", "missing_reason")),
        (_pooled, ("events", "n", "use")),
        (_use, ("use", "use_reason", "variant")),
        (_place, ("events", "use", "locator")),
        (_basis, ("basis", "derivation")),
        (_interval, _PRINTED),
    ),
    "records": ((_decision, ("decision", "reason")), (_stage, ("stage", "decision"))),
}
