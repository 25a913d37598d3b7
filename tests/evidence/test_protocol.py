from __future__ import annotations

from pathlib import Path

import pytest

from onearm.errors import InputError
from onearm.evidence import Protocol
from onearm.evidence.plan import read_plan


def told(folder, tmp_path: Path, old: str, new: str) -> list[str]:
    assert old in folder.protocol
    (tmp_path / "protocol.toml").write_text(folder.protocol.replace(old, new, 1), "utf-8")
    reading = read_plan(tmp_path)
    assert reading.protocol is None
    assert all(f.severity == "error" and f.mend for f in reading.findings)
    return [f"{f.code} {f.column} {f.sentence} {f.mend}" for f in reading.findings]


@pytest.mark.parametrize(
    ("old", "new", "code", "says"),
    [
        ("minimum_n = 5", "minimum = 5", "protocol-key-unknown", "Perhaps minimum_n is meant"),
        ("minimum_n = 5", "zebra = 5", "protocol-key-unknown", "known here are: level, minimum_n"),
        ("[gates]", "[gate]", "protocol-key-unknown", "Perhaps gates is meant"),
        (
            "members =",
            "member =",
            "protocol-key-unknown",
            "strata.agent_group.groups.targeted.member",
        ),
        ('label = "Major pathological response"', "", "protocol-key-missing", "outcome 2, label"),
        ('"REML"', '"REMEL"', "protocol-value", "“REMEL”, which is not one of its values"),
        ("threshold = 0.2", "threshold = 20", "protocol-value", "less than 1"),
        ("minimum_n = 5", 'minimum_n = "five"', "protocol-value", "whole number"),
        ("minimum_n = 5", "minimum_n = 5.5", "protocol-value", "whole number"),
        ("minimum_n = 5", "minimum_n = 0", "protocol-value", "at least 1"),
        ("minimum_n = 5", "minimum_n = true", "protocol-value", "minimum_n is True"),
        ("minimum_n = 5", 'minimum_n = "5"', "protocol-value", "“5”. It has to be a whole number"),
        ('code = "pcr"', 'code = "pcr"\nmin_n = "5"', "protocol-value", "outcome 1, min_n is “5”"),
        (
            'ci = "knapp-hartung-conservative"',
            'ci = "profile"',
            "protocol-value",
            "“profile”, which is not one of its values. Choose from: 'knapp-hartung-conservative'",
        ),
        ('correction = "only0"', 'correction = "bogus"', "protocol-value", "Choose from: 'only0'"),
        (
            'correction = "only0"',
            'mu_prior = "normal"',
            "protocol-value",
            "mu_prior is no option of the model inverse-variance",
        ),
        (
            'label = "Arcsine"\nmodel = "inverse-variance"',
            'label = "Exact"\nmodel = "glmm"',
            "protocol-value",
            "transform is no option of the model glmm, which has: ci",
        ),
        (
            'model = "inverse-variance"\ntransform = "arcsine"',
            'model = "bayes"\nmu_prior = "flat"',
            "protocol-value",
            "must be one of 'logistic(scale)', 'normal(scale)', with a positive scale",
        ),
        ("level = 0.95", "level = 95", "protocol-value", "less than 1"),
        ("provisional_k = 2", "provisional_k = 9", "protocol-value", "larger than headline_k"),
        ('code = "mpr"', 'code = "pcr"', "protocol-contradiction", "more than one outcome"),
        ('code = "mpr"', 'code = "M P R"', "protocol-value", "lower case"),
        ('title = "Surgery', 'title = ["Surgery"] #', "protocol-value", "a list"),
        ('members = ["alk_tki"', 'members = ["alk"', "protocol-contradiction", "a group of alk"),
        ('members = ["mixed"]', 'members = ["ici_any"]', "protocol-value", "the value ici_any"),
        ('name = "core+extended"', 'name = "core"', "protocol-contradiction", "the name core"),
        (
            'includes = ["core", "extended"]',
            'includes = ["core"]',
            "protocol-contradiction",
            "more than one evidence set includes the same studies (core)",
        ),
        (
            "[strata.setting]",
            '[[companions]]\nlabel = "Arcsine"\nmodel = "glmm"\n\n[strata.setting]',
            "protocol-contradiction",
            "more than one model has the label Arcsine",
        ),
        ('label = "Arcsine"', 'label = "Arc\\nsine"', "protocol-value", "a line break"),
        (
            "[gates]",
            '[[deviation]]\ndate = "some day"\nwhat = "x"\nwhy = "y"\n\n[gates]',
            "protocol-value",
            "“some day”, which is not a day. Write it as 2026-11-22",
        ),
        *(
            ('code = "mpr"', f'code = "{code}"', "protocol-value", "the report itself uses")
            for code in ("index", "evidence", "methods", "changes", "audit", "robustness_pcr")
        ),
        ('["mpr"]\n\n', '["r0", "pcr"]\n\n', "protocol-contradiction", "pcr is nested in itself"),
        ('["mpr"]\n\n', '["mrp"]\n\n', "protocol-contradiction", "nested in “mrp”, which is no"),
        (
            "operators = {",
            'nested_in = ["pcr"]\noperators = {',
            "protocol-contradiction",
            "outcome mpr is nested in itself",
        ),
        ('part_of = "enrolled"', 'part_of = "all"', "protocol-contradiction", "part of “all”"),
        ('part_of = "enrolled"', 'part_of = "resected"', "protocol-contradiction", "of itself"),
        (
            'denominator = "resected"\nsensitivity',
            'denominator = "operated"\nsensitivity',
            "protocol-contradiction",
            "there is enrolled, treated, resected, evaluable, unstated; perhaps resected is meant",
        ),
        (
            "units = [",
            'moderators = ["setting", "place"]\nunits = [',
            "protocol-contradiction",
            "moderators names “place”; it can be setting, agent_group, size or year",
        ),
        (
            'column = "setting"',
            'column = "place"',
            "protocol-contradiction",
            "it can be by setting",
        ),
        ('"mpr"]\ndenom', '"mrp"]\ndenom', "protocol-contradiction", "the fact mrp"),
        ('several = ["mixed"', 'several = ["muddled"', "protocol-contradiction", "muddled"),
        ("resected = {", "resected = 5 #", "protocol-value", "denominators.resected"),
        ('title = "', "title = ", "toml-malformed", "line 1"),
    ],
)
def test_problems_of_the_plan_are_told_in_plain_words(
    folder, tmp_path: Path, old: str, new: str, code: str, says: str
) -> None:
    lines = told(folder, tmp_path, old, new)
    assert any(line.startswith(code) and says in line for line in lines), lines
    for jargon in ("pydantic", "Input should", "extra_forbidden", "type=", "validation error"):
        assert jargon not in " ".join(lines)


