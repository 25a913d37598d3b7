"""Guards facts of the shipped evidence that no schema can know.

The tables are read as text with pandas alone, so that a change of the reading code cannot
hide a change of the evidence.
"""

from __future__ import annotations

import math
import re
import tomllib
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from pathlib import Path

import pandas as pd
import pytest
from scipy.stats import beta

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data"
#: The counts of the first of the two independent readings: id, events, n.
FIRST_EXTRACTION = Path(__file__).with_name("first_extraction.csv")
TABLES = ("studies", "outcomes", "records", "appraisal", "certainty")

#: Rows whose counts differ from the first extraction on purpose: (events, n) and the reason.
DIFFERENCES = {
    "A8": ("21", "28", "the sentence speaks of the 28 resected; the percentage is of 33"),
    "A9": ("3", "28", "the sentence speaks of the 28 resected; the percentage is of 33"),
    "A10": ("4", "28", "the sentence speaks of the 28 resected; the percentage is of 33"),
    "A12": ("", "", "only 48 % is printed, over an unstated denominator"),
    "L13": ("", "10", "the outcome is missing, the number of patients is not"),
    "C14": ("", "30", "the outcome is missing, the number of patients is not"),
    "X49": ("43", "179", "the size of the arm is given in a later report of the trial"),
}
#: Rows of the first extraction that have none here.
WITHOUT_ROW = {"V1": "a review without any outcome; it is among the records"}
#: Studies cited by a repository handle alone: described and appraised, never pooled.
UNVERIFIED = {"multicentre2024", "mangiameli2024"}
#: Studies that no DOI, PMID, PMCID or journal reference leads to: the same.
UNIDENTIFIED = {"ueno2022", "qi2022", "toripalimab_conversion", "mi", "elcc219p"}
#: Studies whose counts are of a matched subset, or have no horizon: appraised, never pooled.
DESCRIBED = {"chuang2025", "vaillo2026", "pmc8197012"}
#: Zeros of one study carried back from its 90 days.
CARRIED_BACK = ("X112", "X113")
#: Studies with further reports of the same patients: the records that a study has.
SEVERAL_REPORTS = {
    "neostar2021": 2,
    "checkmate816": 2,
    "keynote671": 2,
    "aegean2023": 2,
    "rationale315": 2,
    "forde2018": 2,
    "zhou2023": 2,
    "ionesco2022": 2,
}


def table(name: str) -> pd.DataFrame:
    return pd.read_csv(DATA / f"{name}.csv", dtype=str, keep_default_na=False)


STUDIES, OUTCOMES, RECORDS, APPRAISAL, CERTAINTY = (table(name) for name in TABLES)
ROWS = OUTCOMES.set_index("row_id")
COUNTED = OUTCOMES[(OUTCOMES["events"] != "") & (OUTCOMES["n"] != "")].astype(
    {"events": int, "n": int}
)
POOL = COUNTED[COUNTED["use"] == "pool"]


def counts(row_id: str) -> tuple[str, str, str]:
    row = ROWS.loc[row_id]
    return row["events"], row["n"], row["denominator"]


def printed_forms(events: int, n: int, decimals: int) -> set[Decimal]:
    """Return what a percentage may be printed as: rounded once, rounded twice, truncated."""
    exact = Decimal(100 * events) / Decimal(n)
    step = Decimal(1).scaleb(-decimals)
    twice = exact.quantize(step / 10, ROUND_HALF_UP).quantize(step, ROUND_HALF_UP)
    once = exact.quantize(step, ROUND_HALF_UP)
    return {once, twice, exact.quantize(step, ROUND_DOWN)}


def decimals_of(text: str) -> int:
    return len(text.partition(".")[2])


# ---------------------------------------------------------------- the first extraction


def test_every_count_of_the_first_extraction_is_here_or_differs_for_a_reason() -> None:
    first = pd.read_csv(FIRST_EXTRACTION, dtype=str, keep_default_na=False)
    assert len(first) > 120
    surprises = []
    for row_id, events, n in zip(first["id"], first["events"], first["n"], strict=True):
        if row_id in WITHOUT_ROW:
            continue
        expected = DIFFERENCES[row_id][:2] if row_id in DIFFERENCES else (events, n)
        ours = counts(row_id)[:2] if row_id in ROWS.index else None
        if ours != expected:
            surprises.append((row_id, expected, ours))
    assert surprises == []


