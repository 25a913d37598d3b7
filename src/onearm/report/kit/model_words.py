"""The plan's model as it describes itself, at the plan's level."""

from __future__ import annotations

from onearm.evidence import ModelPlan, Protocol
from onearm.models import Description

__all__ = ["described", "level_words"]


def described(protocol: Protocol, model: ModelPlan | None = None) -> Description:
    """Return what a model of the plan says of itself.

    Parameters
    ----------
    protocol : Protocol
        The plan, for its level.
    model : ModelPlan, optional
        The primary one where it is left out.
    """
    return (model or protocol.primary).make(protocol.pooling.level).description


def level_words(protocol: Protocol) -> str:
    """Return the level of a plan's intervals."""
    return f"{100 * protocol.pooling.level:g} %"
