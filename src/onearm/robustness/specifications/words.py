"""The specification curve in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from onearm.words import count, percent

__all__ = ["curve_sentence"]

SIDE_WORDS = {"above": "at or above", "below": "below"}


def curve_sentence(data: Mapping[str, Any]) -> str:
    """Say what the analyses of a curve come to, which are not on it, and what moves them most.

    Parameters
    ----------
    data : mapping
        Of the result of :func:`onearm.robustness.specifications.curve`.
    """
    total, threshold = data["distinct"], percent(data["threshold"])
    said = (
        f"{data['combinations']:,} combinations of choices, {data['admissible']:,} of them "
        f"admissible, come to {count(total, 'distinct analysis', 'distinct analyses')} "
        f"({count(data['row_sets'], 'set')} of rows, {count(data['models'], 'model')}). "
        f"{percent(data['estimate_above'] / total)} of them put the estimate at or above the "
        f"{threshold} that matters; the whole interval is above it in "
        f"{percent(data['interval_above'] / total)}, below it in "
        f"{percent(data['interval_below'] / total)}. Estimates run from {percent(data['lowest'])} "
        f"to {percent(data['highest'])}, with median {percent(data['median'])}."
    )
    return " ".join([said, *_not_pooled(data), *_moves_most(data["axes"])])


def _not_pooled(data: Mapping[str, Any]) -> Iterator[str]:
    """Say which choices are not on the curve, for they leave nothing to pool."""
    single = data["single"]
    if single:
        among = f" (so of overlap: {'; '.join(single['overlap'])})" if single["overlap"] else ""
        both = len(single["sides"]) > 1
        lie = (
            "on both sides of what matters"
            if both
            else f"all {SIDE_WORDS[single['sides'][0]]} what matters"
        )
        yield (
            f"Choices that leave fewer than {single['needs']} studies are not on the curve, since "
            f"they pool nothing{among}; the proportions counted there run from "
            f"{percent(single['lowest'])} to {percent(single['highest'])}, {lie}."
        )


def _moves_most(axes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if axes and axes[0]["median_change"] > 0:
        most = axes[0]
        yield (
            f"The choice that moves the estimate most is the {most['label']}: by "
            f"{100 * most['median_change']:.1f} points in the median of "
            f"{count(most['pairs'], 'comparison')}, by {100 * most['largest_change']:.1f} at most."
        )