@pytest.mark.parametrize("row_id", sorted(DIFFERENCES))
def test_each_difference_is_still_there_and_told_in_the_dictionary(row_id: str) -> None:
    assert counts(row_id)[:2] == DIFFERENCES[row_id][:2]
    section = (DATA / "README.md").read_text("utf-8").split("## Where our reading differs")[1]
    assert re.search(rf"\b{row_id}\b", section)


# ---------------------------------------------------------------- key facts of the core


@pytest.mark.parametrize(
    ("row_id", "expected"),
    [
        ("L1", ("5", "10", "resected")),
        ("L2", ("9", "10", "resected")),
        ("L6", ("7", "10", "resected")),
        ("L7", ("10", "10", "resected")),
        ("A3", ("15", "33", "enrolled")),
        ("A4", ("15", "28", "resected")),
        ("A5", ("4", "33", "enrolled")),
        ("A6", ("4", "28", "resected")),
        ("A11", ("24", "28", "resected")),
        ("C1", ("11", "30", "resected")),
        ("C2", ("10", "22", "resected")),
        ("C3", ("1", "8", "resected")),
        ("C5", ("6", "30", "resected")),
        ("C6", ("0", "30", "resected")),
    ],
)
def test_the_counts_that_carry_the_core_estimates(
    row_id: str, expected: tuple[str, str, str]
) -> None:
    assert counts(row_id) == expected
    assert ROWS.loc[row_id, "use"] == "pool"


def test_alneo_prints_its_interval_at_ninety_percent() -> None:
    interval = ["printed_percent", "printed_ci_low", "printed_ci_high", "printed_ci_level"]
    assert list(ROWS.loc["A3", interval]) == ["46", "31", "61", "90"]
    assert list(ROWS.loc["A5", interval]) == ["12", "3", "28", "95"]


def test_surgery_types_of_alneo_fit_the_enrolled_and_not_the_resected() -> None:
    for row_id in ("A8", "A9", "A10"):
        row = ROWS.loc[row_id]
        printed = Decimal(row["printed_percent"])
        assert printed not in printed_forms(int(row["events"]), 28, 0)
        assert printed in printed_forms(int(row["events"]), 33, 0)


def test_no_count_of_the_resected_gives_alneos_nodal_downstaging() -> None:
    fits = {n for n in range(20, 34) for x in range(n + 1) if Decimal(48) in printed_forms(x, n, 0)}
    assert 28 not in fits
    assert {33, 29, 27} <= fits


def test_parts_of_chiappetta_make_the_whole() -> None:
    pcr = POOL[(POOL["study_id"] == "chiappetta2025") & (POOL["outcome"] == "pcr")]
    whole = pcr[pcr["population"] == "all"]
    parts = pcr[pcr["population"] != "all"]
    assert len(parts) == 2
    assert parts[["events", "n"]].sum().tolist() == whole[["events", "n"]].iloc[0].tolist()


def test_the_strict_definition_of_lococo_has_its_upper_bound_as_a_variant() -> None:
    bound = ROWS.loc["L15"]
    assert (bound["use"], bound["events"], bound["n"]) == ("sensitivity", "10", "10")
    assert ROWS.loc["L2", "definition_operator"] == "<"
    assert bound["definition_operator"] == "<="


def test_drug_toxicity_never_stands_in_for_surgical_complications() -> None:
    alneo = OUTCOMES[OUTCOMES["study_id"] == "alneo2025"]
    surgical = alneo[alneo["outcome"].str.startswith(("complication", "mortality"))]
    assert len(surgical) >= 6
    assert set(surgical["events"]) == {""}
    toxic = OUTCOMES["outcome"].str.startswith("drug_ae")
    assert not OUTCOMES[toxic]["use"].isin(["pool", "sensitivity"]).any()


# ---------------------------------------------------------------- what must never happen


