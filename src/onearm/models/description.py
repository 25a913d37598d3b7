"""What a model says of itself on a page: each part may be left out, and then the page does so."""

from __future__ import annotations

from dataclasses import dataclass

CONFIDENCE, CREDIBLE = "confidence interval", "credible interval"
"""What the intervals of a model may be."""

LIMITS = {
    "knapp-hartung-conservative": "conservative Knapp–Hartung limits",
    "knapp-hartung": "Knapp–Hartung limits",
    "t": "t limits",
    "wald": "Wald limits",
    "profile": "profile-likelihood limits",
}
"""How the limits of an interval are made, in few words."""

LIMITS_IN_FULL = {
    "t": "limits by t with k − 1 degrees of freedom",
    "wald": "Wald limits",
    "profile": "profile-likelihood limits",
}
"""The same in a phrase."""

# What models with the likelihood of the counts themselves say alike.
BINOMIAL = r"x_i \mid \theta_i \sim \mathrm{Binomial}(n_i,\, \mathrm{expit}\,\theta_i)"
NORMAL = r"\theta_i \sim N(\mu,\, \tau^2)"
LIKELIHOOD = (
    r"L(\mu, \tau) \propto \prod_{i=1}^{k} \int p^{x_i} (1-p)^{n_i - x_i} \varphi(z)\, dz,",
    r"p = \mathrm{expit}(\mu + \tau z)",
)
EXACT = "Its likelihood is that of the counts themselves"
FEW_STUDIES = (
    "Its price is that a maximum need not exist, and that its standard errors are too small "
    "where studies are few."
)


@dataclass(frozen=True, kw_only=True)
class Description:
    """A model with its options in words, formulas and sources.

    Attributes
    ----------
    name : str
        A few words, for the foot of a figure.
    limits : str
        How the limits of its intervals are made, in few words; "" where there is no choice.
    words : str
        One phrase that tells the whole method; `short` where it is left out.
    estimate, prediction, spread : str
        A sentence each: what the estimate, the prediction interval and the heterogeneity are.
    promise : str
        A sentence: in how many samples the interval is right; "" where no model can say it.
    gain, price : str
        What speaks for the model, and what it costs.
    interval : str
        What its intervals are.
    formulas : tuple of str
        LaTeX, one a line.
    sources : tuple of str
        Keys of the literature that it rests on.
    """

    name: str
    limits: str = ""
    words: str = ""
    estimate: str = ""
    prediction: str = "The prediction interval is the model's own."
    spread: str = "Under the primary model it is that model's own estimate."
    promise: str = ""
    gain: str = ""
    price: str = ""
    interval: str = CONFIDENCE
    formulas: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.words:
            object.__setattr__(self, "words", self.short)

    @property
    def short(self) -> str:
        """The model and its limits in a few words."""
        return f"{self.name}, {self.limits}" if self.limits else self.name
