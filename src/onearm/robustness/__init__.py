"""What another defensible choice would have changed."""

from onearm.robustness.sensitivity import Alternative, outcome_record, sensitivity

__all__ = ["Alternative", "outcome_record", "sensitivity"]
