"""What a check is, and what it gives back: a sentence, a table, data for a figure, a verdict.

A check is one file in `onearm.robustness.checks` and one line in its registry. It carries
everything that other rooms ask of it: its name and question, how many studies it needs and
why, what it computes, and how its table is laid out on a page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from onearm.analysis import Pool, Review
from onearm.evidence import OutcomePlan, Protocol, Standing
from onearm.jsonable import plain
from onearm.models import Cost, Model
from onearm.models.arrays import Ints
from onearm.robustness.sheets import Line, Sheet, sheet
from onearm.words import count

__all__ = [
    "Check",
    "CheckResult",
    "Diagnostic",
    "Gate",
    "Line",
    "Sheet",
    "for_many",
    "sheet",
    "told",
    "too_many",
]

#: Fits that a check may ask for, as sets of studies times studies, by what a fit costs: each
#: takes about a quarter of a minute.
_AFFORDABLE = {Cost.QUICK: 20_000_000, Cost.MODERATE: 60_000, Cost.SLOW: 10_000}


@dataclass(frozen=True, eq=False)
class CheckResult:
    """The outcome of one check of robustness.

    Attributes
    ----------
    name : str
        Which check, as a slug.
    verdict : bool or None
        True when the answer holds, False when it does not, None when the check cannot say:
        too few studies, or nothing to judge against.
    sentence : str
        What was found, in plain words with its numbers.
    table : DataFrame
        The numbers behind the sentence; empty when there are none.
    data : dict
        Further values for figures and for ``results.json``.
    """

    name: str
    verdict: bool | None
    sentence: str
    table: pd.DataFrame = field(default_factory=pd.DataFrame)
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def is_closed(self) -> bool:
        """Whether the check was not made, with the reason in its sentence."""
        return self.data.get("gate") == "closed"

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The lines of the table; what is missing is None."""
        names = [str(name) for name in self.table.columns]
        return [
            {name: None if cell is pd.NA else cell for name, cell in zip(names, cells, strict=True)}
            for cells in self.table.itertuples(index=False)
        ]

    def to_dict(self) -> dict[str, object]:
        """Return a JSON-safe record; undefined numbers are None."""
        return {
            "name": self.name,
            "verdict": self.verdict,
            "sentence": self.sentence,
            "table": plain(self.rows),
            "data": plain(self.data),
        }


@dataclass(frozen=True)
class Gate:
    """Whether a diagnostic may be shown for k studies.

    Attributes
    ----------
    name, label : str
        Of the diagnostic: as in the plan's table ``[gates]``, and in words.
    needs, k : int
        How many studies it needs, and how many there are.
    why : str
        Why no fewer would do.
    sentence : str
        The gate in plain words.
    """

    name: str
    label: str
    needs: int
    k: int
    why: str
    sentence: str

    @property
    def is_open(self) -> bool:
        """Whether there are enough studies."""
        return self.k >= self.needs


@dataclass(frozen=True, kw_only=True)
class Diagnostic:
    """Something that asks for a number of studies.

    Attributes
    ----------
    name : str
        What the plan's table ``[gates]`` calls it.
    label : str
        Its name in words.
    needs : int
        The fewest studies, unless the plan says otherwise.
    why : str
        Why no fewer would do.
    """

    name: str
    label: str
    needs: int
    why: str

    def gate(self, k: int, protocol: Protocol) -> Gate:
        """Return the gate for k studies.

        Parameters
        ----------
        k : int
            Number of studies that meet.
        protocol : Protocol
            The plan; its ``[gates]`` go before the default.
        """
        needs = protocol.gates.get(self.name, self.needs)
        asked = f"{count(needs, 'study', 'studies')}, and there {'is' if k == 1 else 'are'} {k}"
        if k >= needs:
            sentence = f"{self.label}: asks for {asked}."
        elif not k and needs > 1:  # why one study, or nine, would not do is no reason here
            sentence = f"{self.label}: needs {asked} that may be pooled."
        else:
            sentence = f"{self.label}: needs {asked}: {self.why}."
        return Gate(self.name, self.label, needs, k, self.why, sentence)

    def closed(self, k: int, protocol: Protocol) -> CheckResult | None:
        """Return the empty result where there are too few studies; None where there are enough.

        Parameters
        ----------
        k, protocol
            As for `gate`.
        """
        found = self.gate(k, protocol)
        if found.is_open:
            return None
        data = {"gate": "closed", "needs": found.needs}
        return CheckResult(self.name, None, found.sentence, data=data)


