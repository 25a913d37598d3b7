"""The methods are written from the plan: another plan gives another text, and true formulas."""

import math
import re
import string
from dataclasses import replace

import numpy as np
import pytest
from bs4 import BeautifulSoup
from scipy.integrate import quad

from onearm.analysis import Review
from onearm.evidence import EvidenceSetPlan, ModelPlan, StratumPlan
from onearm.models import make_model
from onearm.models.bayes.words import TAIL
from onearm.report.kit.html import display
from onearm.report.kit.references import REFERENCES, Reference, bibtex, cite, reference_list
from onearm.report.pages.methods import gathering, models, plan, text
from onearm.report.pages.methods.checks import checks
from onearm.report.pages.methods.page import MethodsPage
from onearm.report.pages.methods.prisma import prisma_table

#: What is written from the plan alone.
SECTIONS = (
    text.denominators,
    text.estimands,
    models.primary,
    models.rationale,
    models.companions,
    models.single_studies,
    models.heterogeneity,
    models.prediction,
    text.standing,
    text.synthesis,
    text.methods,
    plan.outcomes_table,
    plan.thresholds_table,
    plan.gates_table,
    checks,
    plan.status_table,
    plan.deviations_table,
    plan.frozen,
)


def _said(section, protocol):
    """The text of a section; nothing where it is left out."""
    shown = section(protocol)
    return shown.text if shown else ""


def _certainty(evidence, protocol):
    return gathering.certainty(replace(evidence, protocol=protocol)).text


def _changed(protocol, **changes):
    return protocol.model_copy(update=changes)


@pytest.fixture(scope="module")
def other(evidence):
    """A plan that differs in everything the text tells of."""
    protocol = evidence.protocol
    first = protocol.outcome[0].model_copy(
        update={"denominator": "enrolled", "threshold": 0.37, "sensitivity_denominators": ()}
    )
    return _changed(
        protocol,
        primary=ModelPlan(model="glmm", ci="profile"),
        companions=(),
        outcome=(first,),
        pooling=protocol.pooling.model_copy(
            update={"level": 0.9, "headline_k": 7, "provisional_k": 4, "minimum_n": 11}
        ),
        gates={
            **protocol.gates,
            "prediction_interval": 8,
            "small_study_effects": 12,
            "meta_regression": 13,
        },
        agreement=protocol.agreement.model_copy(update={"margin": 0.2}),
        certainty=protocol.certainty.model_copy(update={"minimum_patients": 321}),
        strata={},
        status=None,
        frozen=None,
        deviation=(),
    )


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.__name__)
def test_another_plan_gives_another_text(section, evidence, other):
    assert _said(section, evidence.protocol) != _said(section, other)


def test_the_text_tells_what_the_other_plan_says(evidence, other):
    said = "\n".join(_said(section, other) for section in SECTIONS) + _certainty(evidence, other)
    for words in (
        "90 %",
        "from 4 studies up",
        "from 7 studies up",
        "per enrolled patient",
        "37.0 %",
        "profile-likelihood limits",
        "from 8 studies up",
        "20 points",
        "321 patients",
        "The plan names no subgroups",
        "No deviation from the plan",
        "never below 12 studies",
        "never done below 13 studies",
    ):
        assert words in said, words
    for words in ("redible", "Of the next", "overlap the others"):
        assert words not in said, words


@pytest.mark.parametrize("section", [models.companions, plan.status_table, plan.frozen])
def test_what_the_plan_does_not_say_is_left_out(section, other):
    assert section(other) is None


def test_without_thresholds_nothing_rests_on_one(evidence):
    bare = tuple(
        each.model_copy(update={"threshold": None, "direction": None, "threshold_reason": ""})
        for each in evidence.protocol.outcome
    )
    protocol = _changed(evidence.protocol, outcome=bare)
    assert plan.thresholds_table(protocol) is None
    assert "ragility" not in checks(protocol).text
    told = _certainty(evidence, protocol)
    assert "Without a threshold" in told
    assert "includes the threshold" not in told
    assert "Without a threshold" not in _certainty(evidence, evidence.protocol)


def test_starting_below_the_guidance_is_a_departure_and_at_its_level_is_none(evidence):
    told = _certainty(evidence, evidence.protocol)
    assert re.search(r"starts bodies of cohort evidence at high \(Iorio et al. 2015\)", told)
    assert "departs from it on purpose and starts at low" in told
    rules = evidence.protocol.certainty.model_copy(update={"start": "high"})
    alike = _certainty(evidence, _changed(evidence.protocol, certainty=rules))
    assert "So does this plan." in alike
    assert "departs" not in alike


