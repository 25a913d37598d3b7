"""A certainty as a page shows it: circles, a word, and the reasons one step away."""

from __future__ import annotations

from markupsafe import Markup

from onearm.analysis.certainty import Certainty
from onearm.report.kit.html import details
from onearm.words import count


def certainty_words(graded: Certainty) -> Markup:
    """Return a certainty as circles and word; only the word is read out."""
    if not graded.symbols:
        return Markup("{}").format(graded.word)
    return Markup('<span class="circles" aria-hidden="true">{}</span> {}').format(
        graded.symbols, graded.word
    )


def certainty_folded(graded: Certainty) -> Markup:
    """Return a certainty that opens to its reasons, those that take nothing off included."""
    if not graded.domains:
        return certainty_words(graded)
    reasons = Markup("").join(
        Markup("<li><strong>{}</strong>, {}: {}</li>").format(
            domain.name, levels_off(domain.downgrade), domain.reason
        )
        for domain in graded.domains
    )
    return details(certainty_words(graded), Markup("<ul>{}</ul>").format(reasons))


def levels_off(downgrade: int) -> str:
    """Say how many levels a domain takes off.

    Examples
    --------
    >>> levels_off(0), levels_off(1), levels_off(2)
    ('not lowered', 'lowered by 1 level', 'lowered by 2 levels')
    """
    return f"lowered by {count(downgrade, 'level')}" if downgrade else "not lowered"
