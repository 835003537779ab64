"""Options in a backbone's name."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medgraft.errors import UsageError
from medgraft.source.backbones.spelling import architecture, join_name, split_name

OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "pad_type": st.sampled_from(["same", ""]),
        "img_size": st.integers(1, 1024),
        "bn_eps": st.floats(1e-9, 1e-2),
    },
)


@settings(deadline=None, max_examples=50)
@given(OPTIONS)
def test_there_and_back(options: dict[str, str | int | float]) -> None:
    assert split_name(join_name("resnet50.a1_in1k", options)) == ("resnet50.a1_in1k", options)


def test_architecture_is_without_tag_and_options() -> None:
    assert architecture("resnet50.a1_in1k[pad_type=same]") == "resnet50"
    assert architecture("torchvision/resnet50") == "torchvision/resnet50"


@pytest.mark.parametrize("name", ["a[]", "a[x=1]", "a[img_size=big]", "a[pad_type]b["])
def test_unknown_options_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match="not understood"):
        split_name(name)


def test_join_refuses_what_would_not_be_read_back() -> None:
    with pytest.raises(UsageError):
        join_name("a", {"pad_type": "x,y"})
    with pytest.raises(UsageError):
        join_name("a", {"in_chans": 1})
