"""The binomial-normal likelihood, which the GLMM and the Bayesian model share."""
