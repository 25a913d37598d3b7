"""The page of an outcome."""
