"""Intervals of the median proportion that hold their level for studies of just these sizes."""
