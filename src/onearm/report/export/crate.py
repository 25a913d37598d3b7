"""``ro-crate-metadata.json``: what the report's folder holds, told to machines.

RO-Crate 1.1 (https://w3id.org/ro/crate/1.1): a graph of the folder, its files, and the
actions that made the pages from the notebooks. No clock, no path of a disk.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from onearm.evidence import Protocol
from onearm.evidence.plan import PROTOCOL_FILE
from onearm.evidence.tables.columns import TABLES
from onearm.report.build.runs import Run
from onearm.report.manuscript.links import FILES, FOLDER

__all__ = ["COPIES", "CRATE", "crate", "inputs"]

CRATE = "ro-crate-metadata.json"
COPIES = "files/data"  # the tables and the plan as they were read
SPECIFICATION = "https://w3id.org/ro/crate/1.1"
LICENCE = "https://spdx.org/licenses/MIT"
FORMATS = {
    "html": "text/html",
    "ipynb": "application/x-ipynb+json",
    "json": "application/json",
    "csv": "text/csv",
    "svg": "image/svg+xml",
    "png": "image/png",
    "pdf": "application/pdf",
    "bib": "application/x-bibtex",
    "ris": "application/x-research-info-systems",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "toml": "application/toml",
}
KNOWN = {
    "results.json": "Every number of the report",
    "results.csv": "One line a pool: estimates, intervals and heterogeneity",
    "references.bib": "The literature behind the methods, as BibTeX",
    **{f"{FOLDER}/{name}": words for name, words in FILES.items()},
}
FIGURES = {
    "csv": "Numbers",
    "json": "Numbers",
    "svg": "Drawing",
    "pdf": "Drawing",
    "png": "Drawing",
}
Entity = dict[str, object]


def crate(
    files: Iterable[str], runs: Sequence[Run], protocol: Protocol, about: Mapping[str, str]
) -> str:
    """Return the file's text.

    Parameters
    ----------
    files : iterable of str
        The files of the folder, as relative paths, without this one.
    runs : sequence of Run
        Which pages there are.
    protocol : Protocol
        Question and date.
    about : mapping of str to str
        As `onearm.report.build.colophon.about_report` gives it.
    """
    names = sorted(files)
    pages = {f"{run.name}.{kind}": run for run in runs for kind in ("html", "ipynb")}
    used = {name: title for name, title in inputs().items() if f"{COPIES}/{name}" in names}
    graph = [
        {
            "@id": CRATE,
            "@type": "CreativeWork",
            "conformsTo": {"@id": SPECIFICATION},
            "about": {"@id": "./"},
        },
        _root(names, runs, protocol, about),
        {"@id": LICENCE, "@type": "CreativeWork", "name": "MIT licence", "identifier": "MIT"},
        *_identifiers(about),
        _software(about),
        *(_table(name, title) for name, title in used.items()),
        *(
            {
                "@id": f"../notebooks/{name}",
                "@type": ["CreativeWork", "SoftwareSourceCode"],
                "name": f"Notebook {name}",
                "programmingLanguage": "Python",
                "encodingFormat": FORMATS["ipynb"],
            }
            for name in dict.fromkeys(run.notebook for run in runs)
        ),
        *(_file(name, pages, runs) for name in names),
        *(_action(run, used) for run in runs),
    ]
    content = {"@context": f"{SPECIFICATION}/context", "@graph": graph}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _root(
    names: Sequence[str], runs: Sequence[Run], protocol: Protocol, about: Mapping[str, str]
) -> Entity:
    dated = {"datePublished": protocol.status.data_frozen} if protocol.status else {}
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": protocol.title,
        "description": protocol.question or protocol.title,
        **dated,
        "license": {"@id": LICENCE},
        "version": about["version"],
        "identifier": [{"@id": entity["@id"]} for entity in _identifiers(about)],
        "hasPart": [{"@id": _iri(name)} for name in names],
        "mentions": [{"@id": f"#run-{run.name}"} for run in runs],
    }


def _identifiers(about: Mapping[str, str]) -> list[Entity]:
    """Return version and hashes as entities of their own."""
    named = {
        "data_sha256": "SHA-256 of the tables",
        "protocol_sha256": "SHA-256 of the plan",
        "source_sha256": "SHA-256 of the program's source",
    }
    return [
        {
            "@id": f"#{key.replace('_', '-')}",
            "@type": "PropertyValue",
            "name": words,
            "propertyID": "sha256",
            "value": about[key],
        }
        for key, words in named.items()
    ]


def _software(about: Mapping[str, str]) -> Entity:
    return {
        "@id": "#onearm",
        "@type": "SoftwareApplication",
        "name": "onearm",
        "softwareVersion": about["onearm"],
        "identifier": {"@id": "#source-sha256"},
        "license": {"@id": LICENCE},
    }


def inputs() -> dict[str, str]:
    """Return what a report can be made from: files of the data folder, and what each is."""
    return {table.file: table.title for table in TABLES.values()} | {
        PROTOCOL_FILE: "The analysis plan"
    }


def _table(name: str, title: str) -> Entity:
    kind = FORMATS[name.rpartition(".")[2]]
    return {
        "@id": f"../data/{name}",
        "@type": "CreativeWork",
        "name": title,
        "encodingFormat": kind,
    }


def _file(name: str, pages: Mapping[str, Run], runs: Sequence[Run]) -> Entity:
    stem, _, kind = name.rpartition(".")
    known = {"encodingFormat": FORMATS[kind]} if kind in FORMATS else {}
    if name in pages:
        made = "Page" if kind == "html" else "Executed notebook"
        words = f"{made}: {pages[name].title}"
    elif name.startswith(f"{COPIES}/"):
        words = f"As it was read: {inputs()[name.rpartition('/')[2]]}"
    else:
        words = KNOWN.get(name) or f"{FIGURES.get(kind, 'File')} of {_figure(stem, runs)}"
    return {
        "@id": _iri(name),
        "@type": "File",
        "name": name.rpartition("/")[2],
        "description": words,
        **known,
    }


def _figure(stem: str, runs: Sequence[Run]) -> str:
    """Return which figure of which page a file of ``files/`` belongs to."""
    own = stem.rpartition("/")[2]
    for run in sorted(runs, key=lambda run: -len(run.name)):
        if own.startswith(f"{run.name}-"):
            return f"the figure {own[len(run.name) + 1 :]} of {run.page}"
    return own


def _action(run: Run, used: Iterable[str]) -> Entity:
    """Return how a page was made: a notebook, run on the tables and the plan."""
    given = [f"{name} = {value}" for name, value in run.parameters.items()]
    return {
        "@id": f"#run-{run.name}",
        "@type": "CreateAction",
        "name": " with ".join(filter(None, (f"Run of {run.notebook}", ", ".join(given)))),
        "instrument": [{"@id": f"../notebooks/{run.notebook}"}, {"@id": "#onearm"}],
        "object": [{"@id": f"../data/{name}"} for name in used],
        "result": [{"@id": _iri(f"{run.name}.{kind}")} for kind in ("ipynb", "html")],
    }


def _iri(name: str) -> str:
    return quote(name, safe="/")
