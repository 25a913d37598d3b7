"""Binomial normal."""
