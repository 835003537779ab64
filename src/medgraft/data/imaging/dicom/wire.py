"""Messages between parent and decoding child.

A message is a length (4 bytes, big endian), that many bytes of JSON, and in an answer the samples' bytes, whose number
follows from shape and type in the JSON.
"""

from __future__ import annotations

import json
from typing import Any, BinaryIO

__all__ = ["read_message", "write_message"]


def read_message(source: BinaryIO) -> dict[str, Any] | None:
    """The JSON of one message; ``None`` at the end."""
    length = source.read(4)
    if len(length) < 4:
        return None
    text = source.read(int.from_bytes(length, "big"))
    content: dict[str, Any] = json.loads(text) if text else {}
    return content


def write_message(sink: BinaryIO, header: dict[str, Any], body: bytes = b"") -> None:
    """One message, sent off at once."""
    text = json.dumps(header).encode()
    sink.write(len(text).to_bytes(4, "big") + text + body)
    sink.flush()
