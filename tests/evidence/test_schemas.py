from __future__ import annotations

import pandas as pd
import pytest
from pandera.errors import SchemaErrors

from onearm.evidence.plan.base import suggested
from onearm.evidence.tables.columns import TABLES
from onearm.evidence.tables.schemas import is_date, is_spreadsheet_date, make_schema


def blank(name: str, **cells: str) -> pd.DataFrame:
    return pd.DataFrame(
        [dict.fromkeys(TABLES[name].columns, "") | cells], index=pd.Index([2]), dtype=str
    )


@pytest.mark.parametrize("name", TABLES)
def test_an_empty_row_breaks_exactly_the_required_columns(name: str) -> None:
    with pytest.raises(SchemaErrors) as caught:
        make_schema(TABLES[name]).validate(blank(name), lazy=True)
    broken = set(caught.value.failure_cases["column"])
    assert broken == {field.name for field in TABLES[name].fields if field.required}


@pytest.mark.parametrize(
    ("text", "date", "mangled"),
    [
        ("2021", True, False),
        ("2021-05", True, False),
        ("2024-02-29", True, False),
        ("2023-02-29", False, False),
        ("2021-5", False, False),
        ("May-21", False, True),
        ("3-Oct", False, True),
        ("10-Mar-2021", False, True),
        ("1/5/2021", False, True),
        ("3/10", False, True),
        ("Marseille", False, False),
        ("31-61", False, False),
    ],
)
def test_dates_and_what_spreadsheets_make_of_figures(text: str, date: bool, mangled: bool) -> None:
    assert is_date(text) is date
    assert is_spreadsheet_date(text) is mangled


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("operated", "resected"),
        ("operated patient", "resected"),
        ("Treated", "treated"),
        ("treatd", "treated"),
        ("patient", ""),
        ("patients", ""),
        ("zebra", ""),
        ("", ""),
    ],
)
def test_a_refused_value_is_led_by_its_meaning_before_its_spelling(value: str, meant: str) -> None:
    meanings = {
        "enrolled": "enrolled patient",
        "treated": "treated patient",
        "resected": "operated patient",
    }
    assert suggested(value, meanings) == meant