def test_a_plan_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    assert read_plan(tmp_path).findings[0].code == "file-missing"
    (tmp_path / "protocol.toml").write_bytes("title = 'é'".encode("latin-1"))
    assert read_plan(tmp_path).findings[0].code == "file-not-utf8"


def test_options_are_what_a_pool_takes(evidence) -> None:
    assert evidence.protocol.primary.options == {
        "transform": "logit",
        "tau2": "REML",
        "ci": "knapp-hartung-conservative",
        "correction": "only0",
    }
    assert evidence.protocol.companions[0].label == "Arcsine"
    assert evidence.protocol.companions[0].options == {"transform": "arcsine"}


def test_an_outcome_that_is_not_in_the_plan_names_those_that_are(evidence) -> None:
    with pytest.raises(InputError, match="it has: pcr, mpr"):
        evidence.protocol.plan("r0")


def test_ten_lines_make_a_plan_and_the_rest_has_defaults() -> None:
    plan = Protocol.model_validate({"title": "T", "outcome": [{"code": "any", "label": "Any"}]})
    outcome = plan.plan("any")
    assert (outcome.short, outcome.definition, outcome.threshold) == ("Any", "", None)
    assert outcome.denominator == "all"
    assert outcome.operator_words("<=") == "defined with ≤"
    assert plan.people(1) == "1 participant"
    assert plan.denominator_noun("all").count(2) == "2 participants"
    assert (plan.has_several_sets, plan.widest.name) == (False, "all")
    assert plan.strata == {}
    assert plan.unit == "people"
    assert (plan.pooling.minimum_n, plan.primary.model) == (5, "bayes")
    assert {"cohort", "case_report"} <= set(plan.all_designs)
    assert [part.title for part in plan.flow] == ["Databases and registers", "Other methods"]


def test_words_come_from_the_plan(evidence) -> None:
    protocol = evidence.protocol
    assert (protocol.people(1), protocol.people(3)) == ("1 patient", "3 patients")
    assert protocol.denominator_noun("resected").many == "operated patients"
    assert protocol.denominator_noun("unstated").many == "patients of some group"
    assert protocol.plan("mpr").operator_words("<") == "below 10 %"
    assert protocol.plan("mpr").operator_words("=") == "defined with ="
    assert protocol.value_label("setting", "salvage") == "Salvage surgery"


def test_a_stratum_without_groups_has_one_for_each_value(evidence) -> None:
    groups = evidence.protocol.groups("setting")
    assert {name: group.label for name, group in groups.items()} == {
        "salvage": "Salvage surgery",
        "neoadjuvant": "Planned neoadjuvant therapy",
    }


@pytest.mark.parametrize("text", ["Müller et\u00a0al.", "🫁", "👩‍🔬 2020", "سميث", "a; b"])
def test_a_label_may_have_any_visible_sign(text: str) -> None:
    plan = Protocol.model_validate({"title": text, "outcome": [{"code": "any", "label": text}]})
    assert plan.outcome[0].label == text


@pytest.mark.parametrize("sign", ["\n", "\r", "\t", "\x00", "\x1b", "\u2028", "\u2029", "\x85"])
def test_a_label_has_no_line_break_and_no_control_sign(sign: str) -> None:
    with pytest.raises(ValueError, match="not one line"):
        Protocol.model_validate({"title": "T", "outcome": [{"code": "any", "label": f"a{sign}b"}]})


STATUS = """\
[status]
mode = "living"
why = "Searched monthly."
data_frozen = 2026-11-22
last_search = "2026-11-01"
next_search = "2026-12-01"
trigger = "A new study."
retirement = "When it is answered."

"""


def test_the_status_of_a_living_review_is_optional_and_read(folder) -> None:
    assert folder.read().protocol.status is None
    folder.protocol = folder.protocol.replace("[pooling]", STATUS + "[pooling]", 1)
    status = folder.read().protocol.status
    assert (status.mode, status.data_frozen) == ("living", "2026-11-22")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"living"', '"alive"', "status.mode is “alive”, which is not one of its values"),
        ("2026-11-22", '"2026-02-30"', "status.data_frozen is “2026-02-30”, which is not a day"),
        ('why = "Searched monthly."', 'why = ""', "status.why is empty"),
        ('trigger = "A new study."\n', "", "“status.trigger” is missing"),
        ("next_search", "next_serach", "Perhaps next_search is meant"),
    ],
)
def test_a_wrong_status_is_told(folder, tmp_path: Path, old: str, new: str, says: str) -> None:
    folder.protocol = folder.protocol.replace("[pooling]", STATUS + "[pooling]", 1)
    assert any(says in line for line in told(folder, tmp_path, old, new))
