"""``results.json`` and ``results.csv``: the numbers of a report, for machines.

``results.json`` is the contract between the report, its index, comparisons and tests. Of a
pool it has two records. ``shown`` is what a page shows, and so what may be quoted: of one study
its own proportion with its exact interval, where nobody (or everybody) had the event the exact
one-sided ``bound`` and no estimate. ``pooled`` is the raw result of the model, whatever it is
worth. ``results.csv`` prints what is shown.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

from onearm.words import spreadsheet_safe

SCHEMA = "onearm-results/1"
COLUMNS = (
    "outcome",
    "evidence_set",
    "analysis",
    "choice",
    "denominator",
    "model",
    "standing",
    "k",
    "patients",
    "events",
    "estimate",
    "ci_low",
    "ci_high",
    "prediction_low",
    "prediction_high",
    "bound_low",
    "bound_high",
    "mean_proportion",
    "tau2",
    "i2",
    "verdict",
    "agreement",
)
#: The verdict on the methods, of the plan's pools and strata; elsewhere nothing is compared.
METHODS = {True: "agree", False: "disagree: do not pool", None: None}


def results_json(records: Mapping[str, Any], about: Mapping[str, Any]) -> str:
    """Return the file's text: sorted keys, one value a line, no NaN."""
    content = {"schema": SCHEMA, **about, **records}
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def results_csv(outcomes: Mapping[str, Any]) -> str:
    """Return one line a pool: the whole, the strata and every sensitivity."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for code, outcome in outcomes.items():
        for analysis, record in _pools(outcome):
            writer.writerow(_line(code, analysis, record))
    return text.getvalue()


def _pools(outcome: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for record in outcome["pools"].values():
        yield "protocol", record
    for splits in outcome["strata"].values():
        for by, split in splits.items():
            for record in split:
                yield f"stratum by {by}", record
    for record in outcome["models"]:
        yield "companion model", record
    for record in outcome["sensitivity"]:
        yield f"sensitivity to {record['axis']}", record


def _line(code: str, analysis: str, record: Mapping[str, Any]) -> dict[str, Any]:
    pooled, shown = record["pooled"], record["shown"]
    low, high = shown["ci"]
    prediction_low, prediction_high = shown["prediction_interval"]
    bound_low, bound_high = shown["bound"]
    values = {
        "outcome": code,
        "analysis": analysis,
        "choice": spreadsheet_safe(record["label"]),
        "ci_low": low,
        "ci_high": high,
        "prediction_low": prediction_low,
        "prediction_high": prediction_high,
        "bound_low": bound_low,
        "bound_high": bound_high,
        "model": pooled["model"],
        "verdict": pooled["verdict"]["code"],
        "agreement": METHODS[record.get("agreement", {}).get("verdict")],
        **{
            name: record[name]
            for name in ("evidence_set", "denominator", "standing", "k", "patients", "events")
        },
        **{name: shown[name] for name in ("estimate", "mean_proportion", "tau2", "i2")},
    }
    return {name: "" if values[name] is None else values[name] for name in COLUMNS}