def test_missing_is_never_zero() -> None:
    missing = OUTCOMES[OUTCOMES["missing_reason"] != ""]
    assert set(missing["events"]) == {""}
    unknown = OUTCOMES[(OUTCOMES["events"] == "") | (OUTCOMES["n"] == "")]
    assert (unknown["missing_reason"] != "").all()


def test_only_counts_have_a_basis() -> None:
    assert OUTCOMES["basis"].ne("").equals(OUTCOMES["events"].ne(""))


def test_survival_estimates_and_cells_are_never_counts_of_patients() -> None:
    curves = OUTCOMES["outcome"].isin(["overall_survival", "recurrence_free_survival"])
    cells = OUTCOMES["unit"] == "cells"
    assert curves.sum() >= 3
    assert cells.sum() >= 1
    assert (OUTCOMES.loc[curves | cells, ["events", "n"]] == "").all().all()
    assert set(OUTCOMES.loc[curves | cells, "use"]) == {"excluded"}


def test_single_patients_and_second_hand_counts_are_never_pooled() -> None:
    apart = STUDIES["design"].eq("case_report") | STUDIES["source_type"].eq("secondary_citation")
    assert set(POOL["study_id"]).isdisjoint(STUDIES.loc[apart, "study_id"])
    assert POOL["n"].min() >= 5


def test_a_repository_handle_alone_admits_no_study_to_a_pool() -> None:
    handle_only = STUDIES["doi"].eq("") & STUDIES["citation"].str.contains("hdl:")
    assert set(STUDIES.loc[handle_only, "study_id"]) == UNVERIFIED
    rows = OUTCOMES[OUTCOMES["study_id"].isin(UNVERIFIED)]
    assert set(rows["use"]) == {"context"}
    assert set(RECORDS.loc[RECORDS["study_id"].isin(UNVERIFIED), "decision"]) == {
        "included_not_pooled"
    }


def test_nothing_without_an_identifier_enters_a_pool_or_a_sensitivity_analysis() -> None:
    rows = OUTCOMES[OUTCOMES["study_id"].isin(UNIDENTIFIED)]
    assert set(rows["study_id"]) == UNIDENTIFIED
    assert set(rows["use"]) == {"context"}
    decided = RECORDS[RECORDS["study_id"].isin(UNIDENTIFIED)]
    assert set(decided["decision"]) == {"included_not_pooled"}
    leads_there = r"PMID \d|PMC\d|NCT\d{8}|ChiCTR|PII |\d\(?\d*\)?:\s?e?\d"
    cited = STUDIES["doi"].ne("") | STUDIES["citation"].str.contains(leads_there)
    assert set(POOL["study_id"]) <= set(STUDIES.loc[cited, "study_id"])


def test_chemotherapy_alone_is_never_pooled() -> None:
    assert "chemo" not in set(POOL["agent_class"])


def test_no_cell_names_the_host_of_a_copy_or_a_place_on_a_disk() -> None:
    address = re.compile(
        r"https?://|www\.|\.(com|org|net|cn|jp|info|ai|tech|gov|it|edu)\b(?!\d)|(^|\s)/\w+/"
    )
    for name in TABLES:
        text = (DATA / f"{name}.csv").read_text("utf-8")
        found = [line for line in text.splitlines() if address.search(line)]
        assert found == [], name


def test_no_locator_stands_for_the_document_that_it_is_a_place_in() -> None:
    counted = COUNTED[COUNTED["use"].isin(["pool", "sensitivity"])]
    assert not counted["locator"].str.contains("News report").any()
    trial = OUTCOMES[OUTCOMES["study_id"] == "neoadaura2025"]
    assert trial["source"].str.startswith("CancerNetwork").all()


def test_dois_are_bare() -> None:
    dois = [doi for doi in [*STUDIES["doi"], *RECORDS["doi"]] if doi]
    assert all(re.fullmatch(r"10\.\d{4,9}/\S+", doi) for doi in dois)


def test_no_cell_would_start_a_formula_in_a_spreadsheet() -> None:
    for name in TABLES:
        cells = table(name).stack()
        assert not cells.str.startswith(("=", "+", "-", "@"))[cells != "="].any(), name


