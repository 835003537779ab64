"""The registry: names to things, in order, with a helpful error."""

from __future__ import annotations

import pytest

from medgraft.errors import UsageError
from medgraft.registry import Registry, nearest


@pytest.fixture
def animals() -> Registry[int]:
    registry: Registry[int] = Registry("animal")
    registry.register("zebra")(1)
    registry.register("ant")(2)
    return registry


def test_members_keep_their_order(animals):
    assert list(animals) == ["zebra", "ant"]
    assert animals.items() == [("zebra", 1), ("ant", 2)]
    assert len(animals) == 2
    assert "ant" in animals
    assert animals.get("ant") == 2


def test_register_gives_the_member_back(animals):
    def member() -> None: ...

    functions: Registry[object] = Registry("function")
    assert functions.register("it")(member) is member


def test_a_wrong_name_gets_the_nearest(animals):
    with pytest.raises(UsageError, match=r"no animal 'zebar' \(did you mean 'zebra'\?\); known: ant, zebra"):
        animals.get("zebar")


def test_a_taken_name_is_refused(animals):
    with pytest.raises(UsageError, match="that name is taken"):
        animals.register("ant")(3)
    assert animals.get("ant") == 2


def test_nothing_near_says_nothing():
    assert nearest("qqqq", ["linear-probe"]) == ""
    assert nearest("x", None) == ""
