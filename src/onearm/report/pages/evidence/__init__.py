"""The page of what is included, and why."""
