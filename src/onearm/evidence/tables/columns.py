"""What the tables hold: their columns, kinds of value, defaults, keys and references.

This is the one place where a column is described. The pandera schemas
(`onearm.evidence.tables.schemas`), the Frictionless descriptor and the documentation are made
from it. `tables_of` adds what the plan declares: its own columns, and the values of a list.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from onearm.evidence.findings import Place
from onearm.evidence.plan.outcomes import OPERATORS
from onearm.evidence.plan.protocol import Protocol
from onearm.evidence.plan.vocabulary import ColumnPlan

__all__ = ["EXITS", "JUDGED_DOMAINS", "TABLES", "Field", "Kind", "Reference", "Table", "tables_of"]

#: text: anything; line: a text that figures draw as one line; key: a study's slug or a row's
#: short name; code: lower_snake_case; integer: 0, 1, 2 …; year; number: a printed figure kept
#: as text, so that 91.0 stays 91.0; date: YYYY, YYYY-MM or YYYY-MM-DD; slugs: slugs separated
#: by "; "; choice: one of a list.
Kind = Literal[
    "text", "line", "key", "code", "integer", "year", "number", "date", "slugs", "choice"
]

#: The domains of GRADE that people judge; the other two are computed from each pool.
JUDGED_DOMAINS = ("risk_of_bias", "indirectness", "publication_bias")

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
    """One column.

    Attributes
    ----------
    name, description, kind
        What it is called, what it means, and what kind of value it holds.
    required : bool
        Whether a cell must be filled where the column is there.
    compulsory : bool
        Whether the column must be there.
    choices : tuple of str
        The allowed values of a choice.
    default : str
        What an absent column holds, in words where it is not one value.
    meanings : tuple of str
        What each choice means, where the plan says so.
    """

    name: str
    description: str
    kind: Kind = "text"
    required: bool = False
    compulsory: bool = False
    choices: tuple[str, ...] = ()
    default: str = ""
    meanings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reference:
    """`column` names a row of `table` by its key; an empty cell refers to nothing."""

    column: str
    table: str
    key: str


@dataclass(frozen=True)
class Table:
    """One CSV file: its columns in order, the columns that make its key, its references.

    An `optional` table may be absent: then it is read as a table without rows. One that
    `is_open` may have columns that nobody knows.
    """

    name: str
    title: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    references: tuple[Reference, ...] = field(default=())
    optional: bool = True
    is_open: bool = False

    @property
    def file(self) -> str:
        """The file's name in the data folder."""
        return f"{self.name}.csv"

    def at(self, line: Hashable, column: str, row: Mapping[str, str]) -> Place:
        """Return the place of a cell, for a finding.

        Parameters
        ----------
        line : int
            The row number that a spreadsheet shows.
        column : str
            The column.
        row : mapping of str to str
            The cells of the row: this one, and the keys as far as there are any.
        """
        keys = (row.get(key) or None for key in ("row_id", "study_id"))
        return Place(self.file, int(str(line)), column, row[column], *keys)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(f.name for f in self.fields)

    @property
    def compulsory(self) -> tuple[str, ...]:
        """The names of the columns that must be there."""
        return tuple(f.name for f in self.fields if f.compulsory)


def _choice(
    name: str, description: str, *choices: str, required: bool = True, default: str = ""
) -> Field:
    return Field(name, description, "choice", required, choices=choices, default=default)


_STUDY = Field("study_id", "The study, by its slug", "key", True, True)
_SET = _choice("evidence_set", "To which evidence sets the study belongs; see the plan")

STUDIES = Table(
    "studies",
    "Studies: one row for each report of people",
    (
        Field("study_id", "Short slug that never changes, such as smith2023", "key", True, True),
        Field("label", "Name shown in reports, such as Smith 2023", "line", True, True),
        Field("year", "Year of publication", "year"),
        Field("citation", "Journal reference, with the PMID when known"),
        Field("doi", "Digital object identifier, without https://doi.org/"),
        _choice(
            "source_type", "What was read: the source the figures were taken from", required=False
        ),
        _SET,
        _choice("design", "How the study was made", required=False),
        Field("country", "Country or countries", "line"),
        Field("centres", "Number or names of the centres"),
        Field("enrol_start", "First enrolment: YYYY, YYYY-MM or YYYY-MM-DD", "date"),
        Field("enrol_end", "Last enrolment: YYYY, YYYY-MM or YYYY-MM-DD", "date"),
        Field("overlap_group", "Slugs; studies that share one possibly share people", "slugs"),
        Field("version_of", "The study_id of the trial that this is an earlier version of", "key"),
        Field("notes", "Anything else a reader should know"),
    ),
    ("study_id",),
    (Reference("version_of", "studies", "study_id"),),
    optional=False,
)

