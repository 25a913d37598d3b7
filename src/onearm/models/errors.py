"""What can be wrong with a request to pool, said so that the caller can mend it."""

from __future__ import annotations

from collections.abc import Iterable

from onearm.errors import InputError


class ModelError(InputError):
    """A value, a name or a shape that no model can work with.

    It is a :class:`ValueError` too, so that callers who know nothing of this
    package catch it where they expect it.
    """


def wrong_choice(parameter: str, given: object, allowed: Iterable[str]) -> ModelError:
    """Name the parameter, the values it may have, and the one it was given.

    Parameters
    ----------
    parameter : str
    given : object
    allowed : iterable of str
    """
    names = ", ".join(repr(name) for name in allowed)
    return ModelError(f"{parameter} must be one of {names}; got {given!r}.")
