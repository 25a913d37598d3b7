"""What a forest plot prints, line by line, and says: before anything is drawn."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from onearm.analysis import Pool
from onearm.analysis.pools import Differences
from onearm.evidence import Row, Selection, Standing
from onearm.figures.footnotes import are_defined, badge, definitions, footnotes, letter
from onearm.models import Pooled
from onearm.words import interval, number, percent, with_interval


@dataclass(frozen=True)
class Line:
    """One printed row: what it says, and what is drawn on it."""

    kind: str  # heading, study, pooled, prediction, remark
    name: str
    detail: str = ""
    counts: str = ""
    estimate: float = math.nan
    low: float = math.nan
    high: float = math.nan
    weight: str = ""
    share: float = math.nan  # of the weight, 0 to 1; nan where the model has none
    muted: bool = False
    mark: str = ""  # of its footnote


@dataclass(frozen=True)
class Printed:
    """A forest plot as lines, the text at its foot, the same as sentences and as numbers."""

    lines: tuple[Line, ...]
    foot: tuple[str, ...]
    sentences: tuple[str, ...]
    numbers: tuple[dict[str, object], ...]


def printed(pool: Pool, blocks: Sequence[Pool] = (), test: Differences | None = None) -> Printed:
    """Return what is printed of a pool, or of its subgroups one under the other.

    Parameters
    ----------
    pool : Pool
        The pool; of `blocks` it is the whole.
    blocks : sequence of Pool
        The subgroups, if they are drawn.
    test : Differences, optional
        Whether they differ.
    """
    drawn = list(blocks) or [pool]
    notes: list[tuple[str, str]] = []  # study and text, in the order of their marks
    defined = are_defined(drawn)
    lines = [
        line
        for part in drawn
        for line in _lines(part, notes, heading=bool(blocks), defined=defined)
    ]
    worded = definitions(drawn)
    told = [(letter(place), *note) for place, note in enumerate(notes)]
    foot = [_methods(pool, drawn)]
    if not blocks and pool.is_pooled:
        foot.append(f"Between the studies: {spread(pool.pooled)}.")
    if test:
        foot.append(test.sentence)
    foot += [worded] if worded else []
    foot += [f"[{mark}] {study}: {text}." for mark, study, text in told]
    sentences = [_sentences(part) for part in drawn]
    sentences += [test.sentence] if test else []
    sentences += [worded] if worded else []
    sentences += [f"Footnote {mark}, {study}: {text}." for mark, study, text in told]
    rows = [row for part in drawn for row in _numbers(part, heading=bool(blocks))]
    rows += [_test_numbers(test)] if test and test.q is not None else []
    return Printed(tuple(lines), tuple(foot), tuple(sentences), tuple(rows))


def whom(pool: Pool) -> str:
    """Return the noun for whom a pool counts: "participants"."""
    return pool.selection.protocol.denominator_noun(pool.selection.denominator).many


def spread(pooled: Pooled) -> str:
    """Return tau and I² with their intervals, as far as the model has them."""
    scale = pooled.method.tau_scale
    parts = []
    if scale and math.isfinite(pooled.tau2):
        limits = [number(math.sqrt(limit)) for limit in pooled.tau2_ci if math.isfinite(limit)]
        around = f" ({limits[0]} to {limits[1]})" if len(limits) == 2 else ""
        parts.append(f"tau {number(math.sqrt(pooled.tau2))}{around} on the {scale} scale")
    if math.isfinite(pooled.i2):
        known = all(map(math.isfinite, pooled.i2_ci))
        around = f" ({interval(*pooled.i2_ci)})" if known else ""
        parts.append(f"I² {percent(pooled.i2)}{around}")
    return ", ".join(parts) or "this model gives neither tau nor I²"


def _methods(pool: Pool, drawn: Sequence[Pool]) -> str:
    level = f"{100 * pool.pooled.level:g} %"
    studies = f"Studies: exact (Clopper–Pearson) {level} intervals."
    shown = next((part for part in drawn if part.is_pooled), None)
    if shown is None:
        return studies
    return (
        f"{studies} Diamond: median proportion with its {level} {shown.interval_kind}, "
        f"{shown.pooled.method.description.short}."
    )


def _lines(
    pool: Pool, notes: list[tuple[str, str]], *, heading: bool, defined: bool
) -> Iterator[Line]:
    if heading:
        yield Line("heading", pool.label)
    if pool.standing is Standing.NONE:
        yield Line("remark", "No count of this outcome that may be pooled.")
        return
    selection = pool.selection
    for row, study, note in zip(selection.rows, pool.pooled.studies, footnotes(pool), strict=True):
        mark = ""
        if note:
            mark = letter(len(notes))
            notes.append((study.study, note))
        # what is not pooled has no weight
        share = study.weight if pool.standing is not Standing.SINGLE else math.nan
        yield Line(
            "study",
            study.study,
            _badges(row, selection, defined=defined),
            f"{study.events}/{study.n}",
            study.proportion,
            *study.ci,
            weight=percent(share) if math.isfinite(share) else "",
            share=share,
            mark=mark,
        )
    if pool.standing is Standing.SINGLE:
        yield Line("remark", selection.gate.sentence, muted=True)
    elif pool.is_pooled:
        yield from _summaries(pool, spread(pool.pooled) if heading else "")
    else:
        yield Line("remark", f"All studies: {pool.extreme()}.")


def _summaries(pool: Pool, detail: str) -> Iterator[Line]:
    provisional = pool.standing is Standing.PROVISIONAL
    pooled = pool.pooled
    effects = "random effects, median proportion" if pooled.method.tau_scale else ""
    yield Line(
        "pooled",
        f"Pooled, {pool.cohorts}" + (" (provisional)" if provisional else ""),
        detail or effects or "median proportion",
        f"{pooled.events}/{pooled.n}",
        pooled.estimate,
        *pooled.ci,
        weight="no weights" if pooled.weights is None else "",
        muted=provisional,
    )
    if pooled.k >= pool.prediction_k:
        low, high = pool.prediction
        yield Line(
            "prediction",
            "Prediction interval",
            "where a new study's true rate may lie",
            low=low,
            high=high,
            muted=provisional,
        )


def _badges(row: Row, selection: Selection, *, defined: bool) -> str:
    """Return what a reader must know of a row beside its counts."""
    source = selection.protocol.all_source_types.get(row.study.source_type)
    parts = [
        badge(row, selection.outcome) if defined else "",
        "derived" if row.count.basis == "derived" else "",
        source.label if source and source.second_hand else "",
    ]
    return " · ".join(filter(None, parts))


def _sentences(pool: Pool) -> str:
    studies = [
        f"{study.study}: {study.events} of {study.n}, {with_interval(study.proportion, study.ci)}."
        for study in pool.pooled.studies
    ]
    between = [f"Between the studies: {spread(pool.pooled)}."] if pool.is_pooled else []
    return " ".join([*studies, pool.headline(), *between])


def _numbers(pool: Pool, *, heading: bool) -> Iterator[dict[str, object]]:
    block = {"block": pool.label} if heading else {}
    level = pool.pooled.level
    rows = pool.selection.rows
    for row, study, note in zip(rows, pool.pooled.studies, footnotes(pool), strict=True):
        low, high = study.ci
        yield {
            "kind": "study",
            **block,
            "name": study.study,
            "row": row.row_id,
            "denominator": row.count.denominator,
            "definition": row.count.definition,
            "events": study.events,
            "n": study.n,
            "proportion": study.proportion,
            "ci_low": low,
            "ci_high": high,
            "level": level,
            "weight": study.weight,
            "footnote": note,
        }
    if not pool.is_pooled:
        return
    pooled = pool.pooled
    (low, high), (tau_low, tau_high) = pooled.ci, pooled.tau2_ci
    yield {
        "kind": "pooled",
        **block,
        "name": str(pool.standing),
        "events": pooled.events,
        "n": pooled.n,
        "proportion": pooled.estimate,
        "ci_low": low,
        "ci_high": high,
        "level": level,
        "tau2": pooled.tau2,
        "tau2_low": tau_low,
        "tau2_high": tau_high,
        "i2": pooled.i2,
        "i2_low": pooled.i2_ci[0],
        "i2_high": pooled.i2_ci[1],
    }
    if pooled.k >= pool.prediction_k:
        low, high = pool.prediction
        yield {"kind": "prediction", **block, "ci_low": low, "ci_high": high, "level": level}


def _test_numbers(test: Differences) -> dict[str, object]:
    return {"kind": "differences", "name": test.model, "q": test.q, "df": test.df, "p": test.p}
