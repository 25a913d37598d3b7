"""The robustness page of an outcome."""
