"""What models computed, kept on disk between runs, unless a model comes from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from onearm.cache import remembered
from onearm.models.base import Model


def remember(
    kind: str, model: type[Model], key: Mapping[str, Any], compute: Callable[[], Any]
) -> Any:
    """Return what a model computed before, or compute it and keep it.

    Parameters
    ----------
    kind : str
        What is kept, as :func:`onearm.cache.remembered` takes it.
    model : type of Model
        What computes. One that another package brings is always asked anew, since its source
        is not ours to watch.
    key : mapping
        Everything that decides the result apart from the program, as JSON has it.
    compute : callable
        Gives the result, as JSON has it.
    """
    if not model.__module__.startswith("onearm.models."):
        return compute()
    return remembered(kind, key, compute, source=("onearm.models",))
