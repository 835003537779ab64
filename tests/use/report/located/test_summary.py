from __future__ import annotations

from medgraft.use.report.located.summary import came_from, doubts, reach, whom


def test_on_whom(plain_run):
    run = plain_run()
    assert whom(run, "test", {"n": 12, "n_patients": 6}, "case") == "12 test cases of 6 patients"
    assert whom(run, "external:b", {"n": 1, "n_patients": None}, "image") == "1 image (patients unknown) from b"
    assert "no part in training" in came_from("test")[0] and "optimistic" in came_from("val")[0]
    assert came_from("external:b") == []


def test_doubts_follow_the_numbers():
    wide = {"value": 0.5, "low": 0.3, "high": 0.7, "n": 40, "n_patients": 20}
    text = " ".join(doubts(wide, "Dice", {"a": 40, "b": 3}, 0.35))
    assert "not shown that the model is better" in text and "0.30 as 0.70" in text
    assert "b (3)" in text and "a (" not in text and "Only 20 patients" in text
    sure = {"value": 0.9, "low": 0.88, "high": 0.92, "n": 400, "n_patients": 200}
    assert doubts(sure, "Dice", {"a": 400}, 0.02) == []
    assert "No interval" in " ".join(doubts({**sure, "low": None, "high": None}, "Dice", {"a": 400}, None))


def test_one_source_is_said(plain_run):
    first, last = reach(plain_run(), "reference", "measure there")
    assert "same 1 site" in first and first.endswith("other numbers: measure there.") and last == "reference"
    external = {"external:b": {"dice": {"value": 1}}}
    assert reach(plain_run(metrics=external), "reference", "measure there") == ["reference"]
