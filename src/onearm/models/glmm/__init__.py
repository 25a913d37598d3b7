"""The binomial-normal model, by maximum likelihood."""
