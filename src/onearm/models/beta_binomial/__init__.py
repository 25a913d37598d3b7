"""Beta binomial."""
