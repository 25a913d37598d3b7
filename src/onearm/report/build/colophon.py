"""Where a page came from: hashes of what went in, versions of what made it.

No clock, no path and no commit: the same inputs give the same bytes, and a committed
report cannot know its own commit.
"""

from __future__ import annotations

import hashlib
import sys
from importlib.metadata import version
from pathlib import Path

import onearm
from onearm.analysis import Review
from onearm.evidence.plan import PROTOCOL_FILE
from onearm.report.kit.html import Html, table

PACKAGES = (
    "pymare",
    "statsmodels",
    "numpy",
    "scipy",
    "pandas",
    "pandera",
    "seaborn",
    "matplotlib",
    "papermill",
    "nbconvert",
)
SHOWN = 16  # hexadecimal digits of a hash that a page prints


def digest(*paths: Path) -> str:
    """Return the SHA-256 of some files: their names and bytes, in order of name.

    Line ends are read as LF, so that a checkout on another system agrees.
    """
    total = hashlib.sha256()
    for path in sorted(paths, key=lambda item: item.as_posix()):
        content = path.read_bytes().replace(b"\r\n", b"\n")
        total.update(f"{path.name}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()


def data_digest(data: Path) -> str:
    """Return the hash of the evidence tables of a folder."""
    return digest(*data.glob("*.csv"))


def protocol_digest(data: Path) -> str:
    """Return the hash of the analysis plan."""
    return digest(data / PROTOCOL_FILE)


def source_digest() -> str:
    """Return the hash of this package's own source."""
    return digest(*Path(onearm.__file__).parent.rglob("*.py"))


def provenance(review: Review) -> dict[str, str]:
    """Return what went into a page, as names and values."""
    folder = review.folder
    hashes = (
        {
            "Data (SHA-256)": data_digest(folder)[:SHOWN],
            "Plan (SHA-256)": protocol_digest(folder)[:SHOWN],
        }
        if folder
        else {}
    )
    return {
        "Report version": review.protocol.version,
        **hashes,
        "onearm": f"{onearm.__version__}, source {source_digest()[:SHOWN]}",
        "Python": f"{sys.version_info.major}.{sys.version_info.minor}",
        **{name: version(name) for name in PACKAGES},
    }


def colophon(review: Review, **parameters: str) -> Html:
    """Return the table that ends a page.

    Parameters
    ----------
    review : Review
        What the page was made from.
    **parameters : str
        The notebook's parameters, as run.
    """
    rows = [*provenance(review).items(), *((f"Parameter: {k}", v) for k, v in parameters.items())]
    return table("How this page was made", ["Item", "Value"], rows)
