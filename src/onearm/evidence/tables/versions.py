"""Which records of studies are versions of one trial, and which of these go in a circle."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pandas as pd

from onearm.evidence.findings import Finding, Place
from onearm.evidence.records import Study
from onearm.evidence.tables.columns import TABLES

__all__ = ["circular_versions", "families"]


def families(studies: Iterable[Study]) -> dict[str, str]:
    """Map every study_id to the study that stands for its trial (itself, unless a version)."""
    target = {study.study_id: study.version_of for study in studies}
    heads = {}
    for study in target:
        head, seen = study, {study}
        while target.get(head) and target[head] not in seen:
            head = target[head]
            seen.add(head)
        # Two records that name each other have no last version: the first name stands for both.
        heads[study] = min(seen) if target.get(head) else head
    return heads


def circular_versions(studies: pd.DataFrame) -> Iterator[Finding]:
    """Yield an error for every study that is, by way of others, a version of itself.

    Parameters
    ----------
    studies : DataFrame
        studies.csv as text, indexed by spreadsheet row number.
    """
    if not {"study_id", "version_of"} <= set(studies.columns):
        return
    target = {s: v for s, v in zip(studies["study_id"], studies["version_of"], strict=True) if v}
    for line, study in zip(studies.index, studies["study_id"], strict=True):
        chain = [study]
        while (following := target.get(chain[-1])) and following not in chain:
            chain.append(following)
        if following == study and len(chain) > 1:
            yield Place(
                TABLES["studies"].file, int(line), "version_of", target[study], None, study
            ).error(
                "version-circular",
                f"The versions go in a circle: {' → '.join([*chain, study])}.",
                "Name the latest record in the others, and empty its own cell.",
            )
