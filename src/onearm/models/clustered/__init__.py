"""Rows that share a study: a third level, between the row and all studies."""
