"""A selection: the rows that meet in one pool, those that do not, and what to bear in mind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from onearm.cautions import Caution
from onearm.errors import InputError
from onearm.evidence.frames import Row, rows_of
from onearm.evidence.plan.protocol import EvidenceSet, OutcomePlan, Pooling
from onearm.evidence.selection.bounds import may_share
from onearm.evidence.selection.gates import Gate, gate
from onearm.evidence.selection.overlap import OverlapPair, maximal_choices, shared_groups
from onearm.words import count, listing

__all__ = ["Selection", "make_selection", "non_overlapping", "overlap_pairs"]

Counts = np.ndarray[tuple[int], np.dtype[np.int64]]
_SECOND_HAND = {"news": "news reports", "secondary_citation": "another paper's citation"}

#: Classes whose patients had different drugs that the source does not separate.
_SEVERAL_DRUGS = frozenset({"mixed", "tki_mixed"})


@dataclass(frozen=True, eq=False)
class Selection:
    """The rows of one outcome that meet in one pool.

    Attributes
    ----------
    outcome : OutcomePlan
        What the plan says of the outcome.
    evidence_set : {"core", "core+extended"}
        Which evidence it was selected from.
    denominator : str
        Whom n counts, the same for every row.
    rows : DataFrame
        The columns of outcomes.csv and studies.csv (the study's own `label`, `notes` and
        `line` as `study_label`, `study_notes`, `study_line`), and `label` (unique, names the
        part of a study), `setting_label`, `agent_group`, `agent_group_label`. Sorted by
        year, then label.
    excluded : DataFrame
        All other rows of the outcome, the same columns and `reason`.
    overlaps : tuple of OverlapPair
        The pairs of studies in `rows` that possibly share patients.
    pooling : Pooling
        The plan's rules, which decide the gate.
    """

    outcome: OutcomePlan
    evidence_set: EvidenceSet
    denominator: str
    rows: pd.DataFrame
    excluded: pd.DataFrame
    overlaps: tuple[OverlapPair, ...]
    pooling: Pooling

    def __post_init__(self) -> None:
        for column in ("outcome", "denominator", "unit"):
            kinds = sorted(set(self.rows[column]))
            if len(kinds) > 1:
                raise InputError(f"One pool never mixes {column}s: {listing(kinds)} meet here.")
        if self.rows.duplicated(["study_id", "population"]).any():
            raise InputError("A pool counts a population of a study once, and one is here twice.")

    @property
    def k(self) -> int:
        """Number of rows that meet."""
        return len(self.rows)

    @property
    def studies(self) -> int:
        """Number of distinct studies among the rows: arms of one trial are one study."""
        return int(self.rows["study_id"].nunique())

    @property
    def events(self) -> Counts:
        """Events, shape (k,)."""
        return np.asarray(self.rows["events"], dtype=np.int64)

    @property
    def n(self) -> Counts:
        """Numbers at risk, shape (k,)."""
        return np.asarray(self.rows["n"], dtype=np.int64)

    @property
    def labels(self) -> tuple[str, ...]:
        """The rows' names as reports show them."""
        return tuple(str(label) for label in self.rows["label"])

    @property
    def patients(self) -> int:
        """Sum of n."""
        return int(self.n.sum())

    @property
    def gate(self) -> Gate:
        """What so many studies are worth under the plan."""
        return gate(self.k, self.pooling, self.studies)

    @property
    def cautions(self) -> tuple[Caution, ...]:
        """What to bear in mind: possible overlap, definitions, sources, derived counts."""
        return tuple(_cautions(self))

    def only(self, row_ids: Collection[str], reason: str) -> Selection:
        """Return the selection with these rows alone.

        Parameters
        ----------
        row_ids : collection of str
            The rows that stay.
        reason : str
            Why the others go; it is written beside them in `excluded`.
        """
        stays = self.rows["row_id"].isin(list(row_ids))
        gone = self.rows[~stays].assign(reason=reason)
        rows = self.rows[stays].reset_index(drop=True)
        excluded = pd.concat([self.excluded, gone]) if len(gone) else self.excluded
        return Selection(
            self.outcome, self.evidence_set, self.denominator, rows,
            excluded.sort_values(["year", "label", "row_id"], ignore_index=True),
            _pairs_within(rows, self.overlaps), self.pooling,
        )  # fmt: skip


