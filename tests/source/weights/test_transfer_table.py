"""Counts, groups and words of a table; a document that does not hold."""

from __future__ import annotations

import pytest

from medgraft.errors import WeightsError
from medgraft.source.weights.transfer_table import Status, TransferRow, TransferTable, listed, table_from_json


def row(status: Status, key: str | None = None, source: str | None = None, reason: str = "why") -> TransferRow:
    return TransferRow(key=key, source_key=source, shape=(2,), source_shape=(3,), status=status, reason=reason)


def table(*rows: TransferRow) -> TransferTable:
    return TransferTable(steps=("module",), conventions=(), rows=rows)


def test_summary_and_exceptions() -> None:
    found = table(
        *(row("transferred", f"a.{number}", f"a.{number}") for number in range(3)),
        row("adapted", "stem.weight", "stem.weight", "spread"),
        row("filled", "bn.num_batches_tracked", None, "zero"),
        row("source head", None, "fc.weight", "head"),
        row("source head", None, "fc.bias", "head"),
    )
    assert found.counts() == {"transferred": 3, "adapted": 1, "filled": 1, "source head": 2}
    assert found.summary() == (
        "transferred 4 of 6 tensors; 1 of them adapted; 2 are the source task's own; 1 counters filled"
    )
    assert found.exceptions() == (
        ("stem", "adapted (1): spread"),
        ("bn", "filled (1): zero"),
        ("fc", "source head (2): head"),
    )
    assert found.problems == () and found.keys("adapted") == ("stem.weight",)


def test_a_refusal_prints_both_sides_of_a_dozen() -> None:
    rows = [row("shape mismatch", f"a{number}.w", f"module.a{number}.w") for number in range(14)]
    text = str(table(*rows, row("missing", "b.w"), row("unexpected", None, "c.w")).refusal("importing"))
    assert "14 of another shape or kind: a0.w: file (3,), network (2,) (why)" in text and "and 2 more" in text
    assert "1 missing from the file: b.w" in text and "1 in the file, unknown to the network: c.w" in text
    assert "a1.w (other.w): file" in str(table(row("shape mismatch", "a1.w", "other.w")).refusal("importing"))


def test_there_and_back() -> None:
    found = table(row("left out", None, "queue"))
    assert table_from_json(found.model_dump(mode="json") | {"format_version": 1}, doing="reading") == found
    assert found.rows[0].layer == "queue"
    with pytest.raises(WeightsError, match="does not hold"):
        table_from_json({"rows": 1}, doing="reading")


def test_listed() -> None:
    assert listed(["a", "b"]) == "a, b" and listed([str(n) for n in range(13)]).endswith("11 and 1 more")
