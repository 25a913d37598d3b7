"""The pages of a report: their tables and sentences."""
