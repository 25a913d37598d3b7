"""Synopsis."""
