"""The first page: every outcome at a glance."""
