from __future__ import annotations

import itertools
import json

from onearm.evidence import Finding
from onearm.evidence.findings import errors_among, in_order


def finding(severity: str, file: str, row: int | None, code: str = "x") -> Finding:
    return Finding(code, severity, "s", "m", file, row)  # type: ignore[arg-type]


def test_the_order_is_severity_file_row_code_whatever_came_first() -> None:
    wanted = (
        finding("error", "studies.csv", 9),
        finding("warning", "outcomes.csv", None),
        finding("warning", "outcomes.csv", 3, "a"),
        finding("warning", "outcomes.csv", 3, "b"),
        finding("note", "outcomes.csv", 2),
    )
    for shuffled in itertools.permutations(wanted):
        assert in_order(shuffled) == wanted
    assert in_order([*wanted, *wanted]) == wanted
    assert errors_among(wanted) == wanted[:1]


def test_a_finding_becomes_plain_values() -> None:
    told = Finding("c", "note", "s", "m", "f.csv", 2, "n", "1", "A1", "alneo2025").to_dict()
    assert json.loads(json.dumps(told))["study_id"] == "alneo2025"
