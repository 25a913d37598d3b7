"""What the tables hold: their columns, kinds of value, keys and references.

This is the one place where a column is described. The pandera schemas
(`onearm.evidence.tables.schemas`) and the Frictionless descriptor (`onearm.evidence.tables.datapackage`)
are both made from it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

__all__ = [
    "AGENT_CLASSES", "DENOMINATORS", "EXITS", "JUDGED_DOMAINS", "TABLES", "Field", "Kind",
    "Reference", "Table",
]  # fmt: skip

#: text: anything; key: a study's slug or a row's short name; code: lower_snake_case;
#: integer: 0, 1, 2 …; year; number: a printed figure kept as text, so that 91.0 stays 91.0;
#: date: YYYY, YYYY-MM or YYYY-MM-DD; slugs: slugs separated by "; "; choice: one of a list.
Kind = Literal["text", "key", "code", "integer", "year", "number", "date", "slugs", "choice"]

AGENT_CLASSES = (
    "alk_tki", "egfr_tki", "tki_mixed", "ici_mono", "ici_dual", "ici_chemo", "ici_any", "mixed",
    "tki_chemo", "chemo",
)  # fmt: skip
#: The domains of GRADE that people judge; the other two are computed from each pool.
JUDGED_DOMAINS = ("risk_of_bias", "indirectness", "publication_bias")
DENOMINATORS = (
    "enrolled", "treated", "resected", "evaluable", "adjuvant_started", "unstated",
)  # fmt: skip


#: What became of a record: (stage reached, decision), in the order in which records leave.
EXITS = {
    ("screened", "excluded"): "Excluded at screening",
    ("sought", "not_retrieved"): "Sought, not retrieved",
    ("screened", "awaiting"): "Met, awaiting assessment",
    ("sought", "awaiting"): "Sought, awaiting assessment",
    ("assessed", "excluded"): "Assessed and excluded",
    ("assessed", "included_not_pooled"): "Assessed and included, described but not pooled",
    ("assessed", "included"): "Assessed and included, with rows that may be pooled",
}


@dataclass(frozen=True)
class Field:
    """One column: its name, the kind of value, whether it may be empty, what it means."""

    name: str
    description: str
    kind: Kind = "text"
    required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reference:
    """`column` names a row of `table` by its key; an empty cell refers to nothing."""

    column: str
    table: str
    key: str


@dataclass(frozen=True)
class Table:
    """One CSV file: its columns in order, the columns that make its key, its references.

    A table that `may_be_empty` without its rows is a gap; any other is an error. An `optional`
    one may be absent altogether: then it is read as a table without rows.
    """

    name: str
    title: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    references: tuple[Reference, ...] = field(default=())
    may_be_empty: bool = False
    optional: bool = False

    @property
    def file(self) -> str:
        """The file's name in the data folder."""
        return f"{self.name}.csv"

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(f.name for f in self.fields)


def _choice(name: str, description: str, *choices: str, required: bool = True) -> Field:
    return Field(name, description, "choice", required, choices)


_STUDY = Field("study_id", "The study, by its slug", "key", True)
_EVIDENCE_SET = ("core", "extended")

STUDIES = Table(
    "studies",
    "Studies: one row for each report of patients",
    (
        Field("study_id", "Short slug that never changes, such as lococo2023", "key", True),
        Field("label", "Name shown in reports, such as Lococo 2023", required=True),
        Field("year", "Year of publication", "year", True),
        Field("citation", "Journal reference, with the PMID when known", required=True),
        Field("doi", "Digital object identifier, without https://doi.org/"),
        _choice(
            "source_type",
            "What was read: the source the figures were taken from",
            "full_text", "abstract", "registry", "news", "secondary_citation",
        ),
        _choice("evidence_set", "core: the seed documents; extended: further studies",
                *_EVIDENCE_SET),
        _choice(
            "design",
            "How the study was made",
            "retrospective_series", "case_report", "single_arm_trial", "randomised_arm", "review",
        ),
        _choice("setting", "Why the patients were operated", "salvage", "neoadjuvant",
                required=False),
        Field("agent", "Drugs given before surgery, in words"),
        Field("country", "Country or countries"),
        Field("centres", "Number or names of the centres"),
        Field("enrol_start", "First enrolment or surgery: YYYY, YYYY-MM or YYYY-MM-DD", "date"),
        Field("enrol_end", "Last enrolment or surgery: YYYY, YYYY-MM or YYYY-MM-DD", "date"),
        Field("overlap_group", "Slugs; studies that share one possibly share patients", "slugs"),
        Field("version_of", "The study_id of the trial that this is an earlier version of", "key"),
        Field("notes", "Anything else a reader should know"),
    ),
    ("study_id",),
    (Reference("version_of", "studies", "study_id"),),
)  # fmt: skip

