"""What models with exact binomial likelihoods say of themselves, where they say the same."""

from __future__ import annotations

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
LIMITS = {
    "t": "limits by t with k − 1 degrees of freedom",
    "wald": "Wald limits",
    "profile": "profile-likelihood limits",
}
"""How the limits are made, in a phrase."""
