"""The page of what changed since the last release."""
