from __future__ import annotations

import pytest

from onearm.evidence import audit, overlap_pairs, select
from onearm.evidence.outcome_codes import code_in_words


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("pcr", "pCR"),
        ("r0", "R0"),
        ("drug_ae_alt_grade1_2", "drug AE ALT grade 1–2"),
        ("drug_ae_alt_grade3", "drug AE ALT grade 3"),
        ("drug_ae_grade3plus", "drug AE grade 3 or higher"),
        ("drug_ae_asthenia", "drug AE asthenia"),
        ("complication_clavien2plus", "complication Clavien 2 or higher"),
        ("mortality_30d", "mortality 30 days"),
        ("stage_iiia", "stage IIIA"),
        ("stage_iv", "stage IV"),
        ("substage_t1an2", "substage T1aN2"),
        ("lobectomy", "lobectomy"),
    ],
)
def test_codes_are_written_as_people_write(code: str, words: str) -> None:
    assert code_in_words(code) == words


def test_sentences_use_the_plans_short_name(folder) -> None:
    (pair,) = overlap_pairs(select(folder.read(), "pcr"))
    assert "pCR was 5 of 10 in Lococo 2023" in pair.sentence
    folder.protocol = folder.protocol.replace('short = "pCR"', 'short = "complete"')
    (found,) = [f for f in audit(folder.read()) if f.code == "possible-overlap"]
    assert "complete was 5 of 10 in Lococo 2023" in found.sentence