OUTCOMES = Table(
    "outcomes",
    "Outcomes: one row for each count",
    (
        Field(
            "row_id",
            "Short name of the row that never changes, such as A6",
            "key",
            True,
            default="study_id, outcome and population",
        ),
        _STUDY,
        Field(
            "population",
            "all, or the slug of a disjoint part of the study",
            "key",
            True,
            default="all",
        ),
        Field("outcome", "Code of the outcome, as in the plan", "code", True, True),
        Field("definition", "The outcome as the source defines it"),
        _choice(
            "definition_operator", "How the definition meets its limit", *OPERATORS, required=False
        ),
        Field("events", "Number with the outcome; empty when not reported", "integer", False, True),
        Field("n", "Number at risk; empty when not reported", "integer", False, True),
        _choice("denominator", "Whom n counts", default="the denominator of the outcome"),
        _choice("unit", "What is counted", default="the first unit of the plan"),
        _choice(
            "basis",
            "Whether the source states the count; empty when there is no count",
            "stated",
            "derived",
            required=False,
            default="stated, where there is a count",
        ),
        Field("derivation", "How a derived count was obtained"),
        Field("printed", "The figure exactly as printed"),
        Field("printed_percent", "The percentage as printed, without the sign", "number"),
        Field("printed_ci_low", "Lower limit as printed, in percent", "number"),
        Field("printed_ci_high", "Upper limit as printed, in percent", "number"),
        Field("printed_ci_level", "Level of the printed interval, in percent", "number"),
        _choice(
            "use",
            "Whether the row may be pooled",
            "pool",
            "sensitivity",
            "context",
            "excluded",
            default="pool where there is a count, else context",
        ),
        Field("use_reason", "Why the row is not simply pooled"),
        Field("variant", "Which alternative choice a sensitivity row stands for"),
        Field(
            "missing_reason",
            "Why events or n is empty",
            default="not reported, where there is no count",
        ),
        Field("source", "The document: DOI, PMID or file", required=True, compulsory=True),
        Field("locator", "The place in the document"),
        Field("notes", "Anything else a reader should know"),
    ),
    ("row_id",),
    (Reference("study_id", "studies", "study_id"),),
    optional=False,
)

RECORDS = Table(
    "records",
    "Records: everything that was screened, and what became of it",
    (
        Field("record_id", "Short name of the record", "key", True, True),
        Field("citation", "Journal reference", required=True, compulsory=True),
        Field("doi", "Digital object identifier, without https://doi.org/"),
        replace(_choice("met_by", "How the record was met"), compulsory=True),
        Field("study_id", "The study it reports, when it has rows here", "key", compulsory=True),
        _SET,
        replace(
            _choice("stage", "How far it came", "screened", "sought", "assessed"), compulsory=True
        ),
        replace(
            _choice(
                "decision",
                "What became of it; awaiting: met, not yet sought or assessed",
                "included",
                "included_not_pooled",
                "excluded",
                "not_retrieved",
                "awaiting",
            ),
            compulsory=True,
        ),
        Field("reason", "Why, unless it was simply included"),
        Field("notes", "Anything else a reader should know"),
    ),
    ("record_id",),
    (Reference("study_id", "studies", "study_id"),),
)

APPRAISAL = Table(
    "appraisal",
    "Appraisal: the judgement on each item of the critical appraisal tools",
    (
        _STUDY,
        replace(_choice("tool", "The appraisal tool"), compulsory=True),
        Field("item", "Number of the item", "integer", True, True),
        Field("question", "The item in our own words", required=True, compulsory=True),
        replace(
            _choice(
                "judgement",
                "The answer",
                "yes",
                "no",
                "unclear",
                "not_applicable",
                "not_assessable",
            ),
            compulsory=True,
        ),
        Field("reason", "What the answer rests on", required=True, compulsory=True),
    ),
    ("study_id", "tool", "item"),
    (Reference("study_id", "studies", "study_id"),),
)

