"""What was counted: definitions that differ, and counts that contradict each other."""

from __future__ import annotations

from collections.abc import Iterator

from onearm.evidence.audit.telling import about_row, counted, outcome_name, part_name, row_name
from onearm.evidence.findings import Finding
from onearm.evidence.frames import Row
from onearm.evidence.tables.reading import Evidence
from onearm.words import listing

__all__ = ["major_below_complete", "operators_differ", "parts_against_whole"]


def operators_differ(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning where < and <= could meet in one pool."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in counted(evidence):
        if row["use"] == "pool":
            groups.setdefault((row["outcome"], row["denominator"]), []).append(row)
    for (outcome, denominator), rows in groups.items():
        by = {sign: [r for r in rows if r["definition_operator"] == sign] for sign in ("<", "<=")}
        if by["<"] and by["<="]:
            told = [
                f"“{sign}” in {listing([row_name(evidence, r) for r in group])}"
                for sign, group in by.items()
            ]
            unknown = [row_name(evidence, r) for r in rows if not r["definition_operator"]]
            silent = f"; not stated in {listing(unknown)}" if unknown else ""
            yield about_row(
                by["<"][0],
                "definition-operators-differ",
                "warning",
                f"{outcome_name(evidence, outcome)} ({denominator.replace('_', ' ')}) is defined "
                f"with {' and '.join(told)}{silent}: a specimen at the threshold itself counts "
                "under “<=” only.",
                "Show the pool under the alternative count beside it; do not convert.",
                "definition_operator",
            )


def major_below_complete(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding where fewer have a major response than a complete one."""
    rows = counted(evidence)
    for major in rows:
        for complete in rows:
            if (
                (major["outcome"], complete["outcome"]) == ("mpr", "pcr")
                and all(major[c] == complete[c] for c in ("study_id", "population", "denominator"))
                and major["n"] == complete["n"]
                and major["events"] < complete["events"]
            ):
                both = major["events"] + complete["events"]
                yield about_row(
                    major,
                    "mpr-below-pcr",
                    "warning" if major["use"] == "pool" else "note",
                    f"{row_name(evidence, major)} has {major['events']} of {major['n']} with a "
                    f"major response and {complete['events']} with a complete one, which is a "
                    "major response too: the two were counted as exclusive classes.",
                    f"Together they are {both} of {major['n']}: pool that count, as derived.",
                    "events",
                )


def parts_against_whole(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning where the parts of a study do not add up to the whole."""
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in counted(evidence):
        if row["use"] == "pool":
            key = (row["study_id"], row["outcome"], row["denominator"])
            groups.setdefault(key, []).append(row)
    for rows in groups.values():
        whole = [r for r in rows if r["population"] == "all"]
        parts = [r for r in rows if r["population"] != "all"]
        events, n = sum(r["events"] for r in parts), sum(r["n"] for r in parts)
        if whole and parts and (events, n) != (whole[0]["events"], whole[0]["n"]):
            told = " + ".join(f"{r['events']}/{r['n']} {part_name(r)}" for r in parts)
            yield about_row(
                whole[0],
                "parts-do-not-sum",
                "warning",
                f"{row_name(evidence, whole[0])} has {whole[0]['events']}/{whole[0]['n']} "
                f"({outcome_name(evidence, whole[0]['outcome'])}), and its parts give {told} = "
                f"{events}/{n}.",
                "See that the parts are disjoint and complete; until then the whole is pooled.",
                "events",
            )
