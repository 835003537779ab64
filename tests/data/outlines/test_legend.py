"""What values mean is settled over all masks, in the order: the user, a file, the values; and never guessed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medgraft.data.outlines.legend import Holding, Legend, declared_names, settle_legend
from medgraft.errors import ArtifactError, CohortError


def holding(*values: int) -> Holding:
    return Holding(frozenset(values))


@pytest.mark.parametrize(
    ("held", "names", "values"),
    [
        ([(0, 255), (0,), (255,)], ("foreground",), {0: 0, 255: 1}),
        ([(0,), (0,)], ("foreground",), {0: 0, 255: 1}),
        ([(0, 1), (0,)], ("1",), {0: 0, 1: 1}),
        ([(0, 1), (0, 3), (2,)], ("1", "2", "3"), {0: 0, 1: 1, 2: 2, 3: 3}),
    ],
)
def test_values_alone(held: list[tuple[int, ...]], names: tuple[str, ...], values: dict[int, int]) -> None:
    legend = settle_legend([holding(*one) for one in held])
    assert (legend.names, dict(legend.values)) == (names, values)


@pytest.mark.parametrize("held", [[(0, 128)], [(0, 1, 255), (0, 1), (0, 255)], [(0, 2, 3)], [(0, -1, 1)]])
def test_other_values_are_asked_for(held: list[tuple[int, ...]]) -> None:
    with pytest.raises(CohortError, match=r"say what each means, as in --mask-values"):
        settle_legend([holding(*one) for one in held])


@pytest.mark.parametrize(("odd", "usual"), [((0, 7), (0, 255)), ((0, 255), (0, 1, 2))])
def test_one_odd_mask_among_many_is_set_aside_by_the_name_of_its_value(
    odd: tuple[int, ...], usual: tuple[int, ...]
) -> None:
    legend = settle_legend([holding(*usual)] * 19 + [holding(*odd)])
    assert legend.fault(holding(*usual)) is None
    fault = legend.fault(holding(*odd))
    assert fault is not None
    assert f"holds the value {odd[1]}, which is no class" in fault


def test_the_user_goes_before_all() -> None:
    legend = settle_legend(
        [holding(0, 255)], given={"0": "membrane", "255": "Background"}, declared={0: "background", 255: "cell"}
    )
    assert (legend.names, dict(legend.values)) == (("membrane",), {0: 1, 255: 0})


def test_two_values_may_be_one_class_and_the_rest_background() -> None:
    legend = settle_legend([holding(0, 1, 2, 9)], given={"1": "tumour", "2": "tumour", "*": "background"})
    assert legend.names == ("tumour",)
    assert legend.ids(np.array([0, 1, 2, 9])).tolist() == [0, 1, 1, 0]
    assert legend.fault(holding(9)) is None


@pytest.mark.parametrize(
    ("given", "message"), [({"*": "lesion"}, "background only"), ({"0": "background"}, "no class is named")]
)
def test_what_the_user_cannot_say(given: dict[str, str], message: str) -> None:
    with pytest.raises(CohortError, match=message):
        settle_legend([holding(0, 1)], given=given)


def test_a_class_that_was_declared_may_be_absent_and_no_other_may_come() -> None:
    legend = settle_legend([holding(0, 1)], declared={0: "background", 1: "anterior", 2: "posterior"})
    assert legend.names == ("anterior", "posterior")
    assert legend.held(holding(0, 2)) == ("posterior",)
    assert "holds the values 3, 5, which is" in str(legend.fault(holding(0, 3, 5)))


def test_parts_by_name() -> None:
    held = [Holding(parts=frozenset({"vein", "artery"})), Holding(parts=frozenset({"vein"}))]
    legend = settle_legend(held, by_folder=True)
    assert (legend.names, dict(legend.parts), legend.by_folder) == (("artery", "vein"), {"artery": 1, "vein": 2}, True)
    assert "holds the outline 'nerve'" in str(legend.fault(Holding(parts=frozenset({"nerve"}))))


def test_numbers_and_named_outlines_together_are_asked_for() -> None:
    with pytest.raises(CohortError, match=r"--mask-values 1=tumour,liver=tumour"):
        settle_legend([holding(0, 1), Holding(parts=frozenset({"liver"}))])


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (
            {"labels": {"0": "background", "1": "a", "2": "b"}, "modality": {}},
            {0: "background", 1: "a", 2: "b"},
        ),
        ({"labels": {"background": 0, "liver": 1}}, {0: "background", 1: "liver"}),
        ({"1": "liver"}, {1: "liver"}),
        (["background", "liver"], {0: "background", 1: "liver"}),
        (["liver", "spleen"], {0: "background", 1: "liver", 2: "spleen"}),
        ({"labels": {"whole": [1, 2]}}, None),
        ({"images": [], "annotations": []}, None),
        ({"labels": {"true": True}}, None),
        ([], None),
        (3, None),
    ],
)
def test_files_that_declare(tmp_path: Path, content: object, names: dict[int, str] | None) -> None:
    (tmp_path / "dataset.json").write_text(json.dumps(content), "utf-8")
    assert declared_names(tmp_path / "dataset.json") == names


def test_no_file_and_no_json_declare_nothing(tmp_path: Path) -> None:
    (tmp_path / "labels.json").write_text("{", "utf-8")
    assert declared_names(tmp_path / "labels.json") is None
    assert declared_names(tmp_path / "gone.json") is None


text = st.text(min_size=1, max_size=5).filter(lambda name: name.strip() == name and name.lower() != "background")


@settings(deadline=None)
@given(st.dictionaries(st.integers(0, 300), text, min_size=1, max_size=8), st.booleans())
def test_restored_it_is_the_same(names: dict[int, str], rest: bool) -> None:
    given = {str(value): name for value, name in names.items()} | ({"*": "background"} if rest else {})
    legend = settle_legend([holding(*names)], given=given)
    again = Legend.restore(json.loads(json.dumps(legend.to_json())))
    assert again == legend
    values = np.array([*names, 301])
    told = [legend.names[one - 1] if one else None for one in again.ids(values).tolist()]
    assert told == [*names.values(), None]


@pytest.mark.parametrize(
    "damage", [{"names": ["a"]}, {"names": ["a"], "values": {"1": 2}, "parts": {}, "rest": False, "by_folder": False}]
)
def test_a_damaged_one_is_an_error(damage: dict[str, object]) -> None:
    with pytest.raises(ArtifactError, match="fit again"):
        Legend.restore(damage)