def test_zero_deaths_carried_back_are_never_in_the_main_pools() -> None:
    carried = OUTCOMES["derivation"].str.contains("implies none by day")
    assert set(OUTCOMES.loc[carried, "row_id"]) == {"C19", "X68", "X69", *CARRIED_BACK}
    assert not OUTCOMES.loc[carried, "use"].eq("pool").any()
    for row_id in ("C19", *CARRIED_BACK):
        assert ROWS.loc[row_id, "use"] == "sensitivity"
        assert ROWS.loc[row_id, "variant"].startswith("horizon: ")
    deaths = POOL[POOL["outcome"].str.match(r"mortality_\d+d")]
    # RATIONALE-315 states its deaths, and prints them over those who were randomised.
    assert set(deaths.loc[deaths["basis"] != "stated", "study_id"]) == {"rationale315"}
    derived = deaths[deaths["basis"] != "stated"]
    assert list(zip(derived["events"], derived["n"], strict=True)) == [(3, 190)]


def test_deaths_from_surgery_alone_are_no_pooled_deaths() -> None:
    said = OUTCOMES["definition"].str.contains("surgery-related")
    assert set(OUTCOMES.loc[said, "study_id"]) == {"keynote671", "zhou2023"}
    assert set(OUTCOMES.loc[said, "use"]) == {"sensitivity", "context"}


def test_a_second_source_of_a_core_study_repeats_its_count_and_is_not_pooled() -> None:
    second = OUTCOMES[OUTCOMES["use_reason"].str.startswith("Second source of row ")]
    assert set(second["study_id"]) == {"lococo2023", "chiappetta2025"}
    assert set(second["use"]) == {"context"}
    for row in second.itertuples():
        first = ROWS.loc[re.findall(r"row (\w+)", str(row.use_reason))[0]]
        assert (row.events, row.n, row.outcome) == (first["events"], first["n"], first["outcome"])
        assert row.source != first["source"]


# ---------------------------------------------------------------- consistency


def test_a_population_is_counted_once_for_each_outcome_and_denominator() -> None:
    assert not POOL.duplicated(["study_id", "population", "outcome", "denominator"]).any()


def test_major_responses_include_the_complete_ones() -> None:
    keys = ["study_id", "population", "denominator"]
    both = POOL[POOL["outcome"] == "mpr"].merge(
        POOL[POOL["outcome"] == "pcr"], on=keys, suffixes=("_mpr", "_pcr")
    )
    assert len(both) >= 10
    assert (both["events_mpr"] >= both["events_pcr"]).all()
    assert (both["n_mpr"] == both["n_pcr"]).all()


@pytest.mark.parametrize("row_id", sorted(COUNTED.loc[COUNTED["printed_percent"] != "", "row_id"]))
def test_every_printed_percentage_is_that_of_its_counts(row_id: str) -> None:
    row = ROWS.loc[row_id]
    forms = printed_forms(int(row["events"]), int(row["n"]), decimals_of(row["printed_percent"]))
    fits = Decimal(row["printed_percent"]) in forms
    # What the sources themselves got wrong, and the audit is to find.
    wrong_in_print = row_id in {"A8", "A9", "A10", "X2", "X139"}
    assert fits != wrong_in_print


def exact_limits(events: int, n: int, level: float) -> tuple[float, float]:
    tail = (1 - level) / 2
    low = beta.ppf(tail, events, n - events + 1) if events else 0.0
    high = beta.ppf(1 - tail, events + 1, n - events) if events < n else 1.0
    return 100 * float(low), 100 * float(high)


def prints_as(exact: float, text: str) -> bool:
    """Whether a limit prints as `text`, rounded once or (as ALNEO does) twice."""
    step = Decimal(1).scaleb(-decimals_of(text))
    value = Decimal(repr(exact))
    twice = value.quantize(step / 10, ROUND_HALF_UP).quantize(step, ROUND_HALF_UP)
    return Decimal(text) in {value.quantize(step, ROUND_HALF_UP), twice}


