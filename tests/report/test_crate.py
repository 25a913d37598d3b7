"""RO-Crate metadata by the rules of its specification, version 1.1, held by hand."""

import json
import re
from urllib.parse import unquote

import pytest

from onearm.report.build.colophon import about_report, page_meta, status_line
from onearm.report.build.runs import plan
from onearm.report.export.crate import COPIES, CRATE, FORMATS, crate, inputs

FIGURES = [
    "files/pcr-forest-core.svg",
    "files/pcr-robustness-influence.csv",
    "files/a name.pdf",
]


@pytest.fixture(scope="module")
def about(evidence, project):
    return about_report(evidence.protocol, project / "data")


@pytest.fixture(scope="module")
def files(evidence):
    pages = [f"{run.name}.{kind}" for run in plan(evidence.protocol) for kind in ("html", "ipynb")]
    known = ["results.json", "results.csv", "references.bib"]
    return [*pages, *known, *FIGURES, *(f"{COPIES}/{name}" for name in inputs())]


@pytest.fixture(scope="module")
def text(evidence, about, files):
    return crate(files, plan(evidence.protocol), evidence.protocol, about)


@pytest.fixture(scope="module")
def graph(text):
    content = json.loads(text)
    assert content["@context"] == "https://w3id.org/ro/crate/1.1/context"
    entities = {entity["@id"]: entity for entity in content["@graph"]}
    assert len(entities) == len(content["@graph"]), "an @id twice"
    return entities


def _references(value):
    if isinstance(value, dict):
        if set(value) == {"@id"}:
            yield value["@id"]
        else:
            for item in value.values():
                yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)


def test_the_descriptor_and_the_root_are_as_the_specification_asks(graph, evidence, about):
    descriptor, root = graph[CRATE], graph["./"]
    assert descriptor["@type"] == "CreativeWork"
    assert descriptor["about"] == {"@id": "./"}
    assert descriptor["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    assert root["@type"] == "Dataset"
    for needed in ("name", "description", "datePublished", "license"):
        assert root[needed], needed
    assert root["datePublished"] == evidence.protocol.status.data_frozen
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", root["datePublished"])
    assert root["version"] == evidence.protocol.version
    values = {graph[item["@id"]]["value"] for item in root["identifier"]}
    assert values == {about[name] for name in ("data_sha256", "protocol_sha256", "source_sha256")}


def test_every_file_is_described_once_and_is_part_of_the_root(graph, files):
    described = {unquote(name) for name, entity in graph.items() if entity["@type"] == "File"}
    assert described == set(files)
    parts = [unquote(part["@id"]) for part in graph["./"]["hasPart"]]
    assert parts == sorted(files)
    for name in parts:
        entity = next(e for key, e in graph.items() if unquote(key) == name)
        assert entity["encodingFormat"] == FORMATS[name.rpartition(".")[2]]
        assert entity["description"]
        assert " " not in entity["@id"]


def test_a_figure_is_told_by_the_page_it_is_on(graph):
    assert graph["files/pcr-forest-core.svg"]["description"] == (
        "Drawing of the figure forest-core of pcr.html"
    )
    assert graph["files/pcr-robustness-influence.csv"]["description"] == (
        "Numbers of the figure influence of pcr-robustness.html"
    )


def test_the_tables_to_take_away_are_told_as_what_they_are(graph):
    for name, title in inputs().items():
        assert graph[f"files/data/{name}"]["description"] == f"As it was read: {title}"
    assert graph["files/data/protocol.toml"]["encodingFormat"] == "application/toml"


def test_no_reference_leads_nowhere(graph):
    remote = re.compile(r"https://")
    for entity in graph.values():
        for target in _references([v for k, v in entity.items() if k != "@id"]):
            assert target in graph or remote.match(target), target


def test_every_page_has_the_action_that_made_it(graph, evidence):
    for run in plan(evidence.protocol):
        action = graph[f"#run-{run.name}"]
        assert action["@type"] == "CreateAction"
        assert {"@id": run.page} in action["result"]
        assert {"@id": f"../notebooks/{run.notebook}"} in action["instrument"]
        assert {"@id": "../data/outcomes.csv"} in action["object"]
        notebook = graph[f"../notebooks/{run.notebook}"]
        assert "SoftwareSourceCode" in notebook["@type"]


def test_no_clock_and_no_path_and_the_same_bytes_again(text, evidence, about, files, project):
    runs = plan(evidence.protocol)
    assert crate(reversed(files), runs, evidence.protocol, about) == text
    assert str(project) not in text
    dates = set(re.findall(r"\d{4}-\d{2}-\d{2}", text))
    assert dates <= {evidence.protocol.status.data_frozen}


def test_a_table_that_was_not_supplied_is_not_told(evidence, about, files):
    runs, protocol = plan(evidence.protocol), evidence.protocol.model_copy(update={"question": ""})
    given = [name for name in files if not name.endswith("records.csv")]
    text = crate(given, runs, protocol, about)
    assert "records.csv" not in text
    root = next(entity for entity in json.loads(text)["@graph"] if entity["@id"] == "./")
    assert root["description"] == protocol.title, "a description is asked for"


def test_without_a_status_no_date_is_invented(evidence, about, files):
    protocol = evidence.protocol.model_copy(update={"status": None})
    assert not re.search(r"\d{4}-\d{2}-\d{2}", crate(files, plan(protocol), protocol, about))


def test_pages_carry_version_hashes_and_deviations(evidence, about):
    meta = page_meta(about, evidence.protocol)
    assert meta["report-version"] == evidence.protocol.version
    for name in ("data", "protocol", "source"):
        assert re.fullmatch(r"[0-9a-f]{64}", meta[f"{name}-sha256"])
        assert meta[f"{name}-sha256"] == about[f"{name}_sha256"]
    assert meta["deviations"] == str(len(evidence.protocol.deviation))
    bare = evidence.protocol.model_copy(update={"status": None, "deviation": ()})
    assert "data-frozen" not in page_meta(about, bare)
    assert status_line(bare) == f"Version {bare.version} · no deviation from the plan"
    line = status_line(evidence.protocol)
    assert evidence.protocol.status.data_frozen in line
    assert f"{len(evidence.protocol.deviation)} deviation" in line
