"""Releases, and why a result differs from one."""
