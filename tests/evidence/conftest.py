"""A small data folder that resembles the shipped one, and ways to spoil it."""

# ruff: noqa: C408 - a table's row is easier to read with keywords than with quoted keys

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from onearm.evidence import Evidence, read_evidence
from onearm.evidence.tables.columns import TABLES

Rows = list[dict[str, str]]

PROTOCOL = """\
title = "Surgery after targeted treatment"
question = "How often is the response complete?"
version = "1.0"
units = ["patients", "procedures", "cells"]

[words]
person = "patient"
place = "centre"

[denominators]
enrolled = "enrolled patient"
treated = "treated patient"
resected = { noun = "operated patient", part_of = "enrolled" }
evaluable = "evaluable patient"
unstated = { noun = ["patient of some group", "patients of some group"], known = false }

[columns.studies.setting]
label = "Setting"
values = { salvage = "Salvage surgery", neoadjuvant = "Planned neoadjuvant therapy" }

[columns.studies.agent]
label = "Drugs before surgery"

[columns.outcomes.agent_class]
label = "Drug class"
required = true
several = ["mixed", "tki_mixed"]

[columns.outcomes.agent_class.values]
alk_tki = "ALK inhibitor"
egfr_tki = "EGFR inhibitor"
tki_mixed = "Inhibitors, not separated"
tki_chemo = "Inhibitor with chemotherapy"
ici_mono = "One immunotherapy"
ici_dual = "Two immunotherapies"
ici_chemo = "Immunotherapy with chemotherapy"
ici_any = "Any immunotherapy"
mixed = "Both"
chemo = "Chemotherapy"

[[flow]]
title = "First documents"
ways = { seed = "first documents" }

[[flow]]
title = "Later"
ways = { citation = "cited", search = "looked up" }

[columns.records.seed]
label = "Number of the document"

[[evidence_set]]
name = "core"
label = "Core evidence"
includes = ["core"]

[[evidence_set]]
name = "core+extended"
label = "Core and extended evidence"
includes = ["core", "extended"]

[pooling]
level = 0.95
minimum_n = 5
provisional_k = 2
headline_k = 3

[primary]
model = "inverse-variance"
transform = "logit"
tau2 = "REML"
ci = "knapp-hartung-conservative"
correction = "only0"

[[companions]]
label = "Arcsine"
model = "inverse-variance"
transform = "arcsine"

[strata.setting]
label = "Setting"
column = "setting"

[strata.agent_group]
label = "Drug class"
column = "agent_class"
only = true

[strata.agent_group.groups.targeted]
label = "Targeted therapy"
members = ["alk_tki", "egfr_tki", "tki_mixed"]

[strata.agent_group.groups.immunotherapy]
label = "Immunotherapy"
members = ["ici_mono", "ici_dual", "ici_chemo", "ici_any"]

[strata.agent_group.groups.mixed]
label = "Not separated"
members = ["mixed"]

[overlap]
facts = ["pcr", "mpr"]
denominator = "resected"
column = "agent_class"

[overlap.stands_for]
alk_tki = ["alk"]
egfr_tki = ["egfr"]
tki_mixed = ["alk", "egfr"]
ici_mono = ["mono"]
ici_dual = ["dual"]
ici_chemo = ["ici+chemo"]
ici_any = ["mono", "dual", "ici+chemo"]
tki_chemo = ["tki+chemo"]
chemo = ["chemo"]

[[outcome]]
code = "pcr"
label = "Pathological complete response"
short = "pCR"
definition = "No viable tumour cells"
denominator = "resected"
sensitivity_denominators = ["enrolled"]
threshold = 0.2
threshold_reason = "What chemotherapy with immunotherapy gives"
direction = "higher"
nested_in = ["mpr"]

[[outcome]]
code = "mpr"
label = "Major pathological response"
short = "MPR"
definition = "At most 10 % viable tumour cells"
denominator = "resected"
sensitivity_denominators = ["enrolled"]
threshold = 0.5
threshold_reason = "Half of the patients"
direction = "higher"
operators = { "<" = "below 10 %", "<=" = "at most 10 %" }

[other_outcomes]
r0 = "R0 resection"
lobectomy = "lobectomy"
ypt0 = "ypT0"
objective_response = "objective response"
downstaging_nodal = "nodal downstaging"

[gates]
influence = 3
"""

