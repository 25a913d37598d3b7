"""Values as JSON has them: plain numbers, lists and strings, and nothing that is no number."""

from __future__ import annotations

import math
from collections.abc import Mapping

__all__ = ["plain"]


def plain(value: object) -> object:
    """Make a value fit for JSON, all the way down.

    Arrays and numbers of NumPy become those of Python; what is undefined, whether nan,
    infinite or the missing value of a data frame, becomes None.
    """
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):  # of NumPy, which this module need not know
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    # pandas' missing value is alone in being of this type
    return None if type(value).__name__ == "NAType" else value
