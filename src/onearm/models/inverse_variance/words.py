"""The inverse-variance model in words and formulas."""

from __future__ import annotations

from onearm.models.description import LIMITS, Description

SCALES = {
    "logit": (r"y = \log\frac{x}{n-x}", r"v = \frac{1}{x} + \frac{1}{n-x}"),
    "log": (r"y = \log\frac{x}{n}", r"v = \frac{1}{x} - \frac{1}{n}"),
    "arcsine": (r"y = \arcsin\sqrt{x/n}", r"v = \frac{1}{4n}"),
    "freeman-tukey": (
        r"y = \frac{1}{2}\left(\arcsin\sqrt{\frac{x}{n+1}} + \arcsin\sqrt{\frac{x+1}{n+1}}\right)",
        r"v = \frac{1}{4n+2}",
    ),
    "raw": (r"y = \frac{x}{n}", r"v = \frac{x(n-x)}{n^3}"),
}
"""The effect of a study and its variance on each scale."""

_TRANSFORMS = {
    "logit": "logits",
    "log": "logarithms",
    "arcsine": "arcsine square roots",
    "freeman-tukey": "Freeman–Tukey double arcsines",
    "raw": "raw proportions",
}
_INTERVALS = {
    "knapp-hartung-conservative": "the Knapp–Hartung interval in the form that is never narrower "
    "than Wald's (its factor is not allowed below 1; t with k − 1 degrees of freedom)",
    "knapp-hartung": "the Knapp–Hartung interval",
    "t": "Wald's standard error with t on k − 1 degrees of freedom",
    "wald": "the Wald interval",
}
_CORRECTIONS = {
    "only0": "half an event is added to both cells of a study at 0/n or n/n, and to no other",
    "if0all": "half an event is added to both cells of every study where one is at 0/n or n/n",
    "all": "half an event is added to both cells of every study",
    "none": "nothing is added to studies at 0/n or n/n, which the scale then leaves out",
}
_POOLED = r"\hat\mu = \frac{\sum_i w_i y_i}{\sum_i w_i},\quad w_i = \frac{1}{v_i + \hat\tau^2}"
_SPREAD = r"Q_w = \sum_i w_i (y_i - \hat\mu)^2"
_ENDS = {
    "knapp-hartung-conservative": (
        _SPREAD,
        r"\hat\mu \pm t_{k-1} \sqrt{\max\left(1, \frac{Q_w}{k-1}\right) \Big/ \sum_i w_i}",
    ),
    "knapp-hartung": (_SPREAD, r"\hat\mu \pm t_{k-1} \sqrt{\frac{Q_w}{k-1} \Big/ \sum_i w_i}"),
    "t": (r"\hat\mu \pm t_{k-1} \sqrt{1 \Big/ \sum_i w_i}",),
    "wald": (r"\hat\mu \pm z \sqrt{1 \Big/ \sum_i w_i}",),
}
_SOURCES = {
    "knapp-hartung-conservative": ("knapp2003", "rover2015"),
    "knapp-hartung": ("knapp2003",),
    "freeman-tukey": ("freeman1950", "miller1978", "schwarzer2019"),
}


def describe(transform: str, tau2: str, ci: str, correction: str, corrects: bool) -> Description:
    """Describe the model under its options.

    Parameters
    ----------
    transform, tau2, ci, correction : str
        Its options.
    corrects : bool
        Whether the scale needs a correction at all.
    """
    return Description(
        name=f"random effects by inverse variance, {transform} scale, {tau2}",
        limits=LIMITS[ci],
        words=(
            f"random effects by inverse variance on {_TRANSFORMS[transform]} (PyMARE), tau² by "
            f"{tau2}, with {_INTERVALS[ci]}" + (f"; {_CORRECTIONS[correction]}" if corrects else "")
        ),
        estimate="The estimate is the back-transformed centre.",
        prediction="The prediction interval takes t with k − 1 degrees of freedom.",
        gain="It is the method that most published meta-analyses use, and so can be compared with "
        "them.",
        price="Its price is that each study's estimate is taken to be normal with a known "
        "variance, which small counts are not.",
        formulas=(*SCALES[transform], _POOLED, *_ENDS[ci]),
        sources=("pymare", *_SOURCES.get(ci, ()), *_SOURCES.get(transform, ())),
    )
