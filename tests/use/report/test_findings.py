from __future__ import annotations

import dataclasses

from medgraft.use.report.artefacts import read_artefacts
from medgraft.use.report.findings import findings, split_sentences


def test_every_finding_is_a_sentence_with_what_was_done(fabricate):
    found = {item.text: item for item in findings(read_artefacts(fabricate()))}
    text = " ".join(found)
    assert "No patient stands on both sides of the split." in found
    assert "2 pictures occur more than once. 1 of them on both sides of the split. The earlier part" in text
    assert "1 case set aside and not used" in text
    quarantined = next(item for item in found.values() if "set aside" in item.text)
    assert quarantined.rows[0][1] == "row 17: the file is empty"
    pixels = next(item for item in found.values() if "14 different sizes" in item.text)
    assert len(pixels.rows) == 20 and pixels.more == 180


def test_long_lists_are_cut_and_counted(fabricate):
    run = read_artefacts(fabricate())
    many = [{"case": f"{i:016x}", "reason": "x"} for i in range(1234)]
    run = dataclasses.replace(run, audit={"quarantined": many})
    item = next(item for item in findings(run) if "set aside" in item.text)
    assert len(item.rows) + item.more == 1234 and len(item.rows) == 100


def test_kept_leaks_and_unknown_patients(fabricate):
    run = read_artefacts(fabricate(leaking=True, patients=False))
    text = " ".join(item.text for item in findings(run))
    assert "kept on request" in text and "cannot be told: patients are unknown" in text
    assert "leaks" in " ".join(split_sentences(run))


def test_no_audit_is_said(fabricate):
    run = dataclasses.replace(read_artefacts(fabricate()), audit={})
    assert [item.level for item in findings(run)] == ["warning"]


def test_the_split_is_told(fabricate):
    run = read_artefacts(fabricate())
    text = " ".join(split_sentences(run))
    assert "seed 0" in text and "training 144, validation 48, test 48" in text
    assert "1 because it duplicates a test case" in text
    given = dataclasses.replace(run, split={**run.split, "given": True})
    assert "came with the data" in " ".join(split_sentences(given))


def test_the_split_of_an_adapted_run_is_not_one_that_was_drawn(fabricate):
    run = read_artefacts(fabricate())
    dropped = [{"case": "a", "from": "test", "reason": "of the source, not of the target"}]
    adapted = dataclasses.replace(run, adaptation={"method": "coral"}, split={**run.split, "dropped": dropped})
    text = " ".join(split_sentences(adapted))
    assert "those of the source run" in text
    assert "1 case left out: 1 because it was a test case of the source" in text
    assert "Asked for" not in text and "drawn here" not in text
