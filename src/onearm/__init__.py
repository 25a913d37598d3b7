"""Meta-analysis of single-arm proportions, from the counted rows to a report.

Examples
--------
>>> import onearm
>>> result = onearm.pool([5, 4, 11], [10, 28, 30])
>>> print(f"{result.estimate:.3f}")
0.318
"""

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from onearm.errors import InputError, OnearmError
from onearm.evidence import audit, read_evidence, select
from onearm.models import Pooled, meta_regression, pool, pool_many, subgroups
from onearm.robustness import operating_characteristics, subsets

if TYPE_CHECKING:
    from onearm.report.review import Review

__version__ = version("onearm")

__all__ = [
    "InputError",
    "OnearmError",
    "Pooled",
    "Review",
    "__version__",
    "audit",
    "meta_regression",
    "operating_characteristics",
    "pool",
    "pool_many",
    "read_evidence",
    "select",
    "subgroups",
    "subsets",
]


def __getattr__(name: str) -> Any:
    """Load what draws pages when it is asked for: to pool counts nobody needs it."""
    if name == "Review":
        from onearm.report.review import Review

        return Review
    raise AttributeError(f"module 'onearm' has no attribute {name!r}")