def test_derived_counts_are_the_only_ones_that_fit_what_is_printed() -> None:
    derived = COUNTED[(COUNTED["basis"] == "derived") & (COUNTED["printed_percent"] != "")]
    assert len(derived) > 30
    ambiguous = []
    for row in derived.itertuples():
        printed = str(row.printed_percent)
        fits = [
            x
            for x in range(int(row.n) + 1)
            if Decimal(printed) in printed_forms(x, int(row.n), decimals_of(printed))
        ]
        step = Decimal(1).scaleb(-decimals_of(printed))
        rounded = [
            x
            for x in fits
            if (Decimal(100 * x) / int(row.n)).quantize(step, ROUND_HALF_UP) == Decimal(printed)
        ]
        fits = rounded or fits
        if row.printed_ci_level:
            level = float(str(row.printed_ci_level)) / 100
            by_interval = [
                x
                for x in fits
                if all(
                    prints_as(limit, text)
                    for limit, text in zip(
                        exact_limits(x, int(row.n), level),
                        (str(row.printed_ci_low), str(row.printed_ci_high)),
                        strict=True,
                    )
                )
            ]
            fits = by_interval or fits
        if fits != [row.events]:
            ambiguous.append((row.row_id, fits))
    assert ambiguous == []


def test_printed_intervals_come_with_their_level_and_hold_the_estimate() -> None:
    with_interval = COUNTED[COUNTED["printed_ci_low"] != ""]
    assert len(with_interval) >= 8
    for row in with_interval.itertuples():
        low, high = float(str(row.printed_ci_low)), float(str(row.printed_ci_high))
        assert math.floor(low) <= 100 * row.events / row.n <= math.ceil(high)
        assert row.printed_ci_level in {"90", "95"}


# ---------------------------------------------------------------- versions, arms, overlap


def test_two_versions_of_lcmc3_never_meet() -> None:
    version_of = STUDIES.set_index("study_id")["version_of"]
    assert version_of["lcmc3conference"] == "lcmc3final"
    of_trial = POOL[POOL["study_id"].isin(["lcmc3final", "lcmc3conference"])]
    assert not of_trial.duplicated("outcome").any()
    assert ROWS.loc["X39", "use"] == "pool"
    assert ROWS.loc["X40", "use"] == "excluded"
    # What the final paper prints second-hand replaces nothing until the paper is read.
    assert (*counts("X82")[:2], ROWS.loc["X82", "use"]) == ("8", "143", "sensitivity")
    assert (*counts("X41")[:2], ROWS.loc["X41", "use"]) == ("10", "147", "pool")
    # So with CTONG1103, whose paper counts over the operated.
    assert ROWS.loc[["X55", "X16"], "use"].tolist() == ["pool", "excluded"]


def test_checkmate_816_is_counted_over_the_operated_too() -> None:
    assert counts("X49") == ("43", "179", "enrolled")
    assert counts("X86") == ("43", "149", "resected")
    assert ROWS.loc["X86", "basis"] == "derived"


def test_complete_resection_and_deaths_of_neostar_are_those_of_its_surgical_paper() -> None:
    pooled = POOL[(POOL["study_id"] == "neostar2021") & (POOL["population"] == "all")]
    found = {r.outcome: (r.events, r.n, r.agent_class) for r in pooled.itertuples()}
    assert found == {
        "r0": (37, 37, "ici_alone"),
        "mortality_30d": (0, 37, "ici_alone"),
        "mortality_90d": (1, 37, "ici_alone"),
    }


def test_where_complete_responses_may_be_left_out_both_readings_are_variants() -> None:
    asked = OUTCOMES[OUTCOMES["variant"].str.contains("complete responses")]
    assert set(asked["use"]) == {"sensitivity"}
    found = {
        (r.study_id, r.variant.rpartition(": ")[2].partition(",")[0]): (r.events, r.n)
        for r in asked.itertuples()
    }
    assert found == {
        ("mastromarino2025", "complete responses added"): ("10", "21"),
        ("shanghai2025", "as printed"): ("13", "38"),
        ("shanghai2025", "complete responses added"): ("25", "38"),
        ("liu2025", "as printed"): ("9", "34"),
        ("liu2025", "complete responses added"): ("15", "34"),
    }
    assert not set(asked["study_id"]) & set(POOL.loc[POOL["outcome"] == "mpr", "study_id"])


