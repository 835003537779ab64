"""What all decoders share: the budget and the names of members."""

from __future__ import annotations

from pathlib import Path

import pytest

from medgraft.data.imaging.decoder import Encoded, member_index
from medgraft.errors import ReaderError


def test_budget() -> None:
    encoded = Encoded(Path("x"), b"", (0, 0), 100)
    encoded.check_size(10, 10)
    for height, width in ((10, 11), (0, 5), (5, -1), (2**40, 2**40)):
        with pytest.raises(ReaderError, match="declares"):
            encoded.check_size(height, width)


def test_member_index() -> None:
    assert member_index("", 1) == 0 and member_index("4", 5) == 4
    for member, count in (("", 2), ("5", 5), ("0", 1), ("-1", 5), ("²", 5), ("1.0", 5), ("x", 1)):
        with pytest.raises(ReaderError):
            member_index(member, count)
