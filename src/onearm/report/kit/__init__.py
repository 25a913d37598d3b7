"""Pieces of pages: tables, prose, references, formulas."""