def test_both_arms_of_neostar_have_both_denominators() -> None:
    mpr = POOL[(POOL["study_id"] == "neostar2021") & (POOL["outcome"] == "mpr")]
    found = {
        (r.population, r.agent_class, r.denominator): (r.events, r.n) for r in mpr.itertuples()
    }
    assert found == {
        ("nivolumab", "ici_mono", "enrolled"): (5, 23),
        ("nivolumab", "ici_mono", "resected"): (5, 21),
        ("nivolumab_ipilimumab", "ici_dual", "enrolled"): (8, 21),
        ("nivolumab_ipilimumab", "ici_dual", "resected"): (8, 16),
    }


def test_italian_series_are_marked_as_possibly_overlapping() -> None:
    groups = STUDIES.set_index("study_id")["overlap_group"].str.split("; ")
    salvage = ("lococo2023", "chiappetta2025", "multicentre2024", "mangiameli2024", "galetta2022")
    assert all("italy-salvage" in groups[study] for study in salvage)
    assert "alectinib-italy-2021" in groups["lococo2023"]
    assert "alectinib-italy-2021" in groups["alneo2025"]
    assert "italy-salvage" not in groups["mastromarino2025"]


def test_shared_patients_of_lococo_and_chiappetta_are_bounded_by_six() -> None:
    lococo, targeted = counts("L1"), counts("C3")
    (e1, n1), (e2, n2) = ((int(c[0]), int(c[1])) for c in (lococo, targeted))
    assert min(e1, e2) + min(n1 - e1, n2 - e2) == 6


# ---------------------------------------------------------------- records and appraisal


def test_records_and_studies_belong_together() -> None:
    included = RECORDS[RECORDS["decision"].str.startswith("included")]
    assert (included["study_id"] != "").all()
    of_studies = RECORDS[RECORDS["study_id"] != ""]["study_id"]
    assert set(of_studies) == set(STUDIES["study_id"])
    reports = of_studies.value_counts()
    assert reports[reports > 1].to_dict() == SEVERAL_REPORTS


def test_the_five_seed_documents_are_in_the_flow() -> None:
    seeds = RECORDS[RECORDS["met_by"] == "seed"].set_index("seed")["decision"]
    assert seeds.to_dict() == {
        "000": "included",
        "001": "included_not_pooled",
        "002": "included",
        "003": "included",
        "004": "excluded",
    }


#: At which stage each decision is made.
DECIDED_AT = {
    "screened": {"awaiting", "excluded"},
    "sought": {"not_retrieved"},
    "assessed": {"included", "included_not_pooled", "excluded"},
}


def test_every_record_is_decided_at_one_step_of_the_flow() -> None:
    for stage, records in RECORDS.groupby("stage"):
        assert set(records["decision"]) <= DECIDED_AT[str(stage)]


@pytest.mark.parametrize(
    ("evidence_set", "awaiting", "screened_out", "not_retrieved", "assessed"),
    [("core", 0, 3, 3, 4), ("extended", 11, 10, 6, 69)],
)
def test_the_flow_balances(
    evidence_set: str, awaiting: int, screened_out: int, not_retrieved: int, assessed: int
) -> None:
    records = RECORDS[RECORDS["evidence_set"] == evidence_set]
    steps = records.groupby(["stage", "decision"]).size()
    assert int(steps.loc["assessed"].sum()) == assessed
    assert int(steps.get(("screened", "awaiting"), 0)) == awaiting
    assert int(steps.get(("screened", "excluded"), 0)) == screened_out
    assert int(steps.get(("sought", "not_retrieved"), 0)) == not_retrieved
    assert len(records) == awaiting + screened_out + not_retrieved + assessed


def test_two_references_are_two_records_and_nothing_awaiting_was_sought() -> None:
    cited = RECORDS["citation"].str.extract(r"^Reference (\d+) of Hashimoto 2022")[0].dropna()
    assert sorted(cited) == ["8", "9"]
    awaiting = RECORDS[RECORDS["decision"] == "awaiting"]
    assert awaiting["reason"].str.contains("not yet sought").all()
    # The seven that awaited assessment in version 1.0 have each been looked for.
    seven = RECORDS[RECORDS["record_id"].isin([f"R{number}" for number in range(42, 49)])]
    assert len(seven) == 7
    assert set(seven["stage"]) == {"sought", "assessed"}


