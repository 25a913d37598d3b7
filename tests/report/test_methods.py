"""The methods are written from the plan: another plan gives another text, and true formulas."""

import math
import re
import string
from dataclasses import replace

import numpy as np
import pytest
from bs4 import BeautifulSoup
from scipy.integrate import quad

from onearm.evidence import ModelPlan
from onearm.models import make_model
from onearm.models.bayes.words import TAIL
from onearm.report.kit.formulas import display
from onearm.report.kit.references import REFERENCES, Reference, bibtex, cite, reference_list
from onearm.report.pages.methods import models as methods_models
from onearm.report.pages.methods import tables as methods_tables
from onearm.report.pages.methods import text as methods_text
from onearm.report.pages.methods.prisma import prisma_table

SECTIONS = (
    methods_text.denominators, methods_text.estimands, methods_models.primary,
    methods_models.rationale, methods_models.companions, methods_models.single_studies,
    methods_models.heterogeneity, methods_models.prediction, methods_text.standing,
    methods_text.synthesis,
    methods_text.methods, methods_tables.outcomes_table, methods_tables.thresholds_table,
    methods_tables.gates_table, methods_tables.checks, methods_tables.certainty,
    methods_tables.status_table, methods_tables.deviations_table,
    methods_tables.frozen,
)  # fmt: skip


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
        strata=protocol.strata.model_copy(
            update={"setting": {}, "agent_group": {}, "combined": {}}
        ),
        status=None,
        frozen=None,
        deviation=(),
    )


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.__name__)
def test_another_plan_gives_another_text(section, evidence, other):
    assert section(evidence.protocol).text != section(other).text


def test_the_text_tells_what_the_other_plan_says(other):
    text = "\n".join(section(other).text for section in SECTIONS)
    for words in ("90 %", "From 4 studies", "from 7 studies", "per enrolled patient", "37.0 %",
                  "profile-likelihood limits", "from 8 studies on", "20 points", "321 patients",
                  "No strata by setting", "names no companion model",
                  "No deviation from the plan", "does not say when it was frozen",
                  "never below 12 studies", "never below 13 studies"):  # fmt: skip
        assert words in text, words
    for words in ("redible", "Of the next", "taken together"):
        assert words not in text, words


def test_starting_below_the_guidance_is_a_departure_and_at_its_level_is_none(evidence):
    told = methods_tables.certainty(evidence.protocol).text
    assert re.search(r"starts bodies of cohort evidence at high \(Iorio et al. 2015\)", told)
    assert "departs from it on purpose: these are uncontrolled series" in told
    assert "so it starts at low." in told
    rules = evidence.protocol.certainty.model_copy(update={"start": "high"})
    alike = methods_tables.certainty(_changed(evidence.protocol, certainty=rules)).text
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
)  # fmt: skip
def test_what_speaks_for_the_primary_model_and_what_it_costs(evidence, options, has, lacks):
    protocol = _changed(evidence.protocol, primary=ModelPlan(**options))
    told = methods_models.rationale(protocol)
    assert all(part in told.text for part in has), told.text
    assert not any(part in told.text for part in lacks)
    for plan in protocol.outcome:
        assert f'href="{plan.code}-robustness.html#Is-the-method-honest' in told.html


@pytest.mark.parametrize(("family", "tail"), TAIL.items())
def test_a_prior_on_tau_has_its_95_percent_where_the_text_says(family, tail):
    prior = make_model("bayes", tau_prior=f"{family}(1)").priors[1]
    density = quad(lambda tau: math.exp(prior.log_density(np.array(tau))), 0, tail)[0]
    assert density == pytest.approx(0.95, abs=1e-6)


def test_influence_is_defined_for_the_likelihood_at_hand(evidence):
    assert "mid-p value" in methods_tables.checks(evidence.protocol).text
    normal = _changed(evidence.protocol, primary=ModelPlan(model="inverse-variance"))
    assert "mid-p value" not in methods_tables.checks(normal).text


def test_classes_taken_together_are_named_and_said_to_overlap(evidence):
    text = methods_text.synthesis(evidence.protocol).text
    for group in evidence.protocol.strata.combined.values():
        assert group.label in text
    assert "overlap the classes above" in text
    assert "never tested against them" in text


def test_it_says_when_the_plan_was_frozen(evidence):
    assert methods_tables.frozen(evidence.protocol).text == evidence.protocol.frozen
    assert "with the counts in sight" in evidence.protocol.frozen
    hostile = _changed(evidence.protocol, frozen="<script>")
    assert "<script>" not in methods_tables.frozen(hostile).html


def test_eligibility_counts_the_rows_at_hand(evidence, other):
    text = methods_text.eligibility(evidence).text
    assert f"Of {len(evidence.outcomes)} extracted rows" in text
    pooled = int((evidence.outcomes["use"] == "pool").sum())
    assert f"{pooled} may be pooled" in text
    fewer = replace(evidence, outcomes=evidence.outcomes.iloc[:5], protocol=other)
    assert "Of 5 extracted rows" in methods_text.eligibility(fewer).text
    assert "at least 11 patients" in methods_text.eligibility(fewer).text


def test_a_plan_with_markup_in_it_stays_text(evidence):
    hostile = "<script>alert(1)</script>"
    plan = evidence.protocol.outcome[0].model_copy(
        update=dict.fromkeys(("label", "short", "definition", "threshold_reason"), hostile)
    )
    companion = evidence.protocol.companions[0].model_copy(update={"label": hostile})
    protocol = _changed(evidence.protocol, outcome=(plan,), companions=(companion,))
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
)  # fmt: skip
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
    html += methods_tables.appraisal(evidence).html + prisma_table(evidence.protocol).html
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
