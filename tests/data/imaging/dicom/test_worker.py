"""The worker's answers: shape, type and little-endian bytes."""

from __future__ import annotations

import numpy as np

from medgraft.data.imaging.dicom.tags import parse
from medgraft.data.imaging.dicom.worker import answer
from medgraft.data.phantom.twins.grey import grey_truth, grey_twins


def test_an_answer_holds_the_samples() -> None:
    twin = next(twin for twin in grey_twins() if twin.name == "u12-monochrome2-jpeg-ls")
    header, body = answer(parse(twin.data), 0)
    samples = np.frombuffer(body, header["dtype"]).reshape(header["shape"])
    np.testing.assert_array_equal(samples, grey_truth() + 1024)
