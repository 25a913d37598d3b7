from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from onearm.errors import InputError
from onearm.evidence.plan.protocol import AgentClass, Denominator, Setting, read_protocol
from onearm.evidence.tables.columns import AGENT_CLASSES, DENOMINATORS, TABLES


def told(folder, tmp_path: Path, old: str, new: str) -> list[str]:
    assert old in folder.protocol
    (tmp_path / "protocol.toml").write_text(folder.protocol.replace(old, new, 1), "utf-8")
    protocol, findings = read_protocol(tmp_path)
    assert protocol is None
    assert all(f.severity == "error" and f.mend for f in findings)
    return [f"{f.code} {f.column} {f.sentence} {f.mend}" for f in findings]


@pytest.mark.parametrize(
    ("old", "new", "code", "says"),
    [
        ("minimum_n = 5", "minimum = 5", "protocol-key-unknown", "Perhaps minimum_n is meant"),
        ("minimum_n = 5", "zebra = 5", "protocol-key-unknown", "known here are: level, minimum_n"),
        ("[gates]", "[gate]", "protocol-key-unknown", "Perhaps gates is meant"),
        ("members =", "member =", "protocol-key-unknown", "strata.agent_group.targeted.member"),
        ('short = "pCR"', "", "protocol-key-missing", "outcome 1, short"),
        ('"REML"', '"REMEL"', "protocol-value", "“REMEL”, which is not one of its values"),
        ("threshold = 0.2", "threshold = 20", "protocol-value", "less than 1"),
        ("minimum_n = 5", 'minimum_n = "five"', "protocol-value", "whole number"),
        ("minimum_n = 5", "minimum_n = 5.5", "protocol-value", "whole number"),
        ("minimum_n = 5", "minimum_n = 0", "protocol-value", "at least 1"),
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
        ("influence = 3", "influense = 3", "protocol-key-unknown", "Perhaps influence is meant"),
        ("influence = 3", "zebra = 3", "protocol-key-unknown", "known here are: heterogeneity"),
        ("level = 0.95", "level = 95", "protocol-value", "less than 1"),
        ("provisional_k = 2", "provisional_k = 9", "protocol-value", "larger than headline_k"),
        ('code = "mpr"', 'code = "pcr"', "protocol-value", "more than one outcome"),
        ('code = "mpr"', 'code = "M P R"', "protocol-value", "lower case"),
        ('title = "Surgery', 'title = ["Surgery"] #', "protocol-value", "a list"),
        ('members = ["alk_tki"', 'members = ["alk"', "protocol-value", "“alk”"),
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
    assert read_protocol(tmp_path)[1][0].code == "file-missing"
    (tmp_path / "protocol.toml").write_bytes("title = 'é'".encode("latin-1"))
    assert read_protocol(tmp_path)[1][0].code == "file-not-utf8"


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


def test_agent_classes_find_their_group(evidence) -> None:
    assert evidence.protocol.agent_group("egfr_tki") == "targeted"
    assert evidence.protocol.agent_group("chemo") == ""


def test_the_plan_knows_the_same_words_as_the_tables() -> None:
    assert get_args(Denominator) == DENOMINATORS
    assert get_args(AgentClass) == AGENT_CLASSES
    (setting,) = [f for f in TABLES["studies"].fields if f.name == "setting"]
    assert get_args(Setting) == setting.choices


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
