"""The descriptor against the schemas that read the tables, and against the shipped tables."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from frictionless import Package, Schema
from pandera.errors import SchemaErrors

from onearm.errors import InputError
from onearm.evidence import read_evidence
from onearm.evidence.tables.columns import tables_of
from onearm.evidence.tables.datapackage import descriptor, main, write_descriptor
from onearm.evidence.tables.schemas import make_schema

DATA = Path(__file__).parents[2] / "data"
RESOURCES = {resource["name"]: resource for resource in descriptor(DATA)["resources"]}
TABLES = tables_of(read_evidence(DATA).protocol)
SCHEMAS = {name: make_schema(table) for name, table in TABLES.items()}
PROBES = (
    "",
    "x",
    "X y",
    "0",
    "5",
    "5.0",
    "5.5",
    "-1",
    "1,200",
    "1850",
    "2021",
    "2100",
    "2021-05",
    "2021-13",
    "2021-02-03",
    "a; b",
    "A,b",
    "a_b",
    "a-b",
    "=1",
    "<",
    "<=",
    "é",
    "46%",
    "91.0",
)


def refused_by_schema(name: str, values: list[str]) -> set[tuple[str, str]]:
    """Every (column, value) that the pandera schema refuses, one value a row."""
    frame = pd.DataFrame(dict.fromkeys(TABLES[name].columns, values), dtype=str)
    with pytest.raises(SchemaErrors) as caught:
        SCHEMAS[name].validate(frame, lazy=True)
    cases = caught.value.failure_cases
    return {
        (column, values[int(i)]) for column, i in zip(cases["column"], cases["index"], strict=True)
    }


def refused_by_descriptor(name: str, values: list[str]) -> set[tuple[str, str]]:
    """Every (column, value) that frictionless refuses under the descriptor."""
    schema = Schema.from_descriptor(RESOURCES[name]["schema"])
    refused = set()
    for value in values:
        cells, notes = schema.read_cells([value] * len(schema.fields))
        for field, cell, note in zip(schema.fields, cells, notes, strict=True):
            if note or (cell is None and field.required):
                refused.add((field.name, value))
    return refused


def test_the_shipped_descriptor_is_the_one_that_the_schemas_make() -> None:
    assert json.loads((DATA / "datapackage.json").read_text("utf-8")) == descriptor(DATA)


@pytest.mark.parametrize("name", TABLES)
def test_the_columns_are_those_of_the_schema_in_order(name: str) -> None:
    fields = RESOURCES[name]["schema"]["fields"]
    names = [field["name"] for field in fields]
    assert sorted(names) == sorted(SCHEMAS[name].columns)
    assert names == list(pd.read_csv(DATA / f"{name}.csv", nrows=0).columns)


@pytest.mark.parametrize("name", TABLES)
def test_the_keys_are_those_of_the_schema(name: str) -> None:
    schema = RESOURCES[name]["schema"]
    assert schema["primaryKey"] == SCHEMAS[name].unique
    for key in schema.get("foreignKeys", []):
        target = key["reference"]["resource"] or name
        assert key["reference"]["fields"] in SCHEMAS[target].unique


@pytest.mark.parametrize("name", TABLES)
def test_both_accept_and_refuse_the_same_cells(name: str) -> None:
    choices = {choice for field in TABLES[name].fields for choice in field.choices}
    values = [*PROBES, *sorted(choices - set(PROBES))]
    assert refused_by_descriptor(name, values) == refused_by_schema(name, values)


def test_frictionless_finds_the_shipped_tables_valid() -> None:
    report = Package(str(DATA / "datapackage.json")).validate()
    assert report.valid, report.flatten(["type", "rowNumber", "fieldName", "message"])
    assert len(report.tasks) == len(TABLES)


def test_frictionless_sees_what_is_broken(folder) -> None:
    folder.row("L1")["denominator"] = "operated"
    folder.row("L2")["study_id"] = "nobody"
    folder.row("A6")["row_id"] = "A5"
    write_descriptor(folder.write())
    found = Package(str(folder.path / "datapackage.json")).validate().flatten(["type"])
    assert {"constraint-error", "foreign-key"} <= {kind for (kind,) in found}


def test_the_command_writes_the_file(folder, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(folder.write())]) == 0
    assert "datapackage.json" in capsys.readouterr().out
    assert (folder.path / "datapackage.json").read_bytes().endswith(b"}\n")


def test_only_what_is_there_is_described(folder) -> None:
    del folder.tables["appraisal"]
    folder.without |= {"outcomes.row_id", "studies.version_of"}
    made = descriptor(folder.write())
    assert made["title"] == "Surgery after targeted treatment"
    schemas = {each["name"]: each["schema"] for each in made["resources"]}
    assert list(schemas) == ["studies", "outcomes", "records"]
    assert "primaryKey" not in schemas["outcomes"]
    assert "foreignKeys" not in schemas["studies"]
    write_descriptor(folder.path)
    assert Package(str(folder.path / "datapackage.json")).validate().valid


def test_without_a_plan_there_is_no_description(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="plan cannot be used"):
        descriptor(tmp_path)