@dataclass(frozen=True, kw_only=True)
class Check(Diagnostic):
    """One question about the robustness of a pool; calling it answers the question.

    Attributes
    ----------
    run : callable
        Computes the result for a pool of a review whose gate is open.
    sheets : callable
        Lays out the tables of a result that has any.
    heading, intro : str
        What the section of a page is called, and what it says first.
    question : str
        Asked so that "yes" speaks for the answer; "" where there is no verdict.
    alike : str
        Why there is nothing to show where nobody, or everybody, of several studies had the
        event; "" where the check has something to say then too.
    rests_on_threshold, judged_by_threshold : bool
        Whether the whole check, or its verdict alone, needs the outcome's threshold.
    """

    run: Callable[[Pool, Review], CheckResult]
    sheets: Callable[[CheckResult], Iterable[Sheet]]
    heading: str = ""
    intro: str = ""
    question: str = ""
    alike: str = ""
    rests_on_threshold: bool = False
    judged_by_threshold: bool = False

    def __call__(self, pool: Pool, review: Review) -> CheckResult:
        """Return what the check says of a pool, computed once a review.

        Parameters
        ----------
        pool : Pool
            k studies, none included.
        review : Review
            Its plan, and what was computed before.
        """
        counts = tuple(pool.selection.events.tolist()), tuple(pool.selection.n.tolist())
        key = ("check", self.name, pool.label, pool.key, counts)
        return review.once(key, lambda: self._shut(pool, review) or self.run(pool, review))

    def applies(self, plan: OutcomePlan) -> bool:
        """Whether the check can be asked of an outcome at all."""
        return plan.threshold is not None or not self.rests_on_threshold

    def asks(self, plan: OutcomePlan) -> bool:
        """Whether the check has a question to answer about an outcome."""
        by_threshold = self.rests_on_threshold or self.judged_by_threshold
        return bool(self.question) and (plan.threshold is not None or not by_threshold)

    def _shut(self, pool: Pool, review: Review) -> CheckResult | None:
        """Say why there is nothing to ask of a pool, if so."""
        protocol = review.protocol
        if not self.applies(pool.selection.outcome):
            said = f"{self.label}: needs a decision threshold, and the plan gives none."
            return CheckResult(self.name, None, said, data={"gate": "closed"})
        shut = self.closed(pool.selection.studies, protocol)
        if shut or not self.alike or not pool.standing.is_alike:
            return shut
        each = "no" if pool.standing is Standing.NO_EVENT else "every"
        said = (
            f"{self.label}: not shown where {each} {protocol.words.person.one} had the event, "
            f"because {self.alike}. What is known: {pool.extreme()}."
        )
        return CheckResult(self.name, None, said, data={"gate": "closed"})

    def not_computed(self, reason: str) -> CheckResult:
        """Return the empty result of a check that is too large here.

        Parameters
        ----------
        reason : str
            Of `too_many`, or another sentence that says why.
        """
        return CheckResult(self.name, None, f"{self.label}: {reason}", data={"gate": "closed"})


def told(pool: Pool, text: str) -> str:
    """Put the name of a pool before a sentence, unless there is only one.

    Parameters
    ----------
    pool : Pool
        What is told of.
    text : str
        The sentence.
    """
    protocol = pool.selection.protocol
    if protocol.has_several_sets or pool.label != protocol.widest.label:
        return f"{pool.label}: {text}"
    return text[:1].upper() + text[1:]


def for_many(model: Model, n: Ints) -> tuple[Model, str]:
    """Give the model by which many sets of studies are fitted, and what is said of it.

    Parameters
    ----------
    model : Model
        The plan's.
    n : ndarray of int, shape (k, d)
        Sizes of the studies of every set, 0 for absent ones.

    Returns
    -------
    Model, str
        The sentence is "" where it is the plan's own, and else begins with a space.
    """
    quick = model.quicker(n)
    if quick == model:
        return model, ""
    kind = quick.description.interval
    return quick, f" Limits are those of {kind}s here: others take too long for so many fits."


def as_independent(pool: Pool) -> str:
    """Say that rows of one study are taken as independent; "" where no study has several."""
    shared = pool.selection.studies < pool.selection.k
    return " Rows of one study are taken as independent here." if shared else ""


def too_many(model: Model, studies: int, fits: int) -> str:
    """Say that so many fits of a model take too long; "" where they do not.

    Parameters
    ----------
    model : Model
        What would be fitted.
    studies : int
        How many there are.
    fits : int
        To how many sets of studies.
    """
    if studies * fits <= _AFFORDABLE[model.cost]:
        return ""
    return (
        f"not computed for {count(studies, 'study', 'studies')}: the model would be fitted to "
        f"{fits:,} sets of them, which takes too long."
    )
