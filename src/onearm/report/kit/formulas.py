"""The formulas of the models as MathML, which a browser draws with the network off."""

from __future__ import annotations

from collections.abc import Sequence

from latex2mathml.converter import convert
from markupsafe import Markup

from onearm.evidence import ModelPlan
from onearm.models import Bayes
from onearm.report.kit.html import Html

__all__ = ["STUDY", "display", "inline", "model_formulas", "transform_formula"]

#: A study's exact interval: quantiles of beta distributions.
STUDY = (
    r"p_{\mathrm{low}} = B_{\alpha/2}(x,\, n - x + 1)",
    r"p_{\mathrm{high}} = B_{1-\alpha/2}(x + 1,\, n - x)",
)
_BINOMIAL = r"x_i \mid \theta_i \sim \mathrm{Binomial}(n_i,\, \mathrm{expit}\,\theta_i)"
_NORMAL = r"\theta_i \sim N(\mu,\, \tau^2)"
_LIKELIHOOD = (
    r"L(\mu, \tau) \propto \prod_{i=1}^{k} \int p^{x_i} (1-p)^{n_i - x_i} \varphi(z)\, dz,",
    r"p = \mathrm{expit}(\mu + \tau z)",
)
_SCALES = {
    "logit": (r"y = \log\frac{x}{n-x}", r"v = \frac{1}{x} + \frac{1}{n-x}"),
    "log": (r"y = \log\frac{x}{n}", r"v = \frac{1}{x} - \frac{1}{n}"),
    "arcsine": (r"y = \arcsin\sqrt{x/n}", r"v = \frac{1}{4n}"),
    "freeman-tukey": (
        r"y = \frac{1}{2}\left(\arcsin\sqrt{\frac{x}{n+1}} + \arcsin\sqrt{\frac{x+1}{n+1}}\right)",
        r"v = \frac{1}{4n+2}",
    ),
    "raw": (r"y = \frac{x}{n}", r"v = \frac{x(n-x)}{n^3}"),
}
_POOLED = r"\hat\mu = \frac{\sum_i w_i y_i}{\sum_i w_i},\quad w_i = \frac{1}{v_i + \hat\tau^2}"
_SPREAD = r"Q_w = \sum_i w_i (y_i - \hat\mu)^2"
_ENDS = {
    "knapp-hartung-conservative": (
        _SPREAD,
        r"\hat\mu \pm t_{k-1} \sqrt{\max\left(1, \frac{Q_w}{k-1}\right) \Big/ \sum_i w_i}",
    ),
    "knapp-hartung": (
        _SPREAD,
        r"\hat\mu \pm t_{k-1} \sqrt{\frac{Q_w}{k-1} \Big/ \sum_i w_i}",
    ),
    "t": (r"\hat\mu \pm t_{k-1} \sqrt{1 \Big/ \sum_i w_i}",),
    "wald": (r"\hat\mu \pm z \sqrt{1 \Big/ \sum_i w_i}",),
}
_LIMITS = {
    "t": r"\hat\mu \pm t_{k-1}\, \mathrm{se}(\hat\mu)",
    "wald": r"\hat\mu \pm z\, \mathrm{se}(\hat\mu)",
    "profile": r"\left\{\mu : 2\log L(\hat\mu, \hat\tau) - 2\max_\tau \log L(\mu, \tau) "
    r"\le \chi^2_1\right\}",
}


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


def model_formulas(model: ModelPlan) -> Sequence[str]:
    """Return the formulas of a model with its options, as LaTeX."""
    if model.model == "bayes":
        return (_BINOMIAL, _NORMAL, *_priors(model), *_LIKELIHOOD,
                r"p(\mu, \tau \mid x) \propto p(\mu)\, p(\tau)\, L(\mu, \tau)")  # fmt: skip
    if model.model == "glmm":
        return (_BINOMIAL, _NORMAL, *_LIKELIHOOD,
                r"L(\hat\mu, \hat\tau) = \max L(\mu, \tau)", _LIMITS[model.ci or "t"])  # fmt: skip
    if model.model == "beta-binomial":
        reference = "z" if model.ci == "wald" else "t_{k-1}"
        return (
            r"x_i \mid p_i \sim \mathrm{Binomial}(n_i,\, p_i)",
            r"p_i \sim \mathrm{Beta}(\alpha,\, \beta)",
            r"m = \frac{\alpha}{\alpha+\beta},\quad \rho = \frac{1}{\alpha + \beta + 1}",
            rf"\mathrm{{logit}}\,\hat m \pm {reference}\, \mathrm{{se}}(\mathrm{{logit}}\,\hat m)",
        )
    scale = transform_formula(model)
    return (*scale, _POOLED, *_ENDS[model.ci or "knapp-hartung-conservative"])


def transform_formula(model: ModelPlan) -> tuple[str, str]:
    """Return the effect of a study and its variance, on the scale of a model."""
    return _SCALES[model.transform or "logit"]


def _priors(model: ModelPlan) -> tuple[str, str]:
    default = Bayes()
    mu, tau = Bayes(
        mu_prior=model.mu_prior or default.mu_prior,
        tau_prior=model.tau_prior or default.tau_prior,
    ).priors
    centre = {
        "logistic": rf"\mu \sim \mathrm{{Logistic}}(0,\, {mu.scale:g})",
        "normal": rf"\mu \sim N(0,\, {mu.scale:g}^2)",
    }
    spread = {
        "half-normal": rf"\tau \sim \left|N(0,\, {tau.scale:g}^2)\right|",
        "half-cauchy": rf"\tau \sim \left|\mathrm{{Cauchy}}(0,\, {tau.scale:g})\right|",
    }
    return centre[mu.family], spread[tau.family]
