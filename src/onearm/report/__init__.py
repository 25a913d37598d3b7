"""The report: what a notebook shows, and how notebooks become a published folder.

Kept light on purpose: a kernel imports from here, and only the driver needs papermill
and nbconvert.
"""
