"""The specification curve: every defensible analysis of one outcome."""
