"""The page of how the numbers are made."""