STUDIES: Rows = [
    dict(
        study_id="lococo2023",
        label="Lococo 2023",
        year="2023",
        citation="Clin Lung Cancer 2023",
        doi="10.1016/j.cllc.2023.03.001",
        source_type="abstract",
        evidence_set="core",
        design="retrospective_series",
        setting="salvage",
        agent="alectinib",
        enrol_start="2020-01",
        enrol_end="2021-12",
        overlap_group="gemelli",
    ),
    dict(
        study_id="alneo2025",
        label="ALNEO 2025",
        year="2025",
        citation="J Clin Oncol 2025",
        source_type="news",
        evidence_set="core",
        design="single_arm_trial",
        setting="neoadjuvant",
        agent="alectinib",
        enrol_start="2021-05",
        enrol_end="2024-07",
    ),
    dict(
        study_id="chiappetta2025",
        label="Chiappetta 2025",
        year="2025",
        citation="J Thorac Dis 2025;17:4929",
        source_type="news",
        evidence_set="core",
        design="retrospective_series",
        setting="salvage",
        agent="immunotherapy or TKI",
        enrol_start="2015-01-01",
        enrol_end="2022-12-31",
        overlap_group="gemelli",
    ),
    dict(
        study_id="hashimoto2022",
        label="Hashimoto 2022",
        year="2022",
        citation="Surg Case Rep 2022;8:59",
        source_type="full_text",
        evidence_set="core",
        design="case_report",
        setting="salvage",
        agent="alectinib",
    ),
    dict(
        study_id="lin2023",
        label="Lin 2023",
        year="2023",
        citation="Ann Thorac Surg 2023",
        doi="10.1016/j.athoracsur.2023.01.027",
        source_type="abstract",
        evidence_set="extended",
        design="retrospective_series",
        setting="salvage",
        agent="EGFR TKI",
    ),
]


def count(
    row_id: str, study_id: str, outcome: str, events: str, n: str, **more: str
) -> dict[str, str]:
    """One row of outcomes.csv, complete enough to be valid."""
    row = dict(
        row_id=row_id,
        study_id=study_id,
        population="all",
        agent_class="alk_tki",
        outcome=outcome,
        definition="as the source says",
        definition_operator="",
        events=events,
        n=n,
        denominator="resected",
        unit="patients",
        basis="stated",
        use="pool",
        source="000_seed.txt",
        locator=f"row {row_id}",
    )
    return row | more


OUTCOMES: Rows = [
    count("L1", "lococo2023", "pcr", "5", "10", definition_operator="="),
    count("L2", "lococo2023", "mpr", "9", "10", definition_operator="<"),
    count(
        "L2b",
        "lococo2023",
        "mpr",
        "10",
        "10",
        definition_operator="<=",
        use="sensitivity",
        use_reason="the tenth may be at 10 %",
        variant="definition: <= 10 %",
    ),
    count("A6", "alneo2025", "pcr", "4", "28", basis="derived", derivation="4 over the operated"),
    count(
        "A5",
        "alneo2025",
        "pcr",
        "4",
        "33",
        denominator="enrolled",
        printed_percent="12",
        printed_ci_low="3",
        printed_ci_high="28",
        printed_ci_level="95",
    ),
    count(
        "A4",
        "alneo2025",
        "mpr",
        "15",
        "28",
        definition_operator="<=",
        basis="derived",
        derivation="15 over the operated",
    ),
    count(
        "A3",
        "alneo2025",
        "mpr",
        "15",
        "33",
        definition_operator="<=",
        denominator="enrolled",
        printed_percent="46",
        printed_ci_low="31",
        printed_ci_high="61",
        printed_ci_level="90",
    ),
    count("C1", "chiappetta2025", "pcr", "11", "30", agent_class="mixed", printed_percent="36"),
    count(
        "C2", "chiappetta2025", "pcr", "10", "22", agent_class="ici_any", population="immunotherapy"
    ),
    count(
        "C3",
        "chiappetta2025",
        "pcr",
        "1",
        "8",
        agent_class="tki_mixed",
        population="targeted",
        basis="derived",
        derivation="11 - 10 of 30 - 22",
    ),
    count(
        "C4",
        "chiappetta2025",
        "pcr",
        "11",
        "28",
        agent_class="mixed",
        use="sensitivity",
        use_reason="two may not have been operated",
        variant="denominator: 28",
    ),
    count(
        "C14",
        "chiappetta2025",
        "mpr",
        "",
        "",
        agent_class="mixed",
        use="context",
        use_reason="nothing to pool",
        missing_reason="not reported",
    ),
    count("K1", "hashimoto2022", "pcr", "0", "1", printed="50 % viable"),
    count("X18", "lin2023", "pcr", "0", "29", agent_class="egfr_tki", printed="all had residual"),
]

