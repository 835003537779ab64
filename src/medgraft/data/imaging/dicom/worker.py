"""The decoding child: a process that decodes compressed pixels and may be killed.

``python -m medgraft.data.imaging.dicom.worker`` reads requests from standard input and answers on standard output,
until its input ends (see ``wire``). A request names a file, its version and a frame; an answer has shape and type, or
a reason. Memory is limited where the system can (not on Windows); time is the parent's business.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import Dataset

from medgraft.data.imaging.dicom.codecs import decoded_frame
from medgraft.data.imaging.dicom.tags import parse
from medgraft.data.imaging.dicom.wire import read_message, write_message
from medgraft.errors import ReaderError

__all__ = ["answer", "main"]

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]


def main(memory: int) -> None:
    """Serve requests. ``memory``: bytes of address space that this process may take."""
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    last: tuple[Any, Dataset | None] = (None, None)
    while (request := read_message(source)) is not None:
        key = (request["path"], request["version"])
        try:
            dataset = last[1] if last[0] == key and last[1] is not None else parse(Path(request["path"]).read_bytes())
            last = (key, dataset)
            header, body = answer(dataset, int(request["frame"]))
        except Exception as error:
            last = (None, None)
            told = str(error) if isinstance(error, ReaderError) else ""
            header, body = {"reason": told, "kind": type(error).__name__}, b""
        write_message(sink, header, body)


def answer(dataset: Dataset, frame: int) -> tuple[dict[str, Any], bytes]:
    """Shape, type and bytes of one frame's samples."""
    samples = np.ascontiguousarray(decoded_frame(dataset, frame))
    little = samples.astype(samples.dtype.newbyteorder("<"), copy=False)
    return {"shape": list(samples.shape), "dtype": little.dtype.str}, little.tobytes()


if __name__ == "__main__":
    main(int(sys.argv[1]))
