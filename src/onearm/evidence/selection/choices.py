"""The choices between studies that possibly share people: each as large as it can be.

They are the maximal cliques of the graph of rows that go together (Bron and Kerbosch 1973,
doi:10.1145/362342.362367), found component by component: what conflicts with nothing is in
every choice, and rows that conflict by no path are chosen apart from each other. Within a
component the search pivots (Tomita 2006, doi:10.1016/j.tcs.2006.06.015).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

__all__ = ["MOST", "Choices", "maximal_choices"]

MOST = 100  # choices; beyond them each would be one line of a table that nobody reads


@dataclass(frozen=True)
class Choices:
    """The largest-possible choices without a conflict.

    Attributes
    ----------
    found : tuple of tuple of str
        Each choice, its members in the order given; at most :data:`MOST`.
    total : int or None
        How many there are in all; None when they are too many to count.
    """

    found: tuple[tuple[str, ...], ...]
    total: int | None

    @property
    def are_all(self) -> bool:
        """Whether every choice is among those found."""
        return self.total == len(self.found)

    @property
    def sentence(self) -> str:
        """What is left out, or ``""``."""
        if self.are_all:
            return ""
        of = "more than can be counted" if self.total is None else f"{self.total}"
        return f"The first {len(self.found)} of {of} choices are shown."


def maximal_choices(members: Iterable[str], conflicts: Iterable[tuple[str, str]]) -> Choices:
    """Return the largest-possible choices of `members` that hold no conflicting pair.

    Parameters
    ----------
    members : iterable of str
        What is chosen from, in the order in which choices list them.
    conflicts : iterable of (str, str)
        Pairs that never go together.
    """
    order = list(members)
    apart: dict[str, set[str]] = {member: set() for member in order}
    for a, b in conflicts:
        apart[a].add(b)
        apart[b].add(a)
    parts = [_of_component(part, apart) for part in _components(order, apart)]
    known = all(len(part) <= MOST for part in parts)
    total = math.prod(len(part) for part in parts) if known else None
    combined = itertools.islice(itertools.product(*(part[:MOST] for part in parts)), MOST)
    place = {member: i for i, member in enumerate(order)}
    found = [
        tuple(sorted(itertools.chain.from_iterable(choice), key=place.__getitem__))
        for choice in combined
    ]
    found.sort(key=lambda choice: [place[member] for member in choice])
    return Choices(tuple(found), total)


def _components(order: Sequence[str], apart: dict[str, set[str]]) -> Iterator[list[str]]:
    """Yield the members that conflict with each other by some path, each group once."""
    place = {member: i for i, member in enumerate(order)}
    seen: set[str] = set()
    for first in order:
        if first in seen:
            continue
        group, ahead = {first}, [first]
        while ahead:
            for other in apart[ahead.pop()] - group:
                group.add(other)
                ahead.append(other)
        seen |= group
        yield sorted(group, key=place.__getitem__)


def _of_component(members: Sequence[str], apart: dict[str, set[str]]) -> list[tuple[str, ...]]:
    """Return the choices within one component, one more than :data:`MOST` at most."""
    if len(members) == 1:
        return [tuple(members)]
    place = {member: i for i, member in enumerate(members)}
    goes_with = {m: {o for o in members if o != m and o not in apart[m]} for m in members}

    def grow(chosen: set[str], open_: set[str], done: set[str]) -> Iterator[tuple[str, ...]]:
        if not open_ and not done:
            yield tuple(sorted(chosen, key=place.__getitem__))
            return
        # The pivot that goes with most: only what conflicts with it has to be tried.
        pivot = max(
            sorted(open_ | done, key=place.__getitem__),
            key=lambda member: len(open_ & goes_with[member]),
        )
        for member in sorted(open_ - goes_with[pivot], key=place.__getitem__):
            yield from grow(chosen | {member}, open_ & goes_with[member], done & goes_with[member])
            open_ = open_ - {member}
            done = done | {member}

    return sorted(
        itertools.islice(grow(set(), set(members), set()), MOST + 1),
        key=lambda choice: [place[member] for member in choice],
    )
