"""Inverse variance."""