OUTCOMES = Table(
    "outcomes",
    "Outcomes: one row for each count of patients",
    (
        Field("row_id", "Short name of the row that never changes, such as A6", "key", True),
        _STUDY,
        Field("population", "all, or the slug of a disjoint part of the study", "key", True),
        _choice("agent_class", "Class of the drugs given to this population", *AGENT_CLASSES),
        Field("outcome", "Code of the outcome, such as pcr", "code", True),
        Field("definition", "The outcome as the source defines it"),
        _choice("definition_operator", "How the definition meets its threshold", "<", "<=", "=",
                required=False),
        Field("events", "Number with the outcome; empty when not reported", "integer"),
        Field("n", "Number at risk; empty when not reported", "integer"),
        _choice("denominator", "Whom n counts; enrolled covers randomised", *DENOMINATORS),
        _choice("unit", "What is counted", "patients", "procedures", "cells"),
        _choice("basis", "Whether the source states the count; empty when there is no count",
                "stated", "derived", required=False),
        Field("derivation", "How a derived count was obtained"),
        Field("printed", "The figure exactly as printed"),
        Field("printed_percent", "The percentage as printed, without the sign", "number"),
        Field("printed_ci_low", "Lower limit as printed, in percent", "number"),
        Field("printed_ci_high", "Upper limit as printed, in percent", "number"),
        Field("printed_ci_level", "Level of the printed interval, in percent", "number"),
        _choice("use", "Whether the row may be pooled", "pool", "sensitivity", "context",
                "excluded"),
        Field("use_reason", "Why the row is not simply pooled"),
        Field("variant", "Which alternative choice a sensitivity row stands for"),
        Field("missing_reason", "Why events or n is empty"),
        Field("source", "The document: seed file, DOI or PMID", required=True),
        Field("locator", "The place in the document"),
        Field("notes", "Anything else a reader should know"),
    ),
    ("row_id",),
    (Reference("study_id", "studies", "study_id"),),
)  # fmt: skip

RECORDS = Table(
    "records",
    "Records: everything that was screened, and what became of it",
    (
        Field("record_id", "Short name of the record", "key", True),
        Field("citation", "Journal reference", required=True),
        Field("doi", "Digital object identifier, without https://doi.org/"),
        _choice("met_by", "How the record was met", "seed", "search", "citation"),
        Field("seed", "Number of the seed document, such as 002"),
        Field("study_id", "The study it reports, when it has rows here", "key"),
        _choice("evidence_set", "core: the seed documents; extended: further studies",
                *_EVIDENCE_SET),
        _choice("stage", "How far it came", "screened", "sought", "assessed"),
        _choice("decision", "What became of it; awaiting: met, not yet sought or assessed",
                "included", "included_not_pooled", "excluded", "not_retrieved", "awaiting"),
        Field("reason", "Why, unless it was simply included"),
        Field("notes", "Anything else a reader should know"),
    ),
    ("record_id",),
    (Reference("study_id", "studies", "study_id"),),
    may_be_empty=True,
)  # fmt: skip

APPRAISAL = Table(
    "appraisal",
    "Appraisal: the judgement on each item of the critical appraisal tools",
    (
        _STUDY,
        _choice("tool", "The appraisal tool", "jbi_case_series", "murad_case_report"),
        Field("item", "Number of the item", "integer", True),
        Field("question", "The item in our own words", required=True),
        _choice("judgement", "The answer", "yes", "no", "unclear", "not_applicable",
                "not_assessable"),
        Field("reason", "What the answer rests on", required=True),
    ),
    ("study_id", "tool", "item"),
    (Reference("study_id", "studies", "study_id"),),
    may_be_empty=True,
)  # fmt: skip

CERTAINTY = Table(
    "certainty",
    "Certainty: the judgements that no rule can make, by outcome and evidence set (GRADE)",
    (
        Field("outcome", "Code of an outcome of the plan, such as pcr", "code", True),
        _choice("evidence_set", "Which evidence is judged", "core", "core+extended"),
        _choice("domain", "What is judged", *JUDGED_DOMAINS),
        _choice("downgrade", "How many levels are taken off", "0", "1", "2"),
        Field("reason", "What the judgement rests on, also when nothing is taken off",
              required=True),
    ),
    ("outcome", "evidence_set", "domain"),
    may_be_empty=True,
    optional=True,
)  # fmt: skip

#: Every table, in the order in which they refer to each other.
TABLES: dict[str, Table] = {t.name: t for t in (STUDIES, OUTCOMES, RECORDS, APPRAISAL, CERTAINTY)}
