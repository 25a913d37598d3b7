"""What a report says of itself, in its pages, its numbers and its metadata alike."""

from __future__ import annotations

from pathlib import Path

import onearm
from onearm.evidence import Protocol
from onearm.report.build.colophon import data_digest, protocol_digest, source_digest
from onearm.words import count

__all__ = ["about_report", "page_meta", "status_line"]


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
