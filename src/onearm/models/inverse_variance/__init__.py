"""The two-step model: transform, then weigh by the inverse of the variance."""
