"""One exception, without path or content."""

from __future__ import annotations

import pytest

from medgraft.data.imaging.boundary import as_reader_error
from medgraft.errors import ReaderError


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ReaderError("kept as it is"), "kept as it is"),
        (FileNotFoundError(2, "gone", "/scans/jane/doe.png"), "no such file"),
        (PermissionError(13, "Permission denied", "/scans/jane/doe.png"), "Permission denied"),
        (MemoryError(), "not enough memory"),
        (ValueError("Doe^Jane in /scans/jane"), "ValueError while decoding"),
    ],
)
def test_every_error_becomes_one_kind_that_names_nobody(error: Exception, told: str) -> None:
    found = as_reader_error(error)
    assert told in str(found)
    assert "jane" not in str(found).lower()
