"""The Bayesian binomial-normal model, by quadrature."""
