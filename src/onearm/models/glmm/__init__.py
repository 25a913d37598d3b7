"""Glmm."""
