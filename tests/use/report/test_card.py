from __future__ import annotations

from medgraft.use.report.artefacts import read_artefacts
from medgraft.use.report.card import model_card


def test_the_card_has_its_sections(fabricate):
    card = {part.title: part for part in model_card(read_artefacts(fabricate()))}
    assert next(iter(card)) == "Intended use"
    assert "Research use only, not a medical device" in card["Intended use"].sentences[0]
    assert "240 cases of 120 patients from 2 sites (north and south)" in card["Data sheet of the cohort"].sentences[0]
    sheet = dict(card["Data sheet of the cohort"].terms)
    assert sheet["Cases a patient"].startswith("2 to 2, mean 2.0")
    assert sheet["Consent, approval, how cases were chosen"] == "for the authors"
    assert any(name == "Test: AUROC" for name, _ in card["Evaluation"].terms)
    assert card["Limits"].sentences
    assert dict(card["Licence of the source weights"].terms)["Licence"] == "Apache-2.0"