@pytest.mark.parametrize(
    ("options", "has", "lacks"),
    [
        ({"model": "bayes"}, ["no added half", "tau is below 1.96;", "near 1 or above"], []),
        ({"model": "bayes", "tau_prior": "half-normal(0.5)"}, ["below 0.98;", "near 0.5 or"], []),
        ({"model": "bayes", "tau_prior": "half-cauchy(0.5)"}, ["Half-cauchy(0.5)", "6.35"], []),
        ({"model": "glmm"}, ["a maximum need not exist"], ["prior"]),
        ({"model": "beta-binomial"}, ["closed form"], ["prior"]),
        ({"model": "inverse-variance"}, ["a known variance"], ["prior", "added half"]),
    ],
)
def test_what_speaks_for_the_primary_model_and_what_it_costs(evidence, options, has, lacks):
    protocol = _changed(evidence.protocol, primary=ModelPlan(**options))
    told = models.rationale(protocol)
    assert all(part in told.text for part in has), told.text
    assert not any(part in told.text for part in lacks)
    for each in protocol.outcome:
        assert f'href="{each.code}-robustness.html#calibration"' in told.html


@pytest.mark.parametrize(("family", "tail"), TAIL.items())
def test_a_prior_on_tau_has_its_95_percent_where_the_text_says(family, tail):
    prior = make_model("bayes", tau_prior=f"{family}(1)").priors[1]
    density = quad(lambda tau: math.exp(prior.log_density(np.array(tau))), 0, tail)[0]
    assert density == pytest.approx(0.95, abs=1e-6)


def test_influence_is_defined_for_the_likelihood_at_hand(evidence):
    assert "mid-p value" in checks(evidence.protocol).text
    normal = _changed(evidence.protocol, primary=ModelPlan(model="inverse-variance"))
    assert "mid-p value" not in checks(normal).text


def test_every_stratum_is_named_with_its_groups_and_those_across_are_said_to_overlap(evidence):
    said = text.synthesis(evidence.protocol).text
    for name, stratum in evidence.protocol.strata.items():
        for group in evidence.protocol.groups(name).values():
            assert group.label in said, stratum.label
    assert "These groups overlap the others" in said
    assert "never compared with them" in said


def test_a_stratum_by_another_column_needs_the_plan_alone(evidence):
    country = StratumPlan(label="Country", column="country")
    said = text.synthesis(_changed(evidence.protocol, strata={"country": country})).text
    assert "Country: one subgroup for each value." in said
    moderated = _changed(evidence.protocol, strata={"country": country}, moderators=("country",))
    assert "whether proportions go with country, one at a time" in checks(moderated).text


def test_one_evidence_set_is_not_mentioned(evidence):
    alone = _changed(
        evidence.protocol, evidence_set=(EvidenceSetPlan(name="all", label="All studies"),)
    )
    said = f"{text.synthesis(alone).text} {checks(alone).text} {_certainty(evidence, alone)}"
    assert "evidence set" not in said
    assert "All studies" not in said


def test_it_says_when_the_plan_was_frozen(evidence):
    assert plan.frozen(evidence.protocol).text == evidence.protocol.frozen
    assert "with the counts in sight" in evidence.protocol.frozen
    hostile = _changed(evidence.protocol, frozen="<script>")
    assert "<script>" not in plan.frozen(hostile).html


def test_eligibility_counts_the_rows_at_hand(evidence, other):
    said = text.eligibility(evidence).text
    assert f"Of {len(evidence.counts)} extracted rows" in said
    assert f"{sum(row.use == 'pool' for row in evidence.counts)} may be pooled" in said
    fewer = replace(evidence, counts=evidence.counts[:5], protocol=other)
    assert "Of 5 extracted rows" in text.eligibility(fewer).text
    assert "at least 11 patients" in text.eligibility(fewer).text


def test_what_was_not_supplied_is_said_once_with_what_holds_instead(evidence, tmp_path):
    assert gathering.not_supplied(evidence) is None
    (tmp_path / "protocol.toml").write_text(
        'title = "T"\n[[outcome]]\ncode = "pain"\nlabel = "Pain"\n'
    )
    (tmp_path / "studies.csv").write_text("study_id,label,country\na,A 2001,X\nb,B 2002,Y\n")
    (tmp_path / "outcomes.csv").write_text(
        "study_id,outcome,events,n,source\na,pain,3,20,x\nb,pain,5,22,y\n"
    )
    page = MethodsPage(Review(tmp_path))
    said = page.not_supplied().text
    for words in (
        "Tables: records.csv, appraisal.csv and certainty.csv.",
        "population (taken as: all)",
        "locator",
        "In protocol.toml: question, frozen and status.",
    ):
        assert words in said
    assert "country" not in said
    assert "evidence_set" not in said, "with one set nothing tells studies apart"
    assert "Also recorded of each study: country." in page.collection().text
    for name in ("question", "frozen", "status", "certainty", "appraisal", "thresholds"):
        assert getattr(page, name)() is None, name
    shown = " ".join(
        found.text
        for name, piece in vars(MethodsPage).items()
        if not name.startswith("_") and name != "references" and (found := piece(page))
    )
    assert "patient" not in shown.replace("of patients", "")