def test_included_means_that_a_row_is_pooled() -> None:
    included = set(RECORDS[RECORDS["decision"] == "included"]["study_id"])
    assert included == set(POOL["study_id"])


def test_every_pooled_study_is_appraised_on_every_item() -> None:
    series = APPRAISAL[APPRAISAL["tool"] == "jbi_case_series"]
    items = {study: sorted(map(int, rows["item"])) for study, rows in series.groupby("study_id")}
    assert set(items) == set(POOL["study_id"]) | UNVERIFIED | UNIDENTIFIED | DESCRIBED
    assert all(numbers == [*range(1, 11)] for numbers in items.values())
    case = APPRAISAL[APPRAISAL["tool"] == "murad_case_report"]
    assert set(case["study_id"]) == {"hashimoto2022"}
    assert len(case) == 8


# ---------------------------------------------------------------- dictionary and plan


def test_the_dictionary_describes_every_column() -> None:
    dictionary = (DATA / "README.md").read_text("utf-8")
    for name in TABLES:
        section = dictionary.split(f"## {name}.csv")[1].split("\n## ")[0]
        for column in table(name).columns:
            assert f"`{column}`" in section, f"{name}.{column}"


def test_every_outcome_of_the_plan_has_rows_and_every_pooled_row_has_a_plan() -> None:
    plan = tomllib.loads((DATA / "protocol.toml").read_text("utf-8"))
    outcomes = {o["code"]: o for o in plan["outcome"]}
    assert set(outcomes) <= set(OUTCOMES["outcome"])
    assert set(outcomes) == set(POOL["outcome"])
    for row in POOL.itertuples():
        asked = outcomes[row.outcome]
        known = [asked["denominator"], *asked.get("sensitivity_denominators", [])]
        assert row.denominator in known, row.row_id


def test_every_agent_class_that_is_pooled_belongs_to_one_stratum() -> None:
    plan = tomllib.loads((DATA / "protocol.toml").read_text("utf-8"))
    groups = plan["strata"]["agent_group"]["groups"].values()
    members = [member for group in groups for member in group["members"]]
    assert len(members) == len(set(members))
    assert set(POOL["agent_class"]) <= set(members)


def test_the_headline_is_the_calibrated_model_and_its_predecessor_is_shown_first() -> None:
    plan = tomllib.loads((DATA / "protocol.toml").read_text("utf-8"))
    primary, companions = plan["primary"], plan["companions"]
    assert (primary["model"], primary["tau_prior"]) == ("bayes", "half-normal(1)")
    assert [c["model"] for c in companions[:4]] == [
        "inverse-variance",
        "glmm",
        "inverse-variance",
        "beta-binomial",
    ]
    assert companions[0]["ci"] == "knapp-hartung-conservative"
    assert companions[-1]["transform"] == "freeman-tukey"


def test_every_judgement_of_certainty_says_what_it_rests_on() -> None:
    assert CERTAINTY["reason"].str.len().min() > 60
    assert not CERTAINTY["reason"].str.contains(r"see above|as before|ibid", case=False).any()


def test_the_judgements_name_the_news_reports_and_the_selection_of_the_operated() -> None:
    pcr = CERTAINTY[CERTAINTY["outcome"] == "pcr"].set_index(["evidence_set", "domain"])["reason"]
    news = STUDIES[(STUDIES["source_type"] == "news") & (STUDIES["evidence_set"] == "core")]
    for label in news["label"]:
        assert label.split()[0] in pcr["core", "risk_of_bias"]
    assert "operated" in pcr["core", "publication_bias"]


def test_what_was_added_after_the_counts_were_seen_is_a_deviation() -> None:
    plan = tomllib.loads((DATA / "protocol.toml").read_text("utf-8"))
    assert any("[certainty]" in deviation["what"] for deviation in plan["deviation"])


def test_the_status_admits_that_no_database_was_searched() -> None:
    status = tomllib.loads((DATA / "protocol.toml").read_text("utf-8"))["status"]
    assert status["mode"] != "living"
    assert "No systematic search" in status["last_search"]
