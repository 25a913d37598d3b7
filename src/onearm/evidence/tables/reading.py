"""Read the data folder: its tables and the plan, or every reason why that cannot be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from onearm.errors import InputError
from onearm.evidence.findings import Finding, errors_among
from onearm.evidence.plan.codes import strange_codes
from onearm.evidence.plan.protocol import Protocol, read_protocol
from onearm.evidence.selection.overlap import circular_versions
from onearm.evidence.tables.columns import TABLES
from onearm.evidence.tables.csvfile import RawTable, read_csv
from onearm.evidence.tables.judgements import wrong_lines
from onearm.evidence.tables.judging import schema_findings
from onearm.evidence.tables.rules import broken_references, broken_rows, repeated_counts
from onearm.evidence.tables.schemas import typed
from onearm.evidence.tables.sound import sound_rows
from onearm.words import count

__all__ = ["Evidence", "Reading", "load", "read_evidence", "survey"]


@dataclass(frozen=True)
class Evidence:
    """The evidence and the plan, valid and typed.

    Attributes
    ----------
    studies, outcomes, records, appraisal, certainty : DataFrame
        The tables with the columns of `onearm.evidence.tables.columns` and `line`, the spreadsheet's
        row number. Counts and years are ``Int64``; everything else is text, empty as ``""``.
        `certainty` has no rows when its file is absent.
    protocol : Protocol
        The analysis plan.
    """

    studies: pd.DataFrame
    outcomes: pd.DataFrame
    records: pd.DataFrame
    appraisal: pd.DataFrame
    certainty: pd.DataFrame
    protocol: Protocol

    def table(self, name: str) -> pd.DataFrame:
        """Return one of the tables by its name."""
        frames = {
            "studies": self.studies, "outcomes": self.outcomes,
            "records": self.records, "appraisal": self.appraisal,
            "certainty": self.certainty,
        }  # fmt: skip
        return frames[name]


def read_evidence(data_dir: str | Path) -> Evidence:
    """Read a data folder.

    Parameters
    ----------
    data_dir : str or Path
        The folder with studies.csv, outcomes.csv, records.csv, appraisal.csv, protocol.toml,
        and certainty.csv when certainty is judged.

    Returns
    -------
    Evidence

    Raises
    ------
    InputError
        If anything in the folder breaks a rule; its `findings` hold every problem at once.
    """
    evidence, findings = load(Path(data_dir))
    if evidence is None:
        number = count(len(findings), "problem")
        raise InputError(f"The evidence cannot be used: {number} to mend.", findings)
    return evidence


def load(folder: Path) -> tuple[Evidence | None, tuple[Finding, ...]]:
    """Read a data folder without raising.

    Returns
    -------
    evidence : Evidence or None
        None when there is any error.
    findings : tuple of Finding
        The errors, in order; empty when `evidence` is given.
    """
    reading = survey(folder)
    return None if reading.errors else reading.evidence, reading.errors


@dataclass(frozen=True)
class Reading:
    """A data folder as far as it can be read.

    Attributes
    ----------
    evidence : Evidence or None
        The rows without an error; None when a table or the plan cannot be used at all.
    errors : tuple of Finding
        Everything that is wrong, in order.
    doubtful : frozenset of str
        The studies and outcomes of which rows are in error.
    """

    evidence: Evidence | None
    errors: tuple[Finding, ...]
    doubtful: frozenset[str] = frozenset()


def survey(folder: Path) -> Reading:
    """Read of a data folder what can be read, without raising."""
    if not folder.is_dir():
        name = folder.name or str(folder)
        return Reading(None, (
            Finding(
                "folder-missing",
                "error",
                f"There is no data folder “{name}”.",
                "Name the folder that holds studies.csv.",
                name,
            ),
        ))  # fmt: skip
    raws = {name: read_csv(folder, table) for name, table in TABLES.items()}
    protocol, problems = read_protocol(folder)
    errors = errors_among([*problems, *_table_findings(raws, protocol)])
    sound = sound_rows(raws, errors)
    if protocol is None or sound is None:
        return Reading(None, errors)
    frames = {name: typed(name, frame) for name, frame in sound.frames.items()}
    return Reading(Evidence(**frames, protocol=protocol), errors, sound.doubtful)


def _table_findings(raws: Mapping[str, RawTable], protocol: Protocol | None) -> Iterator[Finding]:
    readable = {name: raw.frame for name, raw in raws.items() if raw.frame is not None}
    for name, raw in raws.items():
        yield from raw.findings
        if raw.frame is None:
            continue
        whole = raw.frame.drop(index=sorted(raw.ragged))
        yield from schema_findings(TABLES[name], whole)
        yield from broken_rows(TABLES[name], whole)
        yield from repeated_counts(TABLES[name], whole)
        yield from broken_references(TABLES[name], whole, readable)
        if name == "studies":
            yield from circular_versions(whole)
        if name == "outcomes" and protocol is not None:
            yield from strange_codes(whole, list(protocol.short_names))
    if protocol is not None:
        yield from wrong_lines(readable, protocol)
