"""Every tensor of both sides stands in the table with its fate; planted faults are named exactly."""

from __future__ import annotations

import pytest
import torch
import torchvision
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from medgraft.source.weights.matching import Part, Wanted, choose_part
from medgraft.source.weights.tabulating import Tabulated, converted_table, tabulate

NETWORK = torchvision.models.resnet18(weights=None)
BODY = {key: value for key, value in NETWORK.state_dict().items() if not key.startswith("fc.")}
WANTED = Wanted(BODY, "conv1.weight", ("fc",))
FLOATS = sorted(key for key in BODY if not key.endswith("num_batches_tracked"))


def tabulated(content: object, *, part: str | None = None, named: str | None = None) -> Tabulated:
    return tabulate(choose_part(content, WANTED, part=part, doing="x"), WANTED, named=named, asked=part)


def statuses(found: Tabulated) -> dict[str, set[str]]:
    kinds = {row.status for row in found.table.rows}
    return {kind: set(found.table.keys(kind)) for kind in kinds}


@settings(deadline=None, max_examples=25)
@given(data=st.data(), prefix=st.sampled_from(["", "module.", "module.encoder_q."]))
def test_what_was_dropped_reshaped_spoilt_or_added_is_named_exactly(data: st.DataObject, prefix: str) -> None:
    faulty = data.draw(st.lists(st.sampled_from(FLOATS), unique=True, max_size=6))
    kinds = [data.draw(st.sampled_from(["missing", "shape mismatch", "not finite"])) for _ in faulty]
    state = NETWORK.state_dict()
    for key, kind in zip(faulty, kinds, strict=True):
        value = state.pop(key)
        if kind == "shape mismatch":
            state[key] = torch.ones(value.shape[0] + 1, *value.shape[1:])
        elif kind == "not finite":
            state[key] = torch.full_like(value, torch.inf)
    extra = data.draw(st.sets(st.sampled_from(["extra.weight", "layer9.bias"])))
    state |= dict.fromkeys(extra, torch.ones(1))
    found = tabulated({"state_dict": {prefix + key: value for key, value in state.items()}})
    told = statuses(found)
    for kind in ("missing", "shape mismatch", "not finite"):
        assert told.get(kind, set()) == {key for key, its in zip(faulty, kinds, strict=True) if its == kind}
    assert told.get("unexpected", set()) == {prefix + key for key in extra}
    assert told["source head"] == {f"{prefix}fc.weight", f"{prefix}fc.bias"}
    assert told["transferred"] == set(BODY) - set(faulty)
    assert len(found.table.problems) == len(faulty) + len(extra)
    sources = [row.source_key for row in found.table.rows if row.source_key is not None]
    assert sorted(sources) == sorted(prefix + key for key in state), "every tensor of the file stands in the table once"


@pytest.mark.parametrize(
    ("key", "shape", "reason"),
    [
        ("layer1.0.conv1.weight", (64, 64, 3, 3, 3), "a 3-D kernel, and the network is 2-D"),
        ("conv1.weight", (64, 4, 7, 7), "a first convolution on 4 channels; 1 or 3 can be transferred"),
        ("bn1.weight", (64, 1), "2 axes where 1 are needed"),
        ("bn1.weight", (32,), "another width"),
    ],
)
def test_reasons(key: str, shape: tuple[int, ...], reason: str) -> None:
    found = tabulated(BODY | {key: torch.ones(shape)})
    (row,) = found.table.problems
    assert (row.key, row.source_shape, row.status, row.reason) == (key, shape, "shape mismatch", reason)
    assert f"{key}: file {shape}, network {tuple(BODY[key].shape)} ({reason})" in str(found.table.refusal("importing"))


def test_whole_numbers_are_told() -> None:
    (row,) = tabulated(BODY | {"bn1.bias": torch.ones(64, dtype=torch.int64)}).table.problems
    assert row.reason == "int64 where float32 is needed"


def test_a_file_of_medicalnets_kind_is_told_layer_by_layer() -> None:
    state = {f"module.{key}": value[..., None].repeat(1, 1, 1, 1, 3) for key, value in BODY.items() if value.ndim == 4}
    state |= {f"module.{key}": value for key, value in BODY.items() if value.ndim < 2}
    found = tabulated({"state_dict": state})
    assert {row.reason for row in found.table.problems} == {"a 3-D kernel, and the network is 2-D"}
    assert len(found.table.problems) == 20 and found.table.steps == ("state_dict", "module")


def test_one_channel_is_spread_and_answers_alike() -> None:
    weight = torch.rand(64, 1, 7, 7)
    found = tabulated(BODY | {"conv1.weight": weight})
    assert found.one_channel and found.table.keys("adapted") == ("conv1.weight",)
    grey = torch.rand(1, 1, 20, 20)
    got = torch.nn.functional.conv2d(grey.expand(-1, 3, -1, -1), found.state["conv1.weight"], padding=3)
    torch.testing.assert_close(got, torch.nn.functional.conv2d(grey, weight, padding=3), rtol=1e-5, atol=1e-5)


def test_parts_of_the_source_task_are_told_by_what_they_are() -> None:
    state = {f"module.encoder_q.{key}": value for key, value in NETWORK.state_dict().items()}
    state |= {f"module.encoder_k.{key}": value for key, value in NETWORK.state_dict().items()}
    state |= {"module.queue": torch.ones(2, 3), "module.queue_ptr": torch.zeros(1)}
    found = tabulated({"state_dict": state})
    assert not found.table.problems
    reasons = {row.source_key: row.reason for row in found.table.rows if row.status == "source head"}
    assert reasons["module.queue"] == "the queue of negatives"
    assert reasons["module.encoder_k.conv1.weight"] == "the momentum copy of the encoder"
    assert reasons["module.encoder_q.fc.weight"] == "the source task's head"


def test_only_what_was_asked_for_excuses_the_rest() -> None:
    state = {f"net.{key}": value for key, value in BODY.items()} | {"loss.weight": torch.ones(2)}
    assert tabulated(state).table.keys("unexpected") == ("loss.weight",)
    found = tabulated(state, part="net")
    assert not found.table.problems and found.table.keys("left out") == ("loss.weight",)
    named = BODY | {"op_threshs": torch.ones(18)}
    assert tabulated(named).table.problems and not tabulated(named, named="torchxrayvision").table.problems


def test_counters_that_old_files_lack_are_filled() -> None:
    found = tabulated({key: BODY[key] for key in FLOATS})
    assert not found.table.problems and len(found.table.keys("filled")) == 20


def test_a_librarys_own_rule_is_told() -> None:
    state: dict[str, Tensor] = {f"old_{key}": value for key, value in BODY.items()} | {"gone": torch.ones(1)}
    converted = dict(BODY) | {"bn1.bias": BODY["bn1.bias"] * 2, "fc.weight": torch.ones(1)}
    found = converted_table(Part(state, {key: key for key in state}), WANTED, converted)
    rows = {row.key or row.source_key: row for row in found.table.rows}
    assert rows["conv1.weight"].source_key == "old_conv1.weight" and rows["conv1.weight"].status == "transferred"
    assert (rows["bn1.bias"].status, rows["bn1.bias"].source_key) == ("adapted", None)
    assert rows["gone"].status == rows["old_bn1.bias"].status == "left out"
    assert rows["fc.weight"].status == "source head" and not found.table.problems
