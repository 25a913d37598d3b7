"""The beta-binomial model, by maximum likelihood."""