RECORDS: Rows = [
    dict(
        record_id=f"R{i}",
        citation=s["citation"],
        met_by="seed",
        seed=f"00{i}",
        study_id=s["study_id"],
        evidence_set=s["evidence_set"],
        stage="assessed",
        decision="included",
    )
    for i, s in enumerate(STUDIES)
]

APPRAISAL: Rows = [
    dict(
        study_id="lococo2023",
        tool="jbi_case_series",
        item=str(i),
        question=f"Question {i}?",
        judgement="unclear",
        reason="only an abstract was read",
    )
    for i in range(1, 11)
]


class Folder:
    """A data folder whose tables can be changed before they are written.

    Columns named in `without` (``"outcomes.locator"``) are left out.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.protocol = PROTOCOL
        self.without: set[str] = set()
        self.tables: dict[str, Rows] = {
            "studies": [dict(row) for row in STUDIES],
            "outcomes": [dict(row) for row in OUTCOMES],
            "records": [dict(row) for row in RECORDS],
            "appraisal": [dict(row) for row in APPRAISAL],
        }

    def row(self, key: str) -> dict[str, str]:
        """The row of outcomes or studies with this key, to be changed in place."""
        for table, column in (("outcomes", "row_id"), ("studies", "study_id")):
            for row in self.tables[table]:
                if row[column] == key:
                    return row
        raise KeyError(key)

    def line(self, row_id: str) -> int:
        """The spreadsheet row of an outcomes row."""
        return [row["row_id"] for row in self.tables["outcomes"]].index(row_id) + 2

    def add(self, *rows: dict[str, str], table: str = "outcomes") -> Folder:
        self.tables[table].extend(rows)
        return self

    def header(self, name: str) -> list[str]:
        """The columns of every review, and those that the rows have beside them."""
        found = dict.fromkeys(TABLES[name].columns)
        for row in self.tables[name]:
            found |= dict.fromkeys(row)
        return [column for column in found if f"{name}.{column}" not in self.without]

    def write(self) -> Path:
        """Write everything and return the folder."""
        self.path.mkdir(parents=True, exist_ok=True)
        for name, rows in self.tables.items():
            with (self.path / f"{name}.csv").open("w", encoding="utf-8", newline="") as handle:
                writer = csv.DictWriter(
                    handle, self.header(name), lineterminator="\n", extrasaction="ignore"
                )
                writer.writeheader()
                writer.writerows(rows)
        (self.path / "protocol.toml").write_text(self.protocol, encoding="utf-8")
        return self.path

    def read(self) -> Evidence:
        return read_evidence(self.write())


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "data")


@pytest.fixture
def make_count() -> Callable[..., dict[str, str]]:
    return count


@pytest.fixture
def evidence(folder: Folder) -> Evidence:
    return folder.read()
