"""A review of the shipped data, the same under other plans, and pools with other rows."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest

from onearm.analysis import Pool, Review
from onearm.evidence import Evidence, Row


@pytest.fixture(scope="session")
def review(evidence: Evidence) -> Review:
    return Review(evidence)


@pytest.fixture(scope="session")
def replanned(evidence: Evidence) -> Callable[..., Review]:
    """Return a function that reviews the same tables under a plan with other values."""

    def make(**values: Any) -> Review:
        protocol = evidence.protocol.model_copy(update=values)
        return Review(replace(evidence, protocol=protocol))

    return make


@pytest.fixture(scope="session")
def with_rows() -> Callable[..., Pool]:
    """Return a function that gives the rows of a pool other values: one for all, or one each."""

    def make(pool: Pool, **columns: Any) -> Pool:
        rows = tuple(
            _changed(row, {name: _of_row(value, i) for name, value in columns.items()})
            for i, row in enumerate(pool.selection.rows)
        )
        return replace(pool, selection=replace(pool.selection, rows=rows))

    return make


def _of_row(value: Any, i: int) -> Any:
    found = value if isinstance(value, str | int) else value[i]
    return found if isinstance(found, str) else int(found)


def _changed(row: Row, values: dict[str, Any]) -> Row:
    for part in ("count", "study"):
        record = getattr(row, part)
        own = {each.name for each in fields(record)} & set(values)
        topic = {name: value for name, value in values.items() if name in record.topic}
        found = {name: values[name] for name in own} | {"topic": {**record.topic, **topic}}
        row = replace(row, **{part: replace(record, **found)})
    return row