def test_a_plan_with_markup_in_it_stays_text(evidence):
    hostile = "<script>alert(1)</script>"
    outcome = evidence.protocol.outcome[0].model_copy(
        update=dict.fromkeys(("label", "short", "definition", "threshold_reason"), hostile)
    )
    companion = evidence.protocol.companions[0].model_copy(update={"label": hostile})
    protocol = _changed(evidence.protocol, outcome=(outcome,), companions=(companion,))
    for section in SECTIONS:
        soup = BeautifulSoup(section(protocol).html, "html.parser")
        assert soup.find("script") is None, section.__name__


@pytest.mark.parametrize(
    ("options", "has", "lacks"),
    [
        ({"model": "bayes", "tau_prior": "half-cauchy(0.5)"}, ["Cauchy", "0.5"], ["|N(0"]),
        ({"model": "bayes", "mu_prior": "normal(2.5)"}, ["N(0,\\, 2.5^2)"], ["Logistic"]),
        ({"model": "glmm", "ci": "wald"}, ["\\pm z"], ["t_{k-1}"]),
        ({"model": "inverse-variance", "transform": "arcsine"}, ["arcsin", "max"], ["log"]),
        ({"model": "inverse-variance", "ci": "wald"}, ["\\log", "\\pm z"], ["t_{k-1}"]),
        ({"model": "beta-binomial"}, ["Beta", "t_{k-1}"], ["\\tau"]),
    ],
)
def test_formulas_follow_the_options(options, has, lacks):
    lines = ModelPlan(**options).make().description.formulas
    told = "\n".join(lines)
    assert all(part in told for part in has)
    assert not any(part in told for part in lacks)
    soup = BeautifulSoup(display(*lines, name="Formulas").html, "html.parser")
    assert len(soup.find_all("math", display="block")) == len(lines)
    assert "\\" not in soup.get_text(), "LaTeX that did not become MathML"


def test_every_citation_has_its_entry_and_every_entry_is_cited(evidence):
    html = "\n".join(section(evidence.protocol).html for section in SECTIONS)
    pieces = (gathering.appraisal, gathering.certainty, prisma_table)
    html += "\n".join(piece(evidence).html for piece in pieces)
    cited = set(re.findall(r'href="(?:methods\.html)?#ref-(\w+)"', html))
    listed = set(re.findall(r'id="ref-(\w+)"', reference_list().html))
    assert cited <= listed == set(REFERENCES)
    assert listed == cited, "listed and never cited"


def test_dois_are_dois_and_linked():
    for item in REFERENCES.values():
        assert item.address.startswith("https://"), item.key
        assert not item.doi or re.fullmatch(r"10\.\d{4,5}/\S+", item.doi), item.key
        assert item.address in reference_list().html
    dois = [item.doi for item in REFERENCES.values() if item.doi]
    assert len(dois) == len(set(dois))


def test_an_unknown_citation_is_a_defect():
    with pytest.raises(KeyError):
        cite("nobody1900")


def parse_bibtex(text):
    """Parse BibTeX as strictly as its grammar asks for: braces balance, one value a field."""
    entries = {}
    for kind, key, body in re.findall(r"@(\w+)\{([\w:-]+),\n(.*?)\n\}\n", text, re.DOTALL):
        fields = dict(re.findall(r"^  (\w+) = \{(.*)\},?$", body, re.MULTILINE))
        assert len(fields) == len(body.splitlines()), f"{key}: a line is no field"
        assert body.count("{") == body.count("}")
        entries[key] = {"kind": kind, **fields}
    return entries


def test_bibtex_parses_and_says_what_the_register_says():
    entries = parse_bibtex(bibtex())
    assert set(entries) == set(REFERENCES)
    for key, fields in entries.items():
        item = REFERENCES[key]
        assert set(key) <= set(string.ascii_lowercase + string.digits)
        assert fields["kind"] == ("article" if item.venue else "misc")
        needed = {"author", "title"} | ({"journal", "year", "doi"} if item.venue else {"url"})
        assert needed <= set(fields)
        assert fields.get("doi", "") == item.doi
        assert len(fields["author"].split(" and ")) == len(item.authors)


def test_bibtex_escapes_what_tex_would_run():
    item = Reference("x1", ("A, B",), 2000, "50 % of A & B_c #1", "J", doi="10.1/x")
    assert r"50 \% of A \& B\_c \#1" in bibtex([item])
