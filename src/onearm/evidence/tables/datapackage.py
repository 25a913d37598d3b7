"""The Frictionless descriptor of the tables (``datapackage.json``), made from the schemas.

Data Package v1 (https://specs.frictionlessdata.io/data-package/). Write it anew after a
change of the tables with ``python -m onearm.evidence.tables.datapackage data``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from onearm.errors import InputError
from onearm.evidence.plan.reading import read_plan
from onearm.evidence.tables.columns import Field, Table, tables_of
from onearm.evidence.tables.csvfile import read_csv
from onearm.evidence.tables.schemas import PATTERNS

__all__ = ["descriptor", "main", "write_descriptor"]

_DATE = r"[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?"


def descriptor(folder: Path) -> dict[str, object]:
    """Return the descriptor of a data folder as plain values.

    It holds the tables and columns that are there, in the order of their headers.

    Raises
    ------
    InputError
        If the plan, or the header of a table, cannot be read.
    """
    plan = read_plan(folder)
    if plan.protocol is None:
        raise InputError(
            "The plan cannot be used, so the tables have no description.", plan.findings
        )
    resources = []
    for table in tables_of(plan.protocol).values():
        raw = read_csv(folder, table)
        if raw.frame is None:
            raise InputError(f"{table.file} cannot be read.", raw.findings)
        if raw.is_there:
            resources.append(_resource(table, [str(name) for name in raw.frame.columns]))
    return {
        "profile": "tabular-data-package",
        "name": "onearm-evidence",
        "title": plan.protocol.title,
        "resources": resources,
    }


def _resource(table: Table, header: Sequence[str]) -> dict[str, object]:
    fields = {field.name: field for field in table.fields}
    schema: dict[str, object] = {
        "fields": [_field(fields[name], table) for name in header if name in fields],
        "missingValues": [""],
    }
    if set(table.key) <= set(header):
        schema["primaryKey"] = list(table.key)
    references = [each for each in table.references if each.column in header]
    if references:
        schema["foreignKeys"] = [
            {
                "fields": reference.column,
                # An empty name stands for the table itself.
                "reference": {
                    "resource": "" if reference.table == table.name else reference.table,
                    "fields": reference.key,
                },
            }
            for reference in references
        ]
    return {
        "profile": "tabular-data-resource",
        "name": table.name,
        "path": table.file,
        "title": table.title,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": {"delimiter": ",", "header": True},
        "schema": schema,
    }


def _field(field: Field, table: Table) -> dict[str, object]:
    whole = field.kind in ("integer", "year")
    constraints: dict[str, object] = {}
    if field.required:
        constraints["required"] = True
    if table.key == (field.name,):
        constraints["unique"] = True
    if field.kind == "choice":
        constraints["enum"] = list(field.choices)
    elif field.kind == "integer":
        constraints["minimum"] = 0
    elif field.kind == "year":
        constraints |= {"minimum": 1900, "maximum": 2099}
    elif field.kind == "date":
        constraints["pattern"] = _DATE
    elif field.kind not in ("text", "line"):
        constraints["pattern"] = PATTERNS[field.kind]
    described: dict[str, object] = {
        "name": field.name,
        # Printed figures stay text: as numbers, 91.0 would lose the decimal that was printed.
        "type": "integer" if whole else "string",
        "description": field.description,
    }
    return described | ({"constraints": constraints} if constraints else {})


def write_descriptor(folder: Path) -> Path:
    """Write ``datapackage.json`` into a data folder, and return its path."""
    path = folder / "datapackage.json"
    text = json.dumps(descriptor(folder), indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")
    return path


def main(arguments: Sequence[str]) -> int:
    """Write the descriptor into the folder that is named, ``data`` unless another is."""
    print(write_descriptor(Path(arguments[0] if arguments else "data")))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
