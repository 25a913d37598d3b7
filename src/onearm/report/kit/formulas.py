"""The formulas of the models as MathML, which a browser draws with the network off."""

from __future__ import annotations

from latex2mathml.converter import convert
from markupsafe import Markup

from onearm.report.kit.html import Html

__all__ = ["STUDY", "display", "inline"]

#: A study's exact interval: quantiles of beta distributions.
STUDY = (
    r"p_{\mathrm{low}} = B_{\alpha/2}(x,\, n - x + 1)",
    r"p_{\mathrm{high}} = B_{1-\alpha/2}(x + 1,\, n - x)",
)


def inline(latex: str) -> Markup:
    """Return a formula within a line."""
    return Markup(convert(latex))


def display(*lines: str, name: str) -> Html:
    """Return formulas one under the other.

    Parameters
    ----------
    *lines : str
        LaTeX.
    name : str
        What they are; a wide one scrolls within itself, by keyboard too.
    """
    shown = Markup("\n").join(
        Markup("<p>{}</p>").format(Markup(convert(line, display="block"))) for line in lines
    )
    html = Markup(
        '<div class="formula" role="region" tabindex="0" aria-label="{}">\n{}\n</div>'
    ).format(name, shown)
    return Html(str(html), "\n".join([name, *lines]))
