"""A message comes back as it was sent, and a pipe that ends is no message."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from medgraft.data.imaging.dicom.wire import read_message, write_message


@given(st.dictionaries(st.text(), st.integers() | st.text()), st.binary())
def test_there_and_back(header: dict[str, object], body: bytes) -> None:
    pipe = io.BytesIO()
    write_message(pipe, header, body)
    pipe.seek(0)
    assert read_message(pipe) == header
    assert pipe.read() == body


def test_the_end() -> None:
    assert read_message(io.BytesIO()) is None
    assert read_message(io.BytesIO(b"\0\0")) is None