def make_selection(
    outcome: OutcomePlan,
    evidence_set: EvidenceSet,
    denominator: str,
    rows: pd.DataFrame,
    pairs: tuple[OverlapPair, ...],
    pooling: Pooling,
) -> Selection:
    """Build a selection from judged rows.

    Parameters
    ----------
    rows : DataFrame
        All rows of the outcome in their order, with `reason`: empty for those that stay.
    pairs : tuple of OverlapPair
        Every pair in the evidence; the selection keeps those that concern it.
    """
    stays = rows["reason"] == ""
    kept = rows[stays].drop(columns="reason").reset_index(drop=True)
    return Selection(
        outcome,
        evidence_set,
        denominator,
        kept,
        rows[~stays].reset_index(drop=True),
        _pairs_within(kept, pairs),
        pooling,
    )


def overlap_pairs(selection: Selection) -> tuple[OverlapPair, ...]:
    """Return the pairs of studies in a selection that possibly share patients."""
    return selection.overlaps


def non_overlapping(selection: Selection) -> tuple[Selection, ...]:
    """Return every maximal choice of rows in which no two possibly share patients.

    Returns
    -------
    tuple of Selection
        The selection itself, alone, when nothing in it overlaps.
    """
    reason = "left out of this choice: it possibly shares patients with a row that is in it"
    choices = maximal_choices(selection.rows["row_id"], _conflicts(selection.rows))
    return tuple(selection.only(choice, reason) for choice in choices)


def _conflicts(rows: pd.DataFrame) -> Iterator[tuple[str, str]]:
    records = rows_of(rows)
    for i, a in enumerate(records):
        for b in records[i + 1 :]:
            if (
                a["study_id"] != b["study_id"]
                and shared_groups(a["overlap_group"], b["overlap_group"])
                and may_share(a["agent_class"], b["agent_class"])
            ):
                yield a["row_id"], b["row_id"]


def _pairs_within(rows: pd.DataFrame, pairs: tuple[OverlapPair, ...]) -> tuple[OverlapPair, ...]:
    study_of = dict(zip(rows["row_id"], rows["study_id"], strict=True))
    meeting = {frozenset((study_of[a], study_of[b])) for a, b in _conflicts(rows)}
    return tuple(p for p in pairs if frozenset((p.study_a, p.study_b)) in meeting)


def _drugs(row: Row) -> str:
    return str(row["agent_group_label"] or row["agent_class"].replace("_", " "))


def _cautions(selection: Selection) -> Iterator[Caution]:
    rows = rows_of(selection.rows)
    for pair in selection.overlaps:
        yield Caution("possible-overlap", pair.sentence)
    operators = sorted({r["definition_operator"] for r in rows} & {"<", "<="})
    if len(operators) > 1:
        told = [
            f"{words} in {listing([r['label'] for r in rows if r['definition_operator'] == o])}"
            for o, words in (("<", "below the limit (<)"), ("<=", "up to and at the limit (≤)"))
        ]
        yield Caution(
            "definition-operators-differ", f"The definition is not the same: {'; '.join(told)}."
        )
    if len({r["setting"] for r in rows}) > 1:
        names = listing(list(dict.fromkeys(r["setting_label"] or "not stated" for r in rows)))
        yield Caution("settings-mixed", f"Different settings meet: {names}. See the strata.")
    drugs = list(dict.fromkeys(_drugs(r) for r in rows))
    if len(drugs) > 1:
        yield Caution("agents-mixed", f"Different drugs meet: {'; '.join(drugs)}. See the strata.")
    elif {r["agent_class"] for r in rows} & _SEVERAL_DRUGS:
        yield Caution("agents-mixed", f"Different drugs meet within one group: {drugs[0]}.")
    for kind, words in _SECOND_HAND.items():
        labels = [r["label"] for r in rows if r["source_type"] == kind]
        if labels:
            yield Caution("secondary-source", f"Figures of {listing(labels)} come from {words}.")
    times = Counter(r["study_label"] for r in rows)
    several = [label for label, rows_of_it in times.items() if rows_of_it > 1]
    if several:
        yield Caution(
            "parts-of-one-study",
            f"{listing(several)} {'is' if len(several) == 1 else 'are'} counted by disjoint parts: "
            "other patients, and the same place and hands.",
        )
    derived = [r["label"] for r in rows if r["basis"] == "derived"]
    if derived:
        yield Caution(
            "derived-row",
            f"{count(len(derived), 'count')} of {selection.k} "
            f"{'is' if len(derived) == 1 else 'are'} derived, not stated: "
            f"{listing(derived)}.",
        )
