"""Where a page came from, and what a report says of itself.

Hashes of what went in, versions of what made it. No clock, no path and no commit: the same
inputs give the same bytes, and a committed report cannot know its own commit.
"""

from __future__ import annotations

import hashlib
import sys
from importlib.metadata import version
from pathlib import Path

import onearm
from onearm.analysis import Review
from onearm.evidence import Protocol
from onearm.evidence.plan import PROTOCOL_FILE
from onearm.report.kit.html import Html, table
from onearm.words import count

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


def about_report(protocol: Protocol, data: Path) -> dict[str, str]:
    """Return title, version and hashes, as ``results.json`` holds them."""
    return {
        "title": protocol.title,
        "version": protocol.version,
        "onearm": onearm.__version__,
        "data_sha256": data_digest(data),
        "protocol_sha256": protocol_digest(data),
        "source_sha256": source_digest(),
    }


def page_meta(about: dict[str, str], protocol: Protocol) -> dict[str, str]:
    """Return what each page's file says of itself, so that a copy can be traced."""
    frozen = {"data-frozen": protocol.status.data_frozen} if protocol.status else {}
    return {
        "generator": f"onearm {about['onearm']}",
        "report-version": about["version"],
        "data-sha256": about["data_sha256"],
        "protocol-sha256": about["protocol_sha256"],
        "source-sha256": about["source_sha256"],
        "deviations": str(len(protocol.deviation)),
        **frozen,
    }


def status_line(protocol: Protocol) -> str:
    """Return the line under the report's title: version, date of the data, deviations."""
    status = protocol.status
    number = len(protocol.deviation)
    deviations = count(number, "deviation") if number else "no deviation"
    parts = [f"Version {protocol.version}"]
    if status:
        parts += [f"data frozen {status.data_frozen}", f"living review: {status.mode}"]
    return " · ".join([*parts, f"{deviations} from the plan"])