CERTAINTY = Table(
    "certainty",
    "Certainty: the judgements that no rule can make, by outcome and evidence set (GRADE)",
    (
        Field("outcome", "Code of an outcome of the plan", "code", True, True),
        _choice("evidence_set", "Which evidence is judged", default="the only evidence set"),
        replace(_choice("domain", "What is judged", *JUDGED_DOMAINS), compulsory=True),
        replace(
            _choice("downgrade", "How many levels are taken off", "0", "1", "2"), compulsory=True
        ),
        Field(
            "reason",
            "What the judgement rests on, also when nothing is taken off",
            required=True,
            compulsory=True,
        ),
    ),
    ("outcome", "evidence_set", "domain"),
)

#: Every table as far as it is the same in every review, in the order in which they refer to
#: each other.
TABLES: dict[str, Table] = {t.name: t for t in (STUDIES, OUTCOMES, RECORDS, APPRAISAL, CERTAINTY)}


#: Where the plan declares the values of a list: its part, and the columns it is for.
_DECLARED_IN = {
    ("studies", "source_type"): "source_types",
    ("studies", "design"): "designs",
    ("studies", "evidence_set"): "evidence_set",
    ("outcomes", "denominator"): "denominators",
    ("outcomes", "unit"): "units",
    ("records", "met_by"): "flow",
    ("records", "evidence_set"): "evidence_set",
    ("appraisal", "tool"): "appraisal_tools",
    ("certainty", "evidence_set"): "evidence_set",
}


def tables_of(protocol: Protocol, unknown: frozenset[str] = frozenset()) -> dict[str, Table]:
    """Return the tables of one review: with the columns and values that its plan declares.

    Parameters
    ----------
    protocol : Protocol
        The plan.
    unknown : frozenset of str
        Parts of the plan that could not be read: what they would declare is not judged.
    """
    values = _values(protocol)
    own = {
        "studies": protocol.columns.studies,
        "outcomes": protocol.columns.outcomes,
        "records": protocol.columns.records,
    }
    return {
        name: replace(
            table,
            fields=(
                *(_filled(name, each, values, unknown) for each in table.fields),
                *(_declared(column, plan) for column, plan in own.get(name, {}).items()),
            ),
            is_open="columns" in unknown,
        )
        for name, table in TABLES.items()
    }


def _values(protocol: Protocol) -> dict[tuple[str, str], dict[str, str]]:
    """The values of every list that the plan declares, each with its meaning."""
    sets = {each.name: each.label for each in protocol.sets}
    includes = {value: value for each in protocol.sets for value in each.includes}
    return {
        ("studies", "source_type"): {
            name: each.label for name, each in protocol.all_source_types.items()
        },
        ("studies", "design"): {name: each.label for name, each in protocol.all_designs.items()},
        ("studies", "evidence_set"): includes,
        ("outcomes", "denominator"): {
            name: each.noun.one for name, each in protocol.all_denominators.items()
        },
        ("outcomes", "unit"): {unit: unit for unit in protocol.units},
        ("records", "met_by"): protocol.ways,
        ("records", "evidence_set"): includes,
        ("appraisal", "tool"): {name: each.label for name, each in protocol.all_tools.items()},
        ("certainty", "evidence_set"): sets,
    }


def _filled(
    table: str,
    each: Field,
    values: Mapping[tuple[str, str], dict[str, str]],
    unknown: frozenset[str],
) -> Field:
    """Give a column the values that the plan declares for it."""
    place = table, each.name
    if place not in values:
        return each
    found = values[place]
    if _DECLARED_IN[place] in unknown or not found:
        return replace(each, kind="key", choices=(), required=False)
    filled = replace(each, choices=tuple(found), meanings=tuple(found.values()))
    # Where the plan tells studies apart by this cell, nothing else says where they belong.
    return replace(filled, compulsory=True) if place == ("studies", "evidence_set") else filled


def _declared(name: str, plan: ColumnPlan) -> Field:
    return Field(
        name,
        plan.label,
        "choice" if plan.values else "line",
        plan.required,
        plan.required,
        tuple(plan.values),
        meanings=tuple(plan.values.values()),
    )
